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
 * A process is killed at any moment while members join, catch up by snapshots, get their votes and leave: the group comes to
 * where it was told to, and everything acknowledged is there.
 */
class KilledAtAnyMomentTest {

    /** Snapshots all the time, and hardly any log behind them. */
    private static final RaftConfig OFTEN = RaftConfig.defaults()
            .withSnapshotEntries(15)
            .withSnapshotPause(Duration.ofMillis(100))
            .withKeepEntries(2);

    private static final List<String> WANTED = List.of("n1", "n4", "n5");

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 100);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void theGroupGetsToItsTargetAndNothingAcknowledgedIsLost(long seed) {
        SplittableRandom dice = new SplittableRandom(seed);
        VirtualCluster cluster = new VirtualCluster(seed, 3).config(OFTEN).started();
        List<String> acknowledged = new ArrayList<>();
        List<Told<Applied<Long>>> asked = new ArrayList<>();
        write(cluster, "n1", 0, 40, asked);
        cluster.pass(Duration.ofMillis(dice.nextLong(2_000)));
        cluster.join("n4", "host1:7000", "host2:7000", "host3:7000");
        cluster.join("n5", "host3:7000", "host2:7000", "host1:7000");
        cluster.pass(Duration.ofMillis(dice.nextLong(1_500)));
        wish(cluster, "n" + dice.nextInt(1, 4));
        cluster.pass(Duration.ofMillis(dice.nextLong(3_000)));
        write(cluster, "n1", 40, 60, asked);

        String victim = "n" + dice.nextInt(1, 6);
        boolean alive = cluster.machine(victim).ending() == null;
        if (alive) {
            cluster.kill(victim);
        }
        cluster.pass(Duration.ofMillis(dice.nextLong(4_000)));
        if (alive) {
            cluster.start(victim);
        }
        reachTarget(cluster, seed);
        write(cluster, "n4", 60, 70, asked);
        cluster.pass(Duration.ofSeconds(12)); // beyond the request timeout: everybody has been told

        for (int i = 0; i < asked.size(); i++) {
            assertThat(asked.get(i).done()).as("seed %d: w%d was told", seed, i).isTrue();
            if (!asked.get(i).failed()) {
                acknowledged.add("w" + i);
            }
        }
        assertThat(acknowledged).as("seed %d", seed).hasSizeGreaterThan(20);
        List<String> state = cluster.applied("n1");
        assertThat(state).as("seed %d", seed).containsAll(acknowledged).doesNotHaveDuplicates();
        WANTED.forEach(id ->
                assertThat(cluster.applied(id)).as("seed %d: %s", seed, id).isEqualTo(state));
        cluster.nodes
                .keySet()
                .forEach(id -> assertThat(cluster.machine(id).failure())
                        .as("seed %d: %s", seed, id)
                        .isNull());
    }

    /** By itself, or by asking once more, as the documentation says. */
    private static void reachTarget(VirtualCluster cluster, long seed) {
        for (int i = 0; i < 60; i++) {
            cluster.pass(Duration.ofSeconds(1));
            boolean there = WANTED.stream().allMatch(id -> voters(cluster, id).equals(WANTED));
            if (there) {
                return;
            }
            if (i % 15 == 14) {
                wish(cluster, WANTED.get(i % WANTED.size()));
            }
        }
        WANTED.forEach(id ->
                assertThat(voters(cluster, id)).as("seed %d: %s", seed, id).isEqualTo(WANTED));
    }

    private static void wish(VirtualCluster cluster, String id) {
        cluster.node(id)
                .membership()
                .reconcile(WANTED.stream().map(cluster::member).toList())
                .subscribe(done -> {}, goesOnOrIsAskedAgain -> {});
    }

    private static List<String> voters(VirtualCluster cluster, String id) {
        return cluster.node(id).membership().members().stream()
                .filter(member -> !member.learner())
                .map(Member::id)
                .sorted()
                .toList();
    }

    private static void write(VirtualCluster cluster, String id, int from, int to, List<Told<Applied<Long>>> asked) {
        for (int i = from; i < to; i++) {
            asked.add(Told.of(cluster.node(id).propose("w" + i)));
            cluster.pass(Duration.ofMillis(20));
        }
    }
}
