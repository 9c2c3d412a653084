package io.reactorraft.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.wal.ChronicleLogStore;
import io.reactorraft.wal.WalConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Offline, read-only: what is there, whether it is whole, and where it is not. */
class WalInspectCommandTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String COMMAND = "a command that can be found in the file";

    @TempDir
    Path directory;

    private record Ran(int code, String out, String err) {}

    @Test
    void everySegmentAndGroupIsShown() {
        write();

        Ran ran = run("wal", "inspect", "--data-dir", directory.toString());

        assertThat(ran.code()).isZero();
        assertThat(ran.err()).isEmpty();
        assertThat(ran.out())
                .contains("node n1 of cluster c1")
                .contains("00000001/19700101-01F.cq4")
                .contains("1 segment_start")
                .contains("3 entry")
                .containsPattern("orders +1\\.\\.3 +2 +7 +n2 +2 +0")
                .contains("whole: 1 segments");
    }

    @Test
    void programsGetTheSame() throws IOException {
        write();

        JsonNode json = new ObjectMapper()
                .readTree(run("wal", "inspect", "-o", "json", "--data-dir", directory.toString())
                        .out());

        assertThat(json.get("whole").asBoolean()).isTrue();
        assertThat(json.get("damage").isNull()).isTrue();
        assertThat(json.at("/segments/0/records/entry").asInt()).isEqualTo(3);
        assertThat(json.at("/groups/0/lastIndex").asInt()).isEqualTo(3);
        assertThat(json.at("/groups/0/hardState/vote").asText()).isEqualTo("n2");
    }

    @Test
    void damageIsNamedByFileAndOffsetAndExitsWithOne() throws IOException {
        write();
        Path segment = segment();
        byte[] bytes = Files.readAllBytes(segment);
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(COMMAND);
        bytes[at] ^= 1;
        Files.write(segment, bytes);

        Ran ran = run("wal", "verify", "--data-dir", directory.toString());
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.err())
                .startsWith("raft-server wal verify: " + segment + ":")
                .hasLineCount(1);
        Ran json = run("wal", "verify", "-o", "json", "--data-dir", directory.toString());
        assertThat(json.code()).isEqualTo(1);
        assertThat(json.out()).contains("\"whole\":false").contains(segment + ":");
        assertThat(Files.readAllBytes(segment)).isEqualTo(bytes);
    }

    @Test
    void aLogInUseIsNotLookedInto() {
        ChronicleLogStore store = opened();

        Ran ran = run("wal", "verify", "--data-dir", directory.toString());

        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.err()).contains("is in use by").hasLineCount(1);
        store.close().block(SOON);
    }

    @Test
    void aDirectoryWithoutALogIsSaidToHaveNone() {
        assertThat(run("wal", "verify", "--data-dir", directory.toString()).err())
                .contains("holds no log");
        assertThat(run("wal", "verify", "--data-dir", directory.resolve("no").toString())
                        .err())
                .contains("is no directory");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void wrongUsageIsRefused() {
        assertThat(run("wal").err()).contains("inspect or verify");
        assertThat(run("wal", "verify").code()).isEqualTo(ExitCode.USAGE);
        assertThat(run("wal", "verify", "-o", "xml", "--data-dir", directory.toString())
                        .err())
                .contains("neither table nor json");
    }

    private ChronicleLogStore opened() {
        ChronicleLogStore store = new ChronicleLogStore(WalConfig.defaults().withSegmentBytes(256 << 10));
        store.open(directory, "c1", "n1").block(SOON);
        return store;
    }

    private void write() {
        ChronicleLogStore store = opened();
        List<Entry> entries = Stream.of(1, 2, 3)
                .map(index -> Entry.newBuilder()
                        .setTerm(2)
                        .setIndex(index)
                        .setData(ByteString.copyFromUtf8(COMMAND))
                        .build())
                .toList();
        HardState state =
                HardState.newBuilder().setTerm(7).setVote("n2").setCommit(2).build();
        store.append("orders", state, entries).block(SOON);
        store.close().block(SOON);
    }

    private Path segment() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> file.toString().endsWith(".cq4"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static Ran run(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = CommandLineInterface.run(
                arguments,
                Map.of(),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Ran(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }
}
