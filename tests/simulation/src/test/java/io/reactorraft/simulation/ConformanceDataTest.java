package io.reactorraft.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The data that others wrote. It stands beside the project, or where {@code -Dreactorraft.conformance=FOLDER} says; where
 * it is missing these tests are skipped.
 */
class ConformanceDataTest {

    private static final Path DATA =
            Path.of(System.getProperty("reactorraft.conformance", "../../../shared/conformance"));

    @ParameterizedTest
    @CsvSource({
        "etcd-raft/interaction, 21",
        "etcd-raft/quorum, 3",
        "etcd-raft/confchange, 7",
        "etcd-raft/random-700.zip, 700"
    })
    @Timeout(120)
    void everyScriptHoldsToTheLetter(String path, int scripts) {
        assertHolds("conformance", path, scripts);
    }

    @Test
    @Timeout(60)
    void everyHistoryIsJudgedAsOthersJudgedIt() {
        long start = System.nanoTime();
        assertHolds("histories", "histories", 66);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMinutes(1));
    }

    private static void assertHolds(String command, String path, int atLeast) {
        Path data = DATA.resolve(path);
        assumeTrue(
                Files.exists(data),
                () -> "skipped: no conformance data at " + data.toAbsolutePath().normalize());
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();

        int exit = SimulationMain.execute(
                new PrintWriter(out, true), new PrintWriter(err, true), command, data.toString());

        assertThat(exit).as(out + "\n" + err).isEqualTo(0);
        String lastLine =
                out.toString().lines().reduce((first, second) -> second).orElse("");
        assertThat(lastLine).matches("\\d+ passed, 0 failed");
        assertThat(Integer.parseInt(lastLine.substring(0, lastLine.indexOf(' '))))
                .isGreaterThanOrEqualTo(atLeast);
    }
}
