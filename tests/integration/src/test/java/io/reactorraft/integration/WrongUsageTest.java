package io.reactorraft.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.testkit.FreePorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Wrong usage costs one line and the right exit code, never a stack trace, and nothing on disk changes. */
class WrongUsageTest {

    private static final Duration SOON = Duration.ofMinutes(2);

    @TempDir
    Path directory;

    @Test
    void anUnknownFlagIsNamed() {
        refused(2, "--no-such-flag", with("--no-such-flag", "x"));
    }

    @Test
    void aMissingIdIsNamed() {
        List<String> arguments = new ArrayList<>(serve("n1", 7101));
        arguments.remove("--id");
        arguments.remove("n1");
        refused(2, "--id", arguments);
    }

    @Test
    void anAddressBeyondLoopbackNeedsInsecure() {
        List<String> arguments = new ArrayList<>(serve("n1", 7101));
        arguments.set(arguments.indexOf("127.0.0.1:0"), "0.0.0.0:0");
        refused(2, "--insecure", arguments);
    }

    @Test
    void aTakenPortIsNamed() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            refused(1, "127.0.0.1:" + taken.getLocalPort(), serve("n1", taken.getLocalPort()));
            assertThat(dataDir()).doesNotExist();
        }
    }

    @Test
    void theDirectoryOfAnotherNodeOrClusterOrOfALiveProcessIsRefusedUntouched() throws IOException {
        int port = FreePorts.one();
        try (ServerProcess owner = start("owner", serve("n1", port))) {
            owner.awaitOut(line -> line.startsWith("ready id=n1 "), SOON);
            int other = FreePorts.one();
            refused(1, dataDir().toString(), serve("n1", other));
            owner.signal("TERM");
            assertThat(owner.awaitExit(SOON)).isZero();
        }
        Map<Path, FileTime> before = files();
        refused(1, "n1", serve("n2", port));
        List<String> otherCluster = new ArrayList<>(serve("n1", port));
        otherCluster.addAll(List.of("--cluster-id", "another"));
        refused(1, "another", otherCluster);
        assertThat(files()).isEqualTo(before);
    }

    @Test
    void theMembersOfAnotherStartAreOnlyWarnedAboutWhereTheDirectoryKnowsItsOwn() {
        int port = FreePorts.one();
        try (ServerProcess first = start("first", serve("n1", port))) {
            first.awaitOut(line -> line.startsWith("ready id=n1 "), SOON);
            first.signal("TERM");
            assertThat(first.awaitExit(SOON)).isZero();
        }
        List<String> other = new ArrayList<>(serve("n1", port));
        other.set(other.size() - 1, other.get(other.size() - 1) + ",n2=127.0.0.1:1");
        try (ServerProcess again = start("again", other)) {
            again.awaitOut(line -> line.startsWith("ready id=n1 "), SOON);
            again.signal("TERM");
            assertThat(again.awaitExit(SOON)).isZero();
            assertThat(again.errLines())
                    .anySatisfy(line -> assertThat(line)
                            .contains(
                                    "--initial-cluster counts for an empty data directory only",
                                    dataDir() + " started with n1="));
        }
    }

    @Test
    void anUnwritableDirectoryIsNamed() throws IOException {
        Path file = Files.writeString(directory.resolve("a-file"), "not a directory");
        List<String> arguments = new ArrayList<>(serve("n1", FreePorts.one()));
        arguments.set(
                arguments.indexOf(dataDir().toString()), file.resolve("data").toString());
        refused(1, file.toString(), arguments);
    }

    @Test
    void missingJvmFlagsAreSpelledOut() {
        // without -jar the manifest's Add-Opens do not count
        List<String> command = new ArrayList<>(
                List.of(ServerProcess.java(), "-cp", ServerProcess.JAR.toString(), "io.reactorraft.server.RaftServer"));
        command.addAll(serve("n1", FreePorts.one()));
        try (ServerProcess process = ServerProcess.run(directory.resolve("logs"), "flags", command)) {
            assertRefused(process, 1, "--add-opens java.base/java.lang.reflect=ALL-UNNAMED");
        }
    }

    private void refused(int exit, String named, List<String> arguments) {
        try (ServerProcess process = start("refused", arguments)) {
            assertRefused(process, exit, named);
        }
    }

    private static void assertRefused(ServerProcess process, int exit, String named) {
        int code = process.awaitExit(SOON);
        List<String> said = process.errLines().stream()
                .filter(line -> !line.startsWith("WARNING: ")) // the JDK's own, from 24 on
                .toList();
        assertThat(code).as(process.everything()).isEqualTo(exit);
        assertThat(String.join("\n", said)).contains(named).doesNotContain("\tat ");
        assertThat(said.stream().filter(line -> line.contains(named)).toList())
                .as("one line that says it:\n%s", process.everything())
                .hasSize(1);
        assertThat(process.outLines()).isEmpty();
    }

    private ServerProcess start(String name, List<String> arguments) {
        return ServerProcess.start(directory.resolve("logs"), name, arguments);
    }

    private List<String> with(String... more) {
        List<String> arguments = new ArrayList<>(serve("n1", 7101));
        arguments.addAll(List.of(more));
        return arguments;
    }

    private Path dataDir() {
        return directory.resolve("data");
    }

    private List<String> serve(String id, int peerPort) {
        List<String> arguments = new ArrayList<>(List.of("serve", "--id", id));
        arguments.addAll(List.of("--data-dir", dataDir().toString()));
        arguments.addAll(List.of("--peer-listen", "127.0.0.1:" + peerPort, "--http-listen", "127.0.0.1:0"));
        arguments.addAll(List.of("--initial-cluster", id + "=127.0.0.1:" + peerPort));
        return arguments;
    }

    private Map<Path, FileTime> files() throws IOException {
        Map<Path, FileTime> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(dataDir())) {
            for (Path path : all.filter(Files::isRegularFile)
                    .filter(file -> !file.endsWith("wal.lock")) // names the process that looked last
                    .toList()) {
                files.put(path, Files.getLastModifiedTime(path));
            }
        }
        return files;
    }
}
