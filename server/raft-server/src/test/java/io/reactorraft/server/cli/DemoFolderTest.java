package io.reactorraft.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.reactorraft.server.HostPort;
import io.reactorraft.server.Server;
import io.reactorraft.server.ServerConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoFolderTest {

    @TempDir
    Path directory;

    @Test
    void aTemporaryFolderGoesWithAllThatIsInIt() throws IOException {
        Path path;
        try (DemoFolder folder = DemoFolder.open(null, 3)) {
            path = folder.path();
            Files.createDirectories(path.resolve("n1/wal"));
            Files.writeString(path.resolve("n1/wal/x"), "x");
        }
        assertThat(path).doesNotExist();
    }

    @Test
    void aFolderThatStaysKeepsTheAddresses() {
        List<ServerConfig> first;
        try (DemoFolder folder = DemoFolder.open(directory, 3)) {
            first = folder.configs(8001);
        }
        try (DemoFolder folder = DemoFolder.open(directory, 3)) {
            assertThat(folder.configs(8001)).isEqualTo(first);
        }
        assertThat(first).extracting(ServerConfig::id).containsExactly("n1", "n2", "n3");
        assertThat(first).extracting(config -> config.httpListen().port()).containsExactly(8001, 8002, 8003);
        assertThat(first).extracting(ServerConfig::peerListen).doesNotHaveDuplicates();
        assertThat(first).extracting(ServerConfig::dataDir).contains(directory.resolve("n2"));
    }

    @Test
    void portZeroPicksFreeOnes() {
        try (DemoFolder folder = DemoFolder.open(null, 2)) {
            assertThat(folder.configs(0))
                    .extracting(config -> config.httpListen().port())
                    .containsExactly(0, 0);
        }
    }

    @Test
    void aFolderThatIsNoneIsNamed() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "x");
        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> DemoFolder.open(file.resolve("demo"), 3))
                .withMessageContaining(file.toString());
        Files.writeString(directory.resolve("members"), "garbage\n");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DemoFolder.open(directory, 3))
                .withMessageContaining("'garbage' is not ID=HOST:PORT");
    }

    @Test
    void theWelcomeShowsWhatToTryInTheOrderOfMembers() {
        HostPort peer = HostPort.parse("127.0.0.1:1");
        String text = DemoText.welcome(
                List.of(
                        new Server.Ready("n2", HostPort.parse("127.0.0.1:8002"), peer),
                        new Server.Ready("n1", HostPort.parse("127.0.0.1:8001"), peer)),
                directory);
        assertThat(text)
                .contains("2 members")
                .contains("n1  http://127.0.0.1:8001\n  n2  http://127.0.0.1:8002")
                .contains("curl -X PUT --data-binary hello http://127.0.0.1:8001/v1/kv/greeting")
                .contains("curl http://127.0.0.1:8002/v1/kv/greeting");
    }
}
