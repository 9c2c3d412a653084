package io.reactorraft.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Wrong usage costs one line and exit code 2; nothing here ever gets as far as to start a server. */
class CommandLineInterfaceTest {

    @TempDir
    Path directory;

    private record Ran(int code, String out, String err) {}

    @ParameterizedTest
    @ValueSource(strings = {"--help", "serve --help", "demo --help", "wal --help", "wal verify --help"})
    void helpIsAResult(String arguments) {
        Ran ran = run(Map.of(), arguments.split(" ", -1));
        assertThat(ran.code()).isZero();
        assertThat(ran.out()).startsWith("Usage: raft-server");
        assertThat(ran.err()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--version", "serve --version", "demo --version", "wal inspect --version"})
    void soIsTheVersion(String arguments) {
        Ran ran = run(Map.of(), arguments.split(" ", -1));
        assertThat(ran.code()).isZero();
        assertThat(ran.out()).isEqualTo("raft-server development\n");
        assertThat(ran.err()).isEmpty();
    }

    @Test
    void helpNamesEveryFlagAndItsDefault() {
        assertThat(run(Map.of(), "serve", "--help").out())
                .contains("--id", "--data-dir", "--cluster-id", "--peer-listen", "--peer-advertise", "--http-listen")
                .contains("--http-advertise", "--initial-cluster", "--heartbeat", "--election-timeout")
                .contains("--request-timeout", "--insecure", "--log-format", "--config")
                .contains("100ms", "127.0.0.1:8001", "RAFT_HTTP_LISTEN");
    }

    @Test
    void nothingToDoIsWrongUsage() {
        refused(run(Map.of()), "say what to do: serve, demo or wal");
        refused(run(Map.of(), "srve"), "'srve'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--id", "--data-dir", "--initial-cluster"})
    void whatIsMissingIsNamed(String flag) {
        List<String> arguments = serve();
        int at = arguments.indexOf(flag);
        arguments.subList(at, at + 2).clear();
        refused(run(Map.of(), arguments), "'" + flag);
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "--no-such-flag | x | --no-such-flag",
                "--join | nowhere | --join: 'nowhere' is not HOST:PORT",
                "--id | n2 | (ID) should be specified only once",
                "--http-listen | 8001 | '8001' is not HOST:PORT",
                "--http-listen | localhost:70000 | 'localhost:70000' is not HOST:PORT",
                "--http-listen | ::1:80 | in brackets",
                "--http-listen | 0.0.0.0:0 | --insecure=http,tokens",
                "--http-listen | 192.0.2.1:80 | --http-listen 192.0.2.1:80 is not loopback",
                "--http-advertise | 192.0.2.1:80 | --http-advertise 192.0.2.1:80 is not loopback",
                "--http-advertise | 127.0.0.1:0 | nobody can connect",
                "--peer-listen | 0.0.0.0:7001 | --insecure=peer",
                "--peer-listen | 127.0.0.1:0 | a port that stays",
                "--peer-advertise | 192.0.2.1:7001 | --peer-advertise 192.0.2.1:7001 is not loopback",
                "--peer-advertise | 127.0.0.1:0 | nobody can connect",
                "--heartbeat | 100 | '100' is not a duration like 100ms",
                "--heartbeat | 0s | '0s' is not between 1ms and 24h",
                "--request-timeout | 25h | '25h' is not between 1ms and 24h",
                "--election-timeout | 250ms | --election-timeout 250ms must be at least 3 times --heartbeat 100ms",
                "--election-timeout | 2h | must be at most 1h",
                "--insecure=peers | --id=n1 | only once",
                "--log-format | xml | 'xml'",
                "--snapshot-bytes | 1KiB | --snapshot-bytes 1024 is less than 64KiB",
                "--snapshot-bytes | 64 | --snapshot-bytes 64 is less",
                "--snapshot-bytes | much | 'much' is not a size",
                "--snapshot-entries | -1 | --snapshot-entries -1 is below 0",
                "--join | 0.0.0.0:7001 | --join: nobody can connect to 0.0.0.0:7001",
                "--force-new-cluster | n1 | --force-new-cluster: 'n1' is not ID@LASTINDEX",
                "--force-new-cluster | n1@0 | is not ID@LASTINDEX",
                "--force-new-cluster | @7 | is not ID@LASTINDEX",
                "--cluster-id | '' | --cluster-id has 1 to 255 characters",
            })
    void whatIsWrongIsNamed(String flag, String value, String named) {
        List<String> arguments = serve();
        arguments.add(flag);
        arguments.add(value.equals("''") ? "" : value);
        refused(run(Map.of(), arguments), named);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "n2=127.0.0.1:7002 | --id n1 is not in --initial-cluster (n2)",
                "n1 | 'n1' is not ID=HOST:PORT",
                "n1=127.0.0.1 | '127.0.0.1' is not HOST:PORT",
                "n1=127.0.0.1:7001, | '' is not ID=HOST:PORT",
                "n1=127.0.0.1:7001,n1=127.0.0.1:7002 | names 'n1' twice",
                "n1=127.0.0.1:7001,n2=127.0.0.1:7001 | gives 'n1' and 'n2' the same address",
                "n1=127.0.0.1:0 | nobody can connect to 127.0.0.1:0",
                "n1=127.0.0.1:7001,n 2=127.0.0.1:7002 | 'n 2' is not 1 to 64",
                "n1=127.0.0.1:7001,n2=192.0.2.1:7002 | --insecure=peer",
            })
    void whatIsWrongWithTheClusterIsNamed(String cluster, String named) {
        List<String> arguments = serve();
        arguments.set(arguments.indexOf("--initial-cluster") + 1, cluster);
        refused(run(Map.of(), arguments), named);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "n 1", "n=1", "-n1", "x/y"})
    void anIdIsAPlainWord(String id) {
        List<String> arguments = serve();
        arguments.set(arguments.indexOf("--id") + 1, id);
        Ran ran = run(Map.of(), arguments);
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err()).contains("--id").hasLineCount(1);
    }

    @Test
    void aWrongVariableIsNamedWithItsFlag() {
        refused(
                run(Map.of("RAFT_HEARTBEAT", "5x"), serve()),
                "'--heartbeat': '5x' is not a duration like 100ms, 1s, 2m or 1h (from RAFT_HEARTBEAT)");
    }

    @Test
    void aWrongFileIsNamedWithItsLine() throws IOException {
        Path file = directory.resolve("raft.yaml");
        Files.writeString(file, "# settings\nheartbeat: 5x\n");
        refused(run(Map.of(), with("--config", file.toString())), "(from " + file + ":2)");
        Files.writeString(file, "heartbeat: 100ms\nhart-beat: 1s\n");
        refused(run(Map.of(), with("--config", file.toString())), file + ":2: unknown setting 'hart-beat'");
        refused(run(Map.of(), with("--config", directory + "/none")), directory + "/none: there is no such file");
        refused(run(Map.of("RAFT_CONFIG", directory + "/none"), serve()), "there is no such file");
        refused(run(Map.of(), with("--config")), "--config");
    }

    @ParameterizedTest
    @CsvSource({"--nodes,0", "--nodes,10", "--nodes,three", "--http-port,-1", "--http-port,65534", "--config,x"})
    void theDemoIsAsStrict(String flag, String value) {
        refused(run(Map.of(), "demo", flag, value), flag);
    }

    @Test
    void aDemoOfAnotherSizeIsRefused() throws IOException {
        Files.writeString(directory.resolve("members"), "n1=127.0.0.1:7001\n");
        Ran ran = run(Map.of(), "demo", "--data-dir", directory.toString());
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err())
                .contains("holds a demo of 1 members: say --nodes 1")
                .hasLineCount(1);
    }

    private List<String> serve() {
        return new ArrayList<>(List.of(
                "serve",
                "--id",
                "n1",
                "--data-dir",
                directory.resolve("data").toString(),
                "--initial-cluster",
                "n1=127.0.0.1:7001,n2=127.0.0.1:7002"));
    }

    private List<String> with(String... more) {
        List<String> arguments = serve();
        arguments.addAll(List.of(more));
        return arguments;
    }

    private void refused(Ran ran, String named) {
        assertThat(ran.code()).as(ran.err()).isEqualTo(2);
        assertThat(ran.err()).contains(named).startsWith("raft-server").hasLineCount(1);
        assertThat(ran.out()).isEmpty();
        assertThat(directory.resolve("data")).doesNotExist();
    }

    private static Ran run(Map<String, String> environment, List<String> arguments) {
        return run(environment, arguments.toArray(String[]::new));
    }

    private static Ran run(Map<String, String> environment, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = CommandLineInterface.run(
                arguments,
                environment,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Ran(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }
}
