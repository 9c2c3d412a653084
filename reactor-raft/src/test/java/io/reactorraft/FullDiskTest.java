package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A full disk costs its node the office and nobody an entry; with room on it all goes on. */
class FullDiskTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @ParameterizedTest
    @ValueSource(longs = {81, 82, 83, 84})
    void aLeaderWithAFullDiskHandsOverFollowsAndIsMadeUpFor(long seed) {
        VirtualCluster cluster = new VirtualCluster(seed, 3).started();
        cluster.pass(SECOND);
        String full = cluster.leader();
        cluster.log(full).fill(true);
        Told<Applied<Long>> refused = Told.of(cluster.node(full).propose("to a full disk"));
        cluster.pass(Duration.ofMillis(20));
        assertThat(refused.error()).isInstanceOfSatisfying(RaftException.Overloaded.class, why -> {
            assertThat(why.isDiskFull()).isTrue();
            assertThat(why).hasMessageContaining("the disk of the leader " + full + " is full");
        });
        cluster.pass(Duration.ofSeconds(4));
        assertThat(cluster.node(full).status().alarms()).extracting(Alarm::kind).contains(Alarm.Kind.DISK_FULL);
        String next = cluster.leader();
        assertThat(next).isNotEqualTo(full);
        List<Told<Applied<Long>>> forwarded = IntStream.range(0, 50)
                .mapToObj(i -> Told.of(cluster.node(full).propose("forwarded " + i)))
                .toList();
        cluster.pass(SECOND);
        assertThat(forwarded).as("the others have room").allMatch(each -> each.done() && !each.failed());

        cluster.log(full).fill(false);
        cluster.pass(Duration.ofSeconds(3));
        assertThat(cluster.node(full).status().alarms()).isEmpty();
        assertThat(cluster.applied(full)).hasSize(50).isEqualTo(cluster.applied(next));
    }

    @ParameterizedTest
    @ValueSource(longs = {91, 92, 93, 94})
    void aNodeWithAFullDiskVotesAndDoesNotStand(long seed) {
        VirtualCluster cluster = new VirtualCluster(seed, 3).started();
        String dead = cluster.leader();
        String full = cluster.follower();
        cluster.log(full).fill(true);
        Told.of(cluster.node(dead).propose("held back by the full one")).after(cluster);
        cluster.pass(SECOND);
        cluster.network.isolate(dead);
        cluster.pass(Duration.ofSeconds(10));
        String next = cluster.nodes.keySet().stream()
                .filter(id -> !id.equals(dead) && !id.equals(full))
                .findFirst()
                .orElseThrow();
        assertThat(cluster.log(full).hardState("default").getVote()).isEqualTo(next);
        assertThat(cluster.node(full).status().leadership().leaderId()).isEqualTo(next);
        Told<Applied<Long>> waits = Told.of(cluster.node(next).propose("needs the full one"));
        cluster.pass(SECOND);
        assertThat(waits.done()).as("one of two disks is no quorum").isFalse();

        cluster.log(full).fill(false);
        cluster.pass(SECOND);
        assertThat(waits.value()).isNotNull();
        assertThat(cluster.applied(full)).contains("held back by the full one", "needs the full one");
    }

    @ParameterizedTest
    @ValueSource(longs = {86, 87, 88, 89})
    void whatARefusedAppendWasToReplaceIsNeverCalledCommitted(long seed) {
        VirtualCluster cluster = new VirtualCluster(seed, 3).started();
        String full = cluster.leader();
        cluster.network.isolate(full);
        IntStream.range(0, 6).forEach(i -> Told.of(cluster.node(full).propose("lost " + i)));
        cluster.pass(Duration.ofMillis(50)); // durable there, and nowhere else
        cluster.log(full).fill(true);
        cluster.pass(Duration.ofSeconds(5));
        String next = cluster.nodes.keySet().stream()
                .filter(id -> cluster.node(id).status().leadership().leading() && !id.equals(full))
                .findFirst()
                .orElseThrow();
        IntStream.range(0, 4)
                .forEach(i -> Told.of(cluster.node(next).propose("kept " + i)).after(cluster));
        cluster.network.heal();
        cluster.pass(Duration.ofSeconds(3));
        cluster.network.isolate(next); // the third one needs the full one's vote
        cluster.pass(Duration.ofSeconds(5));

        long committed = cluster.log(full).hardState("default").getCommit();
        for (long index = 1; index <= committed; index++) {
            assertThat(cluster.log(full).term(index))
                    .as("index " + index)
                    .isEqualTo(cluster.log(next).term(index));
        }
        cluster.network.heal();
        cluster.log(full).fill(false);
        cluster.pass(Duration.ofSeconds(3));
        assertThat(cluster.applied(full))
                .containsExactly("kept 0", "kept 1", "kept 2", "kept 3")
                .isEqualTo(cluster.applied(next));
    }

    @Test
    void aNodeAloneRefusesWhileItsDiskIsFullAndGoesOnByItself() {
        VirtualCluster cluster = new VirtualCluster(85, 1).started();
        cluster.log("n1").syncTime(Duration.ofMillis(50));
        List<Told<Applied<Long>>> before = IntStream.range(0, 200)
                .mapToObj(i -> {
                    Told<Applied<Long>> told = Told.of(cluster.node("n1").propose("before " + i));
                    cluster.pass(Duration.ofMillis(1));
                    if (i == 100) {
                        cluster.log("n1").fill(true); // with appends under way
                    }
                    return told;
                })
                .toList();
        cluster.pass(SECOND);
        assertThat(before.get(199).error()).isInstanceOf(RaftException.Overloaded.class);
        assertThat(cluster.node("n1").status().leadership().leading())
                .as("there is nobody else")
                .isTrue();
        cluster.log("n1").fill(false);
        cluster.pass(SECOND);
        List<Told<Applied<Long>>> kept =
                before.stream().filter(told -> !told.failed()).toList();
        assertThat(kept).hasSizeBetween(60, 101).allMatch(Told::done);
        assertThat(cluster.applied("n1")).hasSize(kept.size());
    }
}
