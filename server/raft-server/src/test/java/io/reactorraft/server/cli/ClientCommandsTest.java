package io.reactorraft.server.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.server.FakeServers;
import io.reactorraft.server.Server;
import io.reactorraft.testkit.FreePorts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The commands that ask a cluster, against a server that answers. */
class ClientCommandsTest {

    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private final Server server = FakeServers.whole();
    private final String endpoint =
            "http://" + requireNonNull(server.start().block(SOON)).http();

    private record Ran(int code, String out, String err) {}

    @AfterEach
    void stop() {
        server.stop().block(SOON);
    }

    @Test
    void whatIsPutIsWhatIsGot() throws IOException {
        assertThat(run("put", "a key/ä", "grüße")).isEqualTo(new Ran(0, "revision 1\n", ""));
        assertThat(run("get", "a key/ä")).isEqualTo(new Ran(0, "grüße", ""));
        assertThat(run("get", "a key/ä", "-o", "json").out())
                .isEqualTo("{\"key\":\"a key/ä\",\"value\":\"Z3LDvMOfZQ==\",\"revision\":1}\n");

        Path file = directory.resolve("value");
        Files.write(file, new byte[] {0, 1, 2});
        assertThat(run("put", "b", "--file", file.toString(), "-o", "json").out())
                .isEqualTo("{\"revision\":2,\"term\":3,\"index\":2}\n");
        assertThat(run("get", "b").out()).isEqualTo("\0\1\2");
        run("put", "b", "new");
        assertThat(run("get", "b", "--revision", "2").out()).isEqualTo("\0\1\2");
    }

    @Test
    void aSnapshotIsTakenAndSaysUpToWhere() {
        assertThat(run("snapshot")).isEqualTo(new Ran(0, "snapshot at index 7, 4096 bytes\n", ""));
        assertThat(run("snapshot", "-o", "json").out()).isEqualTo("{\"index\":7,\"bytes\":4096,\"term\":3}\n");
    }

    @Test
    void aBackupIsWrittenAndChecked() throws IOException {
        run("put", "a", "1");
        run("put", "b", "2");
        String file = directory.resolve("store.backup").toString();
        assertThat(run("backup", "--to", file).out())
                .startsWith("backup of revision 2, ")
                .contains(file);
        Ran again = run("backup", "--to", file);
        assertThat(again.code()).isEqualTo(1);
        assertThat(again.err()).contains("exists: give another name").hasLineCount(1);

        Ran checked = run(Map.of(), "restore", "--from", file, "--check");
        assertThat(checked.code()).as(checked.err()).isZero();
        assertThat(checked.out()).contains("revision 2 of cluster test", "whole");

        byte[] bytes = Files.readAllBytes(Path.of(file));
        bytes[bytes.length / 2] ^= 1;
        Path damaged = Files.write(directory.resolve("damaged"), bytes);
        Ran refused = run(Map.of(), "restore", "--from", damaged.toString(), "--check");
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains(damaged + ":", "is damaged").hasLineCount(1);
        try (var files = Files.list(directory)) {
            assertThat(files.toList()).as("nothing is left half written").hasSize(2);
        }
    }

    @Test
    void whatAnotherBackupIsWritingIsLeftToThatOne() throws IOException {
        Path part = Files.writeString(directory.resolve("store.backup.part"), "another's");
        Ran refused = run("backup", "--to", directory.resolve("store.backup").toString());
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains("another backup is being written").hasLineCount(1);
        assertThat(part).hasContent("another's");
    }

    @Test
    void aBackupFromAMemberThatStallsEnds() throws Exception {
        try (ServerSocket stalling = new ServerSocket(0)) {
            Thread once = new Thread(() -> {
                try (Socket asked = stalling.accept()) {
                    asked.getOutputStream()
                            .write("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nRRBA"
                                    .getBytes(StandardCharsets.US_ASCII));
                    while (asked.getInputStream().read() >= 0) {
                        Thread.onSpinWait(); // what is asked for
                    }
                } catch (IOException closed) {
                    throw new UncheckedIOException(closed);
                }
            });
            once.setDaemon(true);
            once.start();
            String file = directory.resolve("stalled.backup").toString();
            Ran ran = runAt("http://127.0.0.1:" + stalling.getLocalPort(), "backup", "--to", file, "--timeout", "4s");
            assertThat(ran.code()).isEqualTo(ExitCode.NOT_APPLIED);
            assertThat(ran.err()).contains("nothing came for 4000 ms").hasLineCount(1);
        }
        try (var files = Files.list(directory)) {
            assertThat(files.toList()).as("nothing is left half written").isEmpty();
        }
    }

    @Test
    void aRestoreSaysWhatItNeeds() {
        run("put", "a", "1");
        String file = directory.resolve("store.backup").toString();
        run("backup", "--to", file);
        String into = directory.resolve("n1").toString();
        assertThat(run(Map.of(), "restore", "--from", file).err()).contains("--data-dir, --id, --cluster-id");
        assertThat(run(Map.of(), "restore", "--from", file, "--check", "--id", "n1")
                        .code())
                .isEqualTo(2);
        Ran same = run(
                Map.of(),
                "restore",
                "--from",
                file,
                "--data-dir",
                into,
                "--id",
                "n1",
                "--cluster-id",
                "test",
                "--initial-cluster",
                "n1=127.0.0.1:7001");
        assertThat(same.code()).isEqualTo(1);
        assertThat(same.err()).contains("another --cluster-id");
        Ran stranger = run(
                Map.of(),
                "restore",
                "--from",
                file,
                "--data-dir",
                into,
                "--id",
                "n9",
                "--cluster-id",
                "next",
                "--initial-cluster",
                "n1=127.0.0.1:7001");
        assertThat(stranger.code()).isEqualTo(2);
        assertThat(stranger.err()).contains("--id n9 is not in --initial-cluster");
        assertThat(run(Map.of(), "restore", "--from", into, "--check").err()).contains(into);
    }

    @Test
    void membersAreShownAndChanged() {
        assertThat(run("members").out()).contains("MEMBER", "n1", "127.0.0.1:7001");
        assertThat(run("member", "add", "n4", "127.0.0.1:7004", "--learner", "-o", "json")
                        .out())
                .contains(
                        "{\"id\":\"n4\",\"address\":\"127.0.0.1:7004\",\"http\":null,\"learner\":true,\"voter\":false,"
                                + "\"dataId\":\"0a1b\"}");
        assertThat(run("member", "promote", "n4").out()).containsPattern("n4 +yes");
        assertThat(run("member", "replace", "n4").out()).containsPattern("n4 +no");
        assertThat(run("member", "replace", "n4", "--data-id", "xyz").err())
                .contains("dataId: is hexadecimal")
                .hasLineCount(1);
        assertThat(run("member", "remove", "n4").out()).doesNotContain("n4");
        assertThat(run("member", "apply", "n1=127.0.0.1:7001", "n5=127.0.0.1:7005")
                        .out())
                .contains("n5");
        assertThat(run("member", "list").out()).contains("n5");
        assertThat(run("member", "apply", "n1").err()).contains("'n1' is not ID=HOST:PORT");
        assertThat(run("member").code()).isEqualTo(2);
    }

    @Test
    void leadershipIsHandedOver() {
        assertThat(run("transfer", "n1")).isEqualTo(new Ran(0, "leader n1 (term 3)\n", ""));
        Ran refused = run("transfer", "n9");
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains("to: there is no member 'n9'", "(refused)");
    }

    @Test
    void aConditionThatFailsIsOneLineAndExitOne() {
        run("put", "a", "1");
        assertThat(run("put", "a", "2", "--if-absent"))
                .isEqualTo(new Ran(1, "", "raft-server put: the key's last change is revision 1 (precondition)\n"));
        assertThat(run("put", "a", "2", "--if-match", "1").code()).isZero();
        assertThat(run("delete", "a", "--if-match", "1").code()).isEqualTo(1);
    }

    @Test
    void runningAPutAgainUnderItsKeyIsTheSameChange() {
        String key = new UUID(4 << 12, 7).toString();
        assertThat(run("put", "a", "1", "--idempotency-key", key).out()).isEqualTo("revision 1\n");
        assertThat(run("put", "a", "1", "--idempotency-key", key).out()).isEqualTo("revision 1\n");
        assertThat(run("put", "a", "2", "--idempotency-key", key).err()).contains("(idempotency-key-reused)");
    }

    @Test
    void whatIsNotThereIsExitOne() {
        assertThat(run("get", "a"))
                .isEqualTo(new Ran(1, "", "raft-server get: the key 'a' has no value (not-found)\n"));
        assertThat(run("delete", "a")).isEqualTo(new Ran(1, "there was no such key\n", ""));
        run("put", "a", "1");
        assertThat(run("delete", "a")).isEqualTo(new Ran(0, "revision 2\n", ""));
    }

    @Test
    void aRangeIsATablePeopleCanRead() {
        run("put", "fruit/apple", "red");
        run("put", "fruit/banana", "y".repeat(100));
        run("put", "fruit/cherry", "\0");
        run("put", "vegetable", "x");
        assertThat(run("range", "fruit/").out())
                .isEqualTo("KEY           REVISION  VALUE\n"
                        + "fruit/apple          1  red\n"
                        + "fruit/banana         2  " + "y".repeat(57) + "...\n"
                        + "fruit/cherry         3  (1 bytes)\n");
        assertThat(run("range", "fruit/", "--limit", "1", "-o", "json").out())
                .isEqualTo("{\"key\":\"fruit/apple\",\"value\":\"cmVk\",\"revision\":1}\n");
        assertThat(run("range", "fruit/", "--revision", "1").out().lines()).hasSize(2);
        assertThat(run("range", "none").out()).isEqualTo("KEY  REVISION  VALUE\n");
    }

    @Test
    void aRangeTakesAsManyPagesAsItNeeds() {
        List<String> expected = new ArrayList<>();
        for (int n = 1_000; n < 1_600; n++) {
            expected.add("k/" + n);
        }
        HttpClient http = HttpClient.newHttpClient();
        Flux.fromIterable(expected)
                .flatMap(
                        key -> Mono.fromFuture(() -> http.sendAsync(
                                HttpRequest.newBuilder(URI.create(endpoint + "/v1/kv/" + key))
                                        .PUT(HttpRequest.BodyPublishers.ofString("x"))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())),
                        32)
                .doOnNext(put -> assertThat(put.statusCode()).isEqualTo(200))
                .blockLast(SOON);
        assertThat(run("range", "k/").out().lines().skip(1).map(line -> line.substring(0, 6)))
                .isEqualTo(expected);
    }

    @Test
    void aWatchShowsChangesInTheirOrder() {
        run("put", "a", "1");
        run("put", "b", "1");
        run("put", "a", "2");
        run("delete", "a");
        assertThat(run("watch", "a", "--from", "1", "--count", "3").out())
                .isEqualTo("       1  put     a  1\n       3  put     a  2\n       4  delete  a\n");
        assertThat(run("watch", "--from", "2", "--count", "1", "-o", "json").out())
                .isEqualTo("{\"event\":\"put\",\"key\":\"b\",\"value\":\"MQ==\",\"revision\":2}\n");
        assertThat(run("watch", "--from", "99").err()).contains("from: the latest revision is 4");
    }

    @Test
    void statusShowsTheMembersAndChecksThem() {
        Ran status = run("status");
        assertThat(status.code()).isZero();
        assertThat(status.out()).isEqualTo("""
                        cluster test, leader n1, term 3, revision 0, seen by n1
                        MEMBER  ROLE     ALIVE  MATCH  STATE      PEERS AT        CLIENTS AT
                        n1      leader   yes        9  replicate  127.0.0.1:7001  http://127.0.0.1:8001
                        n2      learner  NO         4  probe      127.0.0.1:7002  -
                        """);
        Ran check = run("status", "--check");
        assertThat(check.code()).isEqualTo(1);
        assertThat(check.err()).isEqualTo("raft-server status: n2 is not heard from\n");
        assertThat(run("status", "-o", "json").out())
                .startsWith("{\"id\":\"n1\"")
                .hasLineCount(1);
    }

    @Test
    void leadershipShowsWhoLeads() {
        assertThat(run("leadership").out()).isEqualTo("leader n1 (term 3)\n");
        assertThat(run("leadership", "-o", "json").out()).startsWith("{\"group\":\"default\"");
    }

    @Test
    void settingsAreShownAndSet() {
        assertThat(run("settings").out()).isEqualTo("""
                        SETTING            VALUE
                        version            1
                        quota              268435456
                        history            50000
                        idempotencyWindow  10m
                        leaseReads         false
                        """);
        assertThat(run("settings", "quota=64MiB", "history=2000", "-o", "json").out())
                .contains("\"quota\":67108864,\"history\":2000,");
        assertThat(run("settings", "qouta=1").err()).contains("qouta: there is no setting 'qouta'");
        assertThat(run("settings", "quota").code()).isEqualTo(2);
    }

    @Test
    void anEndpointThatIsDownIsPassedOver() throws IOException {
        String down = "http://127.0.0.1:" + FreePorts.one();
        assertThat(runAt(down + "," + endpoint, "put", "a", "1").code()).isZero();
        Ran refused = new Ran(5, "", "raft-server get: " + down + " cannot be reached\n");
        Ran none = runAt(down, "get", "a", "--timeout", "300ms");
        for (int again = 0; !none.equals(refused) && again < 10; again++) { // who stands still does not even get so far
            none = runAt(down, "get", "a", "--timeout", "300ms");
        }
        assertThat(none).isEqualTo(refused);
        assertThat(runAt(down, "status", "--check").code()).isEqualTo(1);
    }

    /** A script that believed "not applied" would do it twice. */
    @Test
    void whatMayHaveBeenDoneStaysUnknownWhoeverCannotBeReachedAfterwards() throws Exception {
        AtomicBoolean asked = new AtomicBoolean();
        Ran ran = putToOneThatDies(asked);
        for (int again = 0; !asked.get() && again < 10; again++) { // who stands still does not even get so far
            ran = putToOneThatDies(asked);
        }

        assertThat(ran.code()).isEqualTo(ExitCode.UNKNOWN);
        assertThat(ran.err()).contains("the change may have been made").hasLineCount(1);
    }

    private static Ran putToOneThatDies(AtomicBoolean asked) throws Exception {
        try (ServerSocket once = new ServerSocket(0)) {
            once.setSoTimeout(2_000); // as long as is asked
            Thread dies = new Thread(() -> {
                try (once;
                        Socket asking = once.accept()) {
                    asked.set(asking.getInputStream().read() >= 0);
                } catch (IOException nobodyAsks) {
                    asked.set(false);
                }
            });
            dies.start();
            Ran ran = runAt("http://127.0.0.1:" + once.getLocalPort(), "put", "a", "1", "--timeout", "2s");
            dies.join();
            return ran;
        }
    }

    @Test
    void endpointsComeFromTheEnvironmentToo() {
        assertThat(run(Map.of("RAFT_ENDPOINTS", endpoint), "put", "a", "1").code())
                .isZero();
        Ran wrong = run(Map.of("RAFT_ENDPOINTS", "ftp://x"), "get", "a");
        assertThat(wrong.code()).isEqualTo(2);
        assertThat(wrong.err()).contains("'ftp://x' is not http://HOST:PORT").hasLineCount(1);
    }

    private Ran run(String... arguments) {
        return runAt(endpoint, arguments);
    }

    private static Ran runAt(String endpoints, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--endpoints");
        all.add(endpoints);
        return run(Map.of(), all.toArray(String[]::new));
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
