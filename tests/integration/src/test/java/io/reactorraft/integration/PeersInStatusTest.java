package io.reactorraft.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code /v1/status} tells how each member is, as far as the node that is asked can know. */
class PeersInStatusTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    @Test
    void aLeaderKnowsHowFarAndHowSilentTheyAreAndWhomTheyVotedFor() {
        try (ServerCluster cluster = ServerCluster.start(directory)) {
            String leader = cluster.awaitLeader(SOON);
            String follower = leader.equals("n2") ? "n3" : "n2";

            JsonNode peer = await(
                    cluster,
                    leader,
                    follower,
                    member -> member.path("votedFor").isTextual()
                            && member.path("leader").asText().equals(leader)
                            && member.path("roundTripMicros").isNumber());
            assertThat(peer.path("role").asText()).isEqualTo("follower");
            assertThat(peer.path("leader").asText()).isEqualTo(leader);
            assertThat(peer.path("reachable").asBoolean()).isTrue();
            assertThat(Instant.parse(peer.path("since").asText())).isBefore(Instant.now());
            assertThat(peer.path("silentMillis").isNumber()).isTrue();
            assertThat(peer.path("clockSkewMillis").isNumber()).isTrue();
            JsonNode own = Objects.requireNonNull(cluster.status(leader));
            assertThat(own.path("electionInMillis").asLong()).isBetween(0L, 1_000L);
            assertThat(own.path("heartbeatInMillis").asLong()).isBetween(0L, 100L);

            JsonNode seenFromBelow = await(
                    cluster,
                    follower,
                    leader,
                    member -> member.path("role").asText().equals("leader"));
            assertThat(seenFromBelow.path("reachable").asBoolean()).isTrue();
            JsonNode below = Objects.requireNonNull(cluster.status(follower));
            assertThat(below.path("electionInMillis").asLong()).isBetween(0L, 2_000L);
            assertThat(below.path("heartbeatInMillis").isNull()).isTrue();

            cluster.node(follower).kill();
            JsonNode dead = await(
                    cluster,
                    leader,
                    follower,
                    member -> !member.path("reachable").asBoolean()
                            && member.path("silentMillis").asLong() > 1_000);
            assertThat(dead.path("lastFailure").asText()).isNotEmpty();
            assertThat(Instant.parse(dead.path("lastFailureAt").asText())).isBeforeOrEqualTo(Instant.now());
        }
    }

    /** The member as that node shows it, once it is so. */
    private static JsonNode await(ServerCluster cluster, String node, String id, Predicate<JsonNode> shown) {
        JsonNode[] found = new JsonNode[1];
        cluster.await("such a status of " + id + " at " + node, SOON, () -> {
            JsonNode status = cluster.status(node);
            if (status != null) {
                status.path("members").forEach(member -> {
                    if (member.path("id").asText().equals(id) && shown.test(member)) {
                        found[0] = member;
                    }
                });
            }
            return found[0] != null;
        });
        return found[0];
    }
}
