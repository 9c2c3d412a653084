package io.reactorraft.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.Committed;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

class BigMachineTest {

    @Test
    void aSnapshotIsTheStateAsItWasWhateverIsAppliedMeanwhile() {
        BigMachine machine = new BigMachine();
        IntStream.range(0, 3).forEach(block -> apply(machine, BigMachine.fill(block)));
        String then = machine.digest();
        Flux<ByteBuffer> snapshot = machine.snapshot();
        IntStream.range(0, 100).forEach(write -> apply(machine, new byte[] {7, 7, 7}));
        assertThat(machine.digest()).isNotEqualTo(then);

        BigMachine other = new BigMachine();
        IntStream.range(0, 5).forEach(block -> apply(other, BigMachine.fill(block + 1)));
        StepVerifier.create(other.restore(snapshot)).expectComplete().verify(Duration.ofMinutes(1));

        assertThat(other.digest()).isEqualTo(then);
        assertThat(machine.snapshot().count().block())
                .as("a head, and a block each")
                .isEqualTo(4);
    }

    private static void apply(BigMachine machine, byte[] command) {
        machine.apply(new Committed<>(1, 1, Instant.EPOCH, 1, command));
    }
}
