package io.reactorraft.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class CommandsTest {
    private static final List<String> COMMANDS = List.of(
            "cluster",
            "failover",
            "distance",
            "jmh",
            "log",
            "soak",
            "idle",
            "heap",
            "subscribers",
            "watchers",
            "catch-up",
            "rolling",
            "browser",
            "big-state");

    private final ByteArrayOutputStream results = new ByteArrayOutputStream();
    private final ByteArrayOutputStream progress = new ByteArrayOutputStream();
    private final StringWriter usage = new StringWriter();

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            cluster --in-flight 0              | --in-flight must be 1 to 16384, got 0
            cluster --in-flight 1,16385        | --in-flight must be 1 to 16384, got 16385
            cluster --op append                | --op must be write or read, got append
            cluster --nodes 0                  | --nodes must be 1 to 9, got 0
            cluster --nodes 10                 | --nodes must be 1 to 9, got 10
            cluster --size 0                   | --size must be 1 to 1572864, got 0
            cluster --size 1572865             | --size must be 1 to 1572864, got 1572865
            cluster --seconds 0                | --seconds must be up to 3600, got 0.0
            cluster --warm -1                  | --warm must be 0 to 3600 seconds, got -1.0
            cluster --settle 3601              | --settle must be 0 to 3600 seconds, got 3601.0
            cluster --seconds NaN              | --seconds must be up to 3600, got NaN
            cluster --peer other               | --peer other needs --yardstick, a built copy of the yardstick
            failover --times 0                 | --times must be 1 to 10000, got 0
            log --entries 1,4097               | --entries must be 1 to 4096
            log --seconds 0                    | --seconds must be 1 to 3600
            failover --nodes 2                 | failover needs --nodes 3 or more, got 2
            idle --seconds 0                   | --seconds must be up to 3600, got 0.0
            idle --warm -1                     | --warm must be 0 to 3600 seconds, got -1.0
            idle --settle -1                   | --settle must be 0 to 3600 seconds, got -1.0
            heap --proposals 0                 | --proposals must be 1 and more
            heap --in-flight 0                 | --in-flight must be 1 to 16384, got 0
            subscribers --count 1              | --count must be 2 to 1000000, got 1
            subscribers --nodes 1              | subscribers needs --nodes 2 or more, got 1
            subscribers --rounds 0             | --rounds must be 1 to 1000, got 0
            watchers --watches 0               | --watches must be 1 to 25000
            watchers --on nobody               | --on must be leader or follower, got nobody
            watchers --prefix none             | --prefix must be own or shared, got none
            watchers --in-flight 0             | --in-flight must be 1 to 16384, got 0
            watchers --size 1048577            | --size must be 1 to 1048576, got 1048577
            watchers --server-jar none.jar     | --server-jar none.jar is not there: build it, or name another one
            catch-up --writes 0                | --writes must be 1 and more, got 0
            rolling --rate 0                   | --rate must be up to 100000, got 0.0
            big-state --mib 0                  | --mib must be 1 to 65536, got 0
            big-state --nodes 1                | big-state needs --nodes 2 or more, got 1
            cluster --in-flight many           | Invalid value for option '--in-flight'
            cluster --sync none                | Unknown options: '--sync', 'none'
            """)
    void whatMakesNoSenseIsRefusedInWords(String arguments, String why) {
        assertThat(execute(arguments.split(" +", -1))).isEqualTo(2);
        assertThat(usage.toString()).contains(why);
        assertThat(results.size()).as("nothing was measured").isZero();
    }

    @Test
    void aYardstickThatIsNoneIsAFailureInOneLine() {
        assertThat(execute("cluster", "--peer", "other", "--yardstick", "/no/such/folder"))
                .isEqualTo(1);
        assertThat(progress.toString(StandardCharsets.UTF_8))
                .isEqualTo("benchmarks: no run.sh in /no/such/folder: is that the yardstick's folder?\n");
    }

    @Test
    void theLogIsMeasuredBesideAPlainFile(@TempDir Path directory) {
        int code =
                execute("log", "--entries", "4", "--seconds", "1", "--read-back", "2", "--dir", directory.toString());

        assertThat(code).isZero();
        assertThat(results.toString(StandardCharsets.UTF_8))
                .containsPattern("entries=4 ours/s=\\d+ channel/s=\\d+ ratio=\\d")
                .contains("logMiB=2 openMs=");
        assertThat(directory).as("nothing is left").isEmptyDirectory();
    }

    @Test
    void everyCommandHasHelpAndTheNodesOwnIsHidden() {
        for (String command : COMMANDS) {
            assertThat(execute(command, "--help")).isZero();
        }
        assertThat(execute("--help")).isZero();
        assertThat(usage.toString())
                .contains("--in-flight", "--times", "REGEX", "Commands:")
                .doesNotContain("One member of the measured cluster");
    }

    @Test
    void failoversAreSummedUp() {
        assertThat(FailoverCommand.summary(List.of(1200.0, 900.0, 1500.0), false))
                .isEqualTo(
                        "3 failovers; ms from SIGKILL to the next acknowledged write: min 900, median 1200, max 1500");
        assertThat(FailoverCommand.summary(List.of(1000.0, 2000.0, 3000.0, -1.0, 4000.0), false))
                .startsWith("5 failovers, 1 of them never came; ")
                .endsWith("min 1000, median 2500, max 4000");
        assertThat(FailoverCommand.summary(List.of(-1.0), false)).isEqualTo("1 failovers, 1 of them never came");
    }

    @Test
    void aNodeIsThisProgramWithTheYardsticksMemoryAndTheFlagsOfTheLog() {
        ClusterPlan plan = new ClusterPlan(List.of(20001, 20002, 20003), Path.of("data"), List.of("-Xlog:gc"), 256);
        assertThat(plan.command(1))
                .contains("-Xms256m", "-Xmx1g", "-XX:+UseG1GC", "-Xlog:gc")
                .contains("--add-opens=java.base/sun.nio.ch=ALL-UNNAMED")
                .containsSequence("io.reactorraft.benchmarks.BenchmarksMain", "node", "--id", "n2")
                .containsSequence("--members", "n1=127.0.0.1:20001,n2=127.0.0.1:20002,n3=127.0.0.1:20003")
                .containsSequence("--data-dir", "data/n2", "--size", "256");
    }

    private int execute(String... arguments) {
        CommandLine line = BenchmarksMain.commandLine(
                new PrintStream(results, true, StandardCharsets.UTF_8),
                new PrintStream(progress, true, StandardCharsets.UTF_8));
        line.setErr(new PrintWriter(usage, true)).setOut(new PrintWriter(usage, true));
        return line.execute(arguments);
    }
}
