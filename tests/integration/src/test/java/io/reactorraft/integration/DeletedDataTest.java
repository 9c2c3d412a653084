package io.reactorraft.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that was emptied is another member's: it never votes, and so nothing acknowledged is lost by it. */
class DeletedDataTest {
    private static final Duration SOON = Duration.ofMinutes(2);

    @TempDir
    Path directory;

    @Test
    void endsItsNodeWithCode4AndLosesNothing() throws IOException {
        try (ServerCluster cluster = ServerCluster.start(directory)) {
            Map<String, String> acknowledged = new HashMap<>();
            write(cluster, "n1", "before", acknowledged);
            String leader = cluster.awaitLeader(SOON);
            String wiped = leader.equals("n2") ? "n3" : "n2";

            cluster.node(wiped).kill();
            write(cluster, leader, "while-it-is-dead", acknowledged);
            Folders.delete(cluster.dataDir(wiped));
            cluster.startNode(wiped);

            assertThat(cluster.node(wiped).awaitExit(SOON)).isEqualTo(4);
            assertThat(cluster.node(wiped).everything())
                    .contains("member replace")
                    .contains(wiped);
            write(cluster, leader, "afterwards", acknowledged);
            for (Map.Entry<String, String> each : acknowledged.entrySet()) {
                assertThat(cluster.readSoon(leader, each.getKey()).body()).isEqualTo(each.getValue());
            }
        }
    }

    private static void write(ServerCluster cluster, String id, String prefix, Map<String, String> acknowledged)
            throws IOException {
        for (String key : ServerCluster.keys(prefix, 10)) {
            assertThat(cluster.putSoon(id, key, "value of " + key).status()).isEqualTo(200);
            acknowledged.put(key, "value of " + key);
        }
    }
}
