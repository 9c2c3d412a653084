package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The survivor is killed, again and again, at any moment of going on alone and of taking in the next one, with the flag
 * still in its unit file: it comes back by itself, alone once and for all, and nothing acknowledged is lost.
 */
class ForcedAndKilledTest {
    private static final List<String> FOUNDERS = List.of("n1", "n2", "n3");

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 60);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void theSurvivorGoesOnWithAllThatWasAcknowledged(long seed) {
        SplittableRandom dice = new SplittableRandom(seed);
        VirtualCluster cluster = new VirtualCluster(seed, 3)
                .config(RaftConfig.defaults()
                        .withSnapshotEntries(12)
                        .withSnapshotPause(Duration.ofMillis(100))
                        .withKeepEntries(2))
                .started();
        List<String> acknowledged = write(cluster, cluster.leader(), 0, 15);
        assertThat(acknowledged).hasSize(15);
        cluster.pass(Duration.ofSeconds(2));
        FOUNDERS.forEach(cluster::kill);
        String survivor = FOUNDERS.get(dice.nextInt(3));
        String left =
                FOUNDERS.stream().filter(id -> !id.equals(survivor)).findFirst().orElseThrow();

        cluster.log(survivor).syncTime(Duration.ofMillis(dice.nextLong(1, 60)));
        cluster.force(survivor, survivor, cluster.log(survivor).lastIndex());
        cluster.start(survivor);
        killNowAndThen(cluster, survivor, dice, 400);
        assertThat(awaitLeader(cluster, survivor)).as("seed %d", seed).isTrue();
        acknowledged.addAll(write(cluster, survivor, 15, 25));

        cluster.join("n4", cluster.member(survivor).address());
        killNowAndThen(cluster, dice.nextBoolean() ? survivor : "n4", dice, 2_500);
        cluster.start(left);
        cluster.pass(Duration.ofSeconds(25));
        acknowledged.addAll(write(
                cluster, cluster.node(survivor).status().leadership().leaderId() == null ? survivor : "n4", 25, 30));
        cluster.pass(Duration.ofSeconds(2));

        assertThat(voters(cluster, survivor)).as("seed %d", seed).containsExactly(survivor, "n4");
        assertThat(cluster.applied(survivor))
                .as("seed %d", seed)
                .containsAll(acknowledged)
                .doesNotHaveDuplicates();
        assertThat(cluster.applied("n4")).as("seed %d", seed).isEqualTo(cluster.applied(survivor));
        assertThat(cluster.node(left).status().leadership().leaderId())
                .as("seed %d: it was left behind", seed)
                .isNull();
    }

    private static void killNowAndThen(VirtualCluster cluster, String id, SplittableRandom dice, long withinMillis) {
        for (int kills = dice.nextInt(1, 4); kills > 0; kills--) {
            cluster.pass(Duration.ofMillis(dice.nextLong(withinMillis)));
            cluster.kill(id);
            cluster.start(id);
        }
    }

    private static boolean awaitLeader(VirtualCluster cluster, String id) {
        for (int i = 0; i < 100; i++) {
            if (cluster.node(id).status().leadership().leading()) {
                return true;
            }
            cluster.pass(Duration.ofMillis(100));
        }
        return false;
    }

    private static List<String> voters(VirtualCluster cluster, String id) {
        return cluster.node(id).membership().members().stream()
                .filter(member -> !member.learner())
                .map(Member::id)
                .sorted()
                .toList();
    }

    private static List<String> write(VirtualCluster cluster, String id, int from, int to) {
        List<String> acknowledged = new ArrayList<>();
        for (int i = from; i < to; i++) {
            String command = "w" + i;
            cluster.node(id).propose(command).subscribe(done -> acknowledged.add(command), error -> {});
            cluster.pass(Duration.ofMillis(150));
        }
        return acknowledged;
    }
}
