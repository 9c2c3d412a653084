package io.reactorraft.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whole clusters of real nodes, if only for a moment: everything that a long run needs must hold together. */
@Timeout(600)
class RealClusterTest {
    private static final int ATTEMPTS = 4;

    private final ByteArrayOutputStream results = new ByteArrayOutputStream();
    private final ByteArrayOutputStream progress = new ByteArrayOutputStream();

    @TempDir
    Path directory;

    @Test
    void aClusterIsLoadedMeasuredAndGone() {
        runUndisturbed("cluster", "--in-flight", "1,8", "--warm", "0", "--settle", "0", "--seconds", "2");
        List<ResultLine> lines = resultLines();
        assertThat(lines).extracting(line -> line.text("conc")).containsExactly("1", "8");
        assertThat(lines).allSatisfy(line -> {
            assertThat(line.text("peer")).isEqualTo("reactor-raft");
            assertThat(line.number("opsPerSec")).isPositive();
            assertThat(line.text("errors")).as(line.text("firstError")).isEqualTo("0");
            assertThat(line.text("leader")).isEqualTo("true");
            assertThat(line.number("p50")).isPositive().isLessThanOrEqualTo(line.number("max"));
        });
        assertThat(said()).contains("\npeer          in flight");
    }

    @Test
    void readsAreMeasuredToo() {
        runUndisturbed("cluster", "--op", "read", "--nodes", "1", "--in-flight", "4", "--warm", "0", "--seconds", "2");
        assertThat(resultLines()).singleElement().satisfies(line -> {
            assertThat(line.text("mode")).isEqualTo("proc1");
            assertThat(line.text("op")).isEqualTo("read");
            assertThat(line.number("opsPerSec")).isPositive();
            assertThat(line.text("errors")).as(line.text("firstError")).isEqualTo("0");
        });
    }

    @Test
    void aKilledLeaderIsFollowedByAnother() {
        run("failover", "--times", "1");
        assertThat(resultLines())
                .singleElement()
                .satisfies(line -> assertThat(line.number("failoverMs")).isPositive());
        assertThat(said()).contains("reactor-raft: 1 failovers; ms from SIGKILL to the next acknowledged write: min ");
    }

    @Test
    void anIdleClusterIsMeasured() {
        run("idle", "--warm", "0.5", "--settle", "0", "--seconds", "2");
        assertThat(resultLines()).extracting(line -> line.text("node")).containsExactly("n1", "n2", "n3", "all");
        assertThat(resultLines()).allSatisfy(line -> {
            assertThat(line.number("cpuPercent")).isGreaterThanOrEqualTo(0);
            assertThat(line.number("allocatedKbPerSec")).isPositive();
        });
    }

    @Test
    void whatProposalsLeaveOnTheHeapIsMeasured() {
        run("heap", "--proposals", "200,100", "--in-flight", "8");
        assertThat(resultLines()).hasSize(2).allSatisfy(line -> {
            assertThat(line.number("proposals")).isGreaterThanOrEqualTo(100);
            assertThat(line.number("allMb")).isGreaterThan(line.number("n1Mb"));
        });
    }

    @Test
    void subscribersThatBlockElsewhereLeaveALoadItsAnswers() {
        run("subscribers", "--count", "50", "--rounds", "1", "--seconds", "1", "--warm", "0", "--in-flight", "4");
        assertThat(resultLines()).extracting(line -> line.text("loaded")).containsExactly("leader", "follower");
        assertThat(resultLines())
                .allSatisfy(line -> assertThat(line.number("withPerSec")).isPositive());
    }

    @Test
    void aLeaderThatIsAskedToEndHandsOver() {
        run("failover", "--graceful", "--times", "1");
        assertThat(resultLines())
                .singleElement()
                .satisfies(line -> assertThat(line.number("handoverMs")).isNotNegative());
        assertThat(said()).contains("reactor-raft: 1 handovers; ms without a leader: min ");
    }

    @Test
    void whoIsFarAwayIsFarBehindAndWhoReadsNothingDoesNotStopTheOthers() {
        run("distance", "--warm", "2", "--seconds", "3", "--in-flight", "16", "--delay-ms", "100");
        List<ResultLine> lines = resultLines();
        assertThat(lines)
                .extracting(line -> line.pairs().get("mode"))
                .containsExactly("all-near", "one-far", "both-far", "all-near", "one-stalled");
        assertThat(lines.get(1).number("lagSeconds")).isGreaterThan(0.02);
        // Sixteen writes at a time, and none of them faster than there and back; those under way when it began count,
        // too.
        assertThat(lines.get(2).number("opsPerSec")).isPositive().isLessThan(2 * 16 / 0.2);
        assertThat(lines.get(4).number("opsPerSec"))
                .as("with one that reads nothing")
                .isPositive();
    }

    /** On a machine that stands still for a moment leadership moves, and a run that says so is made again. */
    private void runUndisturbed(String... arguments) {
        for (int attempt = 1; ; attempt++) {
            run(arguments);
            boolean disturbed = resultLines().stream()
                    .anyMatch(line -> line.number("errors") > 0
                            || "false".equals(line.pairs().get("leader")));
            if (!disturbed || attempt == ATTEMPTS) {
                return;
            }
            results.reset();
        }
    }

    /** Runs a command, which must leave neither a file nor a process of its own behind. */
    private void run(String... arguments) {
        String[] all = Stream.concat(Arrays.stream(arguments), Stream.of("--dir", directory.toString()))
                .toArray(String[]::new);
        int code = BenchmarksMain.commandLine(
                        new PrintStream(results, true, StandardCharsets.UTF_8),
                        new PrintStream(progress, true, StandardCharsets.UTF_8))
                .execute(all);
        assertThat(code).as(progress.toString(StandardCharsets.UTF_8)).isZero();
        assertThat(directory).isEmptyDirectory();
        assertThat(ProcessHandle.current().children().filter(ProcessHandle::isAlive))
                .isEmpty();
    }

    private List<ResultLine> resultLines() {
        return said().lines()
                .filter(line -> line.startsWith("peer="))
                .map(ResultLine::parse)
                .toList();
    }

    private String said() {
        return results.toString(StandardCharsets.UTF_8);
    }
}
