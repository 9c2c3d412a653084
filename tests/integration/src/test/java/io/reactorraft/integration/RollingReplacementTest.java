package io.reactorraft.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Members change under writes, reads and a watch that never rest: nothing acknowledged is lost, no event missed or doubled. */
@ExtendWith(FirstFailureStands.class)
class RollingReplacementTest {

    private static final Duration SOON = ServerCluster.SOON;

    @TempDir
    Path directory;

    @Test
    void allThreeAreReplacedOneAfterAnother() {
        try (ServerCluster cluster = ServerCluster.start(directory);
                ConstantLoad load = new ConstantLoad(cluster, List.of("n1", "n2", "n3"))) {
            load.awaitMore(50);
            for (int i = 1; i <= 3; i++) {
                String old = "n" + i;
                String fresh = "n" + (i + 3);
                List<String> now = load.endpoints();
                String seed =
                        now.stream().filter(id -> !id.equals(old)).findFirst().orElseThrow();
                cluster.startJoining(fresh, seed);
                cluster.awaitServing(fresh);
                List<String> both = new ArrayList<>(now);
                both.add(fresh);
                awaitVoters(cluster, seed, both);
                load.asks(both);
                List<String> rest = both.stream().filter(id -> !id.equals(old)).toList();
                cluster.command(seed, "member", "remove", old);
                load.asks(rest);
                assertThat(cluster.node(old).awaitExit(SOON))
                        .as(cluster.node(old).everything())
                        .isEqualTo(4);
                awaitVoters(cluster, seed, rest);
                load.awaitMore(50);
            }
            load.stop();
            load.assertNothingIsLost("n4");
            load.assertNothingIsLost("n6");
            load.assertWatchedOnce();
        }
    }

    @Test
    void threeBecomeFiveAndThreeAgainByATarget() {
        try (ServerCluster cluster = ServerCluster.start(directory);
                ConstantLoad load = new ConstantLoad(cluster, List.of("n1", "n2", "n3"))) {
            load.awaitMore(50);
            cluster.startJoining("n4", "n1");
            cluster.startJoining("n5", "n2");
            cluster.awaitServing("n4");
            cluster.awaitServing("n5");
            List<String> five = List.of("n1", "n2", "n3", "n4", "n5");
            awaitVoters(cluster, "n1", five);
            load.awaitMore(50);
            List<String> target = new ArrayList<>(List.of("member", "apply"));
            List.of("n1", "n4", "n5").forEach(id -> target.add(id + "=" + cluster.peerAddress(id)));
            load.asks(List.of("n1", "n4", "n5"));
            cluster.command("n4", target.toArray(String[]::new));
            List.of("n2", "n3")
                    .forEach(id -> assertThat(cluster.node(id).awaitExit(SOON))
                            .as(cluster.node(id).everything())
                            .isEqualTo(4));
            awaitVoters(cluster, "n4", List.of("n1", "n4", "n5"));
            load.awaitMore(50);
            load.stop();
            load.assertNothingIsLost("n5");
            load.assertWatchedOnce();
        }
    }

    private static void awaitVoters(ServerCluster cluster, String asked, List<String> ids) {
        List<String> wanted = ids.stream().sorted().toList();
        cluster.await("voters " + wanted, SOON, () -> {
            JsonNode status = cluster.status(asked);
            if (status == null || status.path("leader").isNull()) {
                return false;
            }
            List<String> voters = new ArrayList<>();
            status.path("members").forEach(member -> {
                if (member.path("voter").asBoolean()) {
                    voters.add(member.path("id").asText());
                }
            });
            return voters.stream().sorted().toList().equals(wanted);
        });
    }
}
