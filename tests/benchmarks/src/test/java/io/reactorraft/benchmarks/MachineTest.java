package io.reactorraft.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.Committed;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** The small parts: the state machine, ports, the log's tail, the disk's mood, the message that JMH measures. */
class MachineTest {

    @Test
    void theStateMachineCountsAndItsSnapshotRemembers() {
        CountingMachine machine = new CountingMachine();
        assertThat(machine.apply(command(1))).isEqualTo(1);
        assertThat(machine.apply(command(2))).isEqualTo(2);
        List<ByteBuffer> snapshot = new ArrayList<>();
        StepVerifier.create(machine.snapshot().doOnNext(snapshot::add))
                .expectNextCount(1)
                .expectComplete()
                .verify(Duration.ofSeconds(5));
        machine.apply(command(3));

        CountingMachine other = new CountingMachine();
        StepVerifier.create(other.restore(Flux.fromIterable(snapshot)))
                .expectComplete()
                .verify(Duration.ofSeconds(5));
        assertThat(other.count()).isEqualTo(2);
        assertThat(other.apply(command(4))).isEqualTo(3);
        assertThat(machine.count()).isEqualTo(3);
    }

    @Test
    void theTailOfALogIsItsLastLinesHoweverLongItIs(@TempDir Path directory) throws IOException {
        Path log = directory.resolve("n1.log");
        Files.writeString(log, "early\n" + "x".repeat(3 * LogTail.MAX_BYTES) + "\nlast but one\nlast\n");
        assertThat(LogTail.lines(log, 2)).containsExactly("last but one", "last");
        assertThat(LogTail.lines(log, 100)).doesNotContain("early").endsWith("last");
        Files.writeString(log, "");
        assertThat(LogTail.lines(log, 5)).isEmpty();
        assertThat(LogTail.lines(directory.resolve("absent"), 5))
                .singleElement()
                .asString()
                .contains("cannot read")
                .contains("absent");
    }

    @Test
    void theDisksMoodLeavesNothingBehind(@TempDir Path directory) {
        Path fresh = directory.resolve("fresh");
        assertThat(DiskMood.syncMedianMicros(fresh)).isPositive();
        assertThat(fresh).isEmptyDirectory();
    }

    @Test
    void aDirectoryThatCannotBeWrittenIsNamed(@TempDir Path directory) throws IOException {
        Path file = Files.createFile(directory.resolve("file"));
        assertThatThrownBy(() -> DiskMood.syncMedianMicros(file))
                .isInstanceOf(BenchmarkException.class)
                .hasMessageContaining("cannot write to " + file);
        assertThatThrownBy(() -> RunDirectory.create(file, false))
                .isInstanceOf(BenchmarkException.class)
                .hasMessageContaining(file.toString());
    }

    @Test
    void theBenchmarkedMessageComesOutAsItWentIn() throws IOException {
        AppendMessageBenchmark benchmark = new AppendMessageBenchmark();
        benchmark.entries = 64;
        benchmark.bytes = 256;
        benchmark.message();
        assertThat(benchmark.decodeCopying().getEntriesCount()).isEqualTo(64);
        assertThat(benchmark.decodeAliasing()).isEqualTo(benchmark.decodeCopying());
        assertThat(benchmark.encodeToArray()).hasSizeGreaterThan(64 * 256);
        byte[] direct = new byte[benchmark.encodeToArray().length];
        benchmark.encodeToDirectBuffer().flip().get(direct);
        assertThat(direct).isEqualTo(benchmark.encodeToArray());
        assertThat(benchmark.envelope().getBody().size()).isEqualTo(256);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ours", "channel"})
    void theBenchmarkedLogTakesEntriesAndLeavesNothingBehind(String log) throws IOException {
        LogAppendBenchmark benchmark = new LogAppendBenchmark();
        benchmark.log = log;
        benchmark.entries = 16;
        benchmark.bytes = 256;
        assertThatThrownBy(benchmark::append).hasMessageContaining("the log is not open");
        benchmark.open();
        try {
            benchmark.prepare();
            assertThat(benchmark.append()).isEqualTo(16);
        } finally {
            benchmark.close();
        }
    }

    private static Committed<byte[]> command(int index) {
        return new Committed<>(1, index, Instant.EPOCH, 1, new byte[] {(byte) index});
    }
}
