package io.reactorraft.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WithoutQuorumTest {

    private static final Duration SOON = ServerCluster.SOON;

    @TempDir
    Path directory;

    @Test
    void theLastOfThreeRefusesInBoundedTimeAndGoesOnWhenOneReturns() throws Exception {
        try (ServerCluster cluster = ServerCluster.start(directory)) {
            assertThat(cluster.putSoon("n1", "before", "1").status()).isEqualTo(200);
            cluster.await("that n1 has it, too", SOON, () -> hasIt(cluster));
            cluster.node("n2").kill();
            cluster.node("n3").kill();

            cluster.await("refusal for want of a leader", SOON, () -> refusedForWantOfALeader(cluster));

            assertThat(cluster.get("n1", "/livez").status()).isEqualTo(200);
            ServerCluster.Answer readyz = cluster.get("n1", "/readyz");
            assertThat(readyz.status()).isEqualTo(503);
            assertThat(readyz.body()).contains("[-]leader");
            cluster.await("readiness but for the leader", SOON, () -> isReadyButForTheLeader(cluster));
            ServerCluster.Answer stale = cluster.get("n1", "/v1/kv/before?consistency=stale");
            assertThat(stale.body()).isEqualTo("1");

            cluster.startNode("n2");
            cluster.awaitServing("n2");
            cluster.await("writes with two of three", SOON, () -> writes(cluster));
            assertThat(cluster.readSoon("n2", "before").body()).isEqualTo("1");
        }
    }

    /** Whoever leads may have answered before n1 has heard that it is committed. */
    private static boolean hasIt(ServerCluster cluster) {
        try {
            return cluster.get("n1", "/v1/kv/before?consistency=stale").body().equals("1");
        } catch (IOException unreachable) {
            return false;
        }
    }

    private static boolean isReadyButForTheLeader(ServerCluster cluster) {
        try {
            return cluster.get("n1", "/readyz?exclude=leader").status() == 200;
        } catch (IOException unreachable) {
            return false;
        }
    }

    private static boolean refusedForWantOfALeader(ServerCluster cluster) {
        long begin = System.nanoTime();
        try {
            ServerCluster.Answer answer = cluster.put("n1", "nobody", "there");
            Duration took = Duration.ofNanos(System.nanoTime() - begin);
            assertThat(took)
                    .as("the limit is 10 s; a busy machine stands still at times")
                    .isLessThan(Duration.ofSeconds(60));
            assertThat(answer.status()).isIn(503, 504);
            assertThat(answer.header("content-type")).startsWith("application/problem+json");
            if (answer.status() == 504) { // asked of a leader that was about to find out
                assertThat(answer.json().path("applied").asText()).isEqualTo("unknown");
                return false;
            }
            assertThat(answer.json().path("applied").asText()).isEqualTo("no");
            return answer.json().path("type").asText().equals("urn:reactor-raft:problem:no-leader");
        } catch (IOException unreachable) {
            throw new AssertionError("the survivor must answer", unreachable);
        }
    }

    private static boolean writes(ServerCluster cluster) {
        try {
            return List.of(200).contains(cluster.put("n1", "after", "2").status());
        } catch (IOException unreachable) {
            return false;
        }
    }
}
