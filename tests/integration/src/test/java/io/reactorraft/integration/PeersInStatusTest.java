package io.reactorraft.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code /v1/status} tells how each member is, as far as the node that is asked can know. */
class PeersInStatusTest {
    private static final Duration SOON = ServerCluster.SOON;

    @TempDir
    Path directory;

    @Test
    void aLeaderKnowsHowFarAndHowSilentTheyAreAndWhomTheyVotedFor() {
        try (ServerCluster cluster = ServerCluster.start(directory)) {
            cluster.await("a leader that knows its follower, and is known by it", SOON, () -> knowEachOther(cluster));

            String leader = leader(cluster);
            String dead = leader.equals("n2") ? "n3" : "n2";
            cluster.node(dead).kill();
            cluster.await("a leader that knows who is dead", SOON, () -> {
                JsonNode status = cluster.status(leader(cluster));
                return status != null && isKnownToBeDead(member(status, dead));
            });
        }
    }

    /** The leader and one that voted for it: the other one may have heard of the election when it was over. */
    private static boolean knowEachOther(ServerCluster cluster) {
        String leader = leader(cluster);
        return Stream.of("n1", "n2", "n3")
                .filter(id -> !id.equals(leader))
                .anyMatch(follower -> knowEachOther(cluster, leader, follower));
    }

    /** Of one leadership: on a busy machine the next look may find another. */
    private static boolean knowEachOther(ServerCluster cluster, String leader, String follower) {
        JsonNode own = cluster.status(leader);
        JsonNode below = cluster.status(follower);
        if (own == null || below == null) {
            return false;
        }
        JsonNode peer = member(own, follower);
        JsonNode seenFromBelow = member(below, leader);
        boolean leads = own.path("role").asText().equals("leader")
                && peer.path("role").asText().equals("follower")
                && peer.path("leader").asText().equals(leader)
                && seenFromBelow.path("role").asText().equals("leader");
        if (!leads
                || !peer.path("votedFor").isTextual()
                || !peer.path("roundTripMicros").isNumber()) {
            return false;
        }
        assertThat(Instant.parse(peer.path("since").asText())).isBefore(Instant.now());
        assertThat(peer.path("silentMillis").isNumber()).isTrue();
        assertThat(peer.path("clockSkewMillis").isNumber()).isTrue();
        assertThat(own.path("electionInMillis").asLong()).isBetween(0L, 1_000L);
        assertThat(own.path("heartbeatInMillis").asLong()).isBetween(0L, 100L);
        assertThat(below.path("electionInMillis").asLong()).isBetween(0L, 2_000L);
        assertThat(below.path("heartbeatInMillis").isNull()).isTrue();
        return peer.path("reachable").asBoolean()
                && seenFromBelow.path("reachable").asBoolean();
    }

    private static boolean isKnownToBeDead(JsonNode peer) {
        if (peer.path("reachable").asBoolean() || peer.path("silentMillis").asLong() <= 1_000) {
            return false;
        }
        assertThat(peer.path("lastFailure").asText()).isNotEmpty();
        assertThat(Instant.parse(peer.path("lastFailureAt").asText())).isBeforeOrEqualTo(Instant.now());
        return true;
    }

    private static String leader(ServerCluster cluster) {
        return cluster.awaitLeader(SOON);
    }

    private static JsonNode member(JsonNode status, String id) {
        for (JsonNode member : status.path("members")) {
            if (member.path("id").asText().equals(id)) {
                return member;
            }
        }
        throw new AssertionError("no " + id + " in " + status);
    }
}
