package io.reactorraft.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemberFileTest {

    @TempDir
    Path directory;

    @Test
    void aDirectoryThatStartedOnceNeedsNoInitialCluster() {
        new MemberFile("n1", "test", "n1=127.0.0.1:7001,n2=127.0.0.1:7002").write(directory);
        assertThat(ServeSettings.check(options("n1", ""), line -> {}).initialCluster())
                .hasSize(2);
        assertThat(ServeSettings.check(options("n1", "n1=127.0.0.1:9"), line -> {})
                        .initialCluster())
                .as("the directory decides")
                .hasSize(2);
    }

    @Test
    void anEmptyOneDoes() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ServeSettings.check(options("n1", ""), line -> {}))
                .withMessageContaining("'--initial-cluster' is missing");
        assertThat(MemberFile.read(directory)).isNull();
    }

    @Test
    void anotherMembersDirectoryIsRefusedByName() {
        new MemberFile("n2", "test", "n2=127.0.0.1:7002").write(directory);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ServeSettings.check(options("n1", ""), line -> {}))
                .withMessageContaining("belongs to n2 of cluster test, not to n1 of test");
    }

    @Test
    void aFileThatSomebodyChangedIsNamed() throws IOException {
        Files.writeString(directory.resolve("member"), "id n1\n");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MemberFile.read(directory))
                .withMessageContaining("has no line 'cluster-id'");
    }

    private ServeOptions options(String id, String initialCluster) {
        ServeOptions options = new ServeOptions();
        options.id = id;
        options.dataDir = directory;
        options.clusterId = "test";
        options.initialCluster = initialCluster;
        options.heartbeat = Duration.ofMillis(100);
        options.electionTimeout = Duration.ofSeconds(1);
        options.requestTimeout = Duration.ofSeconds(10);
        options.snapshotBytes = 64 << 20;
        return options;
    }
}
