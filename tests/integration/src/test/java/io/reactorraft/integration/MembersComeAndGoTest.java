package io.reactorraft.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes, and the commands of {@code server/docs/operations.md}: add, remove, replace a lost disk, restart. */
class MembersComeAndGoTest {

    private static final Duration SOON = ServerCluster.SOON;

    @TempDir
    Path directory;

    @Test
    void membersJoinAreRemovedAndReplacedAndNothingIsLost() throws IOException {
        try (ServerCluster cluster = ServerCluster.start(directory)) {
            for (String key : ServerCluster.keys("before", 50)) {
                assertThat(cluster.putSoon("n1", key, "value").status()).isEqualTo(200);
            }
            assertThat(cluster.command("n1", "snapshot")).contains("snapshot at index");

            cluster.startJoining("n4", "n1");
            cluster.awaitServing("n4");
            cluster.await("fourth voter", SOON, () -> voters(cluster).equals(List.of("n1", "n2", "n3", "n4")));
            assertThat(cluster.readSoon("n4", "before/7").body()).isEqualTo("value");

            assertThat(cluster.command("n1", "member", "remove", "n2")).doesNotContain("n2 ");
            assertThat(cluster.node("n2").awaitExit(SOON))
                    .as(cluster.node("n2").everything())
                    .isEqualTo(4);
            assertThat(String.join("\n", cluster.node("n2").errLines())).contains("was removed from its cluster");

            cluster.node("n3").kill();
            Folders.delete(cluster.dataDir("n3"));
            cluster.startNode("n3");
            assertThat(cluster.node("n3").awaitExit(SOON))
                    .as(cluster.node("n3").everything())
                    .isEqualTo(4);
            assertThat(String.join("\n", cluster.node("n3").errLines())).contains("member replace n3");
            Folders.delete(cluster.dataDir("n3"));
            assertThat(cluster.command("n1", "member", "replace", "n3")).contains("n3");
            cluster.startNode("n3");
            cluster.awaitServing("n3");
            cluster.await("third voter again", SOON, () -> voters(cluster).equals(List.of("n1", "n3", "n4")));
            assertThat(cluster.readSoon("n3", "before/7").body()).isEqualTo("value");

            List.of("n1", "n3", "n4").forEach(id -> cluster.node(id).kill());
            List.of("n1", "n3", "n4").forEach(cluster::restart);
            List.of("n1", "n3", "n4").forEach(cluster::awaitServing);
            cluster.await("leader", SOON, () -> voters(cluster).size() == 3);
            assertThat(cluster.readSoon("n4", "before/49").body()).isEqualTo("value");
            assertThat(cluster.command("n1", "transfer", "n4")).startsWith("leader n4");
        }
    }

    private static List<String> voters(ServerCluster cluster) {
        List<String> voters = new ArrayList<>();
        JsonNode status = cluster.status("n1");
        if (status != null && !status.path("leader").isNull()) {
            for (JsonNode member : status.path("members")) {
                if (member.path("voter").asBoolean()) {
                    voters.add(member.path("id").asText());
                }
            }
        }
        voters.sort(Comparator.naturalOrder());
        return voters;
    }
}
