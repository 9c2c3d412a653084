package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.spi.Transport.Refusal;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a member does for others, and what they can do to it, while it reads its log back; and once it has. */
class ReplayingMemberTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    /** Of a read, which brings ten entries: longer than anything that is waited for here. */
    private static final Duration SLOW = Duration.ofSeconds(20);

    private static final int COMMANDS = 25;

    @Test
    void votesMeanwhileForAMemberThatItsSnapshotNames() {
        VirtualCluster cluster = writtenBehindASnapshot(81);
        stopAll(cluster, "n1", "n2", "n3");
        startsSlowly(cluster, "n1");
        cluster.start("n2");
        cluster.pass(SECOND.multipliedBy(6));
        assertThat(cluster.applied("n1")).hasSize(1);
        assertThat(leaderKnownBy(cluster, "n2")).isEqualTo("n2");
    }

    @Test
    void aMemberThatTheLogHasNotNamedYetWaitsForTenElectionTimeouts() {
        VirtualCluster cluster = written(82);
        stopAll(cluster, "n1", "n2", "n3");
        startsSlowly(cluster, "n1");
        cluster.start("n2");
        cluster.pass(SECOND.multipliedBy(9));
        assertThat(leaderKnownBy(cluster, "n2")).isNull();
        cluster.pass(SECOND.multipliedBy(6));
        assertThat(cluster.applied("n1")).isEmpty();
        assertThat(leaderKnownBy(cluster, "n2")).isEqualTo("n2");
    }

    @Test
    void whoseStateMachineHasHaltedLetsOthersInAtOnce() {
        VirtualCluster cluster = new VirtualCluster(83, 3).started();
        write(cluster, "poison for n1");
        cluster.pass(SECOND.multipliedBy(2));
        cluster.joinAnew("n4", cluster.member("n1").address());
        cluster.pass(SECOND.multipliedBy(5));
        Told<List<Member>> two =
                Told.of(cluster.node("n4").membership().reconcile(List.of(cluster.member("n1"), cluster.member("n4"))));
        cluster.pass(SECOND.multipliedBy(9));
        assertThat(two.value()).hasSize(2);
        stopAll(cluster, "n1", "n4");
        cluster.start("n1");
        cluster.start("n4");
        cluster.pass(SECOND.multipliedBy(6));
        assertThat(leaderKnownBy(cluster, "n4")).isEqualTo("n4");
    }

    @Test
    void isEndedByNobodysWordBeforeItKnowsItsOwn() {
        VirtualCluster cluster = written(84);
        stopAll(cluster, "n1", "n2", "n3");
        startsSlowly(cluster, "n1");
        for (String peer : List.of("n2", "n3")) {
            cluster.network.tell("n1", peer, new Refusal(Verdict.REMOVED, "it was removed", 1_000));
        }
        cluster.pass(SLOW);
        assertThat(cluster.applied("n1")).hasSizeLessThan(COMMANDS);
        assertThat(cluster.machine("n1").ending()).isNull();
        cluster.pass(SLOW.multipliedBy(5));
        assertThat(cluster.machine("n1").ending()).isEqualTo(Ending.REMOVED);
    }

    @Test
    void namesItsPeersOnceItIsDone() {
        VirtualCluster cluster = writtenBehindASnapshot(85);
        stopAll(cluster, "n1", "n2", "n3");
        startsSlowly(cluster, "n1");
        cluster.pass(SECOND);
        assertThat(cluster.applied("n1")).hasSize(1);
        long before = cluster.network.namings("n1");
        cluster.pass(SLOW.multipliedBy(5));
        assertThat(cluster.applied("n1")).hasSize(COMMANDS + 1);
        assertThat(cluster.network.namings("n1")).isEqualTo(before + 1);
    }

    @Test
    void whoMissedItsOwnRemovalBelievesOneThatHasReadAsMuch() {
        VirtualCluster cluster = written(86);
        cluster.network.isolate("n3");
        cluster.pass(SECOND.multipliedBy(4));
        Told<List<Member>> removed = Told.of(cluster.node("n2").membership().remove("n3"));
        cluster.pass(SECOND.multipliedBy(4));
        assertThat(removed.value()).hasSize(2);
        stopAll(cluster, "n1");
        cluster.network.heal();
        cluster.pass(SECOND.multipliedBy(8));
        assertThat(cluster.machine("n3").ending()).isEqualTo(Ending.REMOVED);
        assertThat(cluster.machine("n2").ending()).isNull();
    }

    private static VirtualCluster written(long seed) {
        return written(new VirtualCluster(seed, 3).started());
    }

    private static VirtualCluster writtenBehindASnapshot(long seed) {
        VirtualCluster cluster = new VirtualCluster(seed, 3).started();
        cluster.pass(SECOND); // so that the disks are noted first
        write(cluster, "before the snapshot");
        cluster.pass(SECOND);
        Told<SnapshotMeta> taken = Told.of(cluster.node("n1").snapshot());
        cluster.pass(SECOND);
        assertThat(taken.value().index()).isPositive();
        return written(cluster);
    }

    private static VirtualCluster written(VirtualCluster cluster) {
        for (int i = 0; i < COMMANDS; i++) {
            write(cluster, "command " + i);
        }
        cluster.pass(SECOND);
        return cluster;
    }

    private static void write(VirtualCluster cluster, String command) {
        Told<Applied<Long>> told = Told.of(cluster.node(cluster.leader()).propose(command));
        cluster.pass(Duration.ofMillis(20));
        assertThat(told.done()).isTrue();
    }

    /** Its log becomes slow once it runs, before it has read any of it back. */
    private static void startsSlowly(VirtualCluster cluster, String id) {
        MemoryLog log = cluster.log(id);
        log.forgetEntries(true);
        log.rangeTime(Duration.ofMillis(10));
        RaftNode<String, Long> node = cluster.create(id);
        cluster.nodes.put(id, node);
        Told<Void> started = Told.of(node.start());
        for (int i = 0; i < 1_000 && !started.done(); i++) {
            cluster.pass(Duration.ofMillis(1));
        }
        assertThat(started.done()).isTrue();
        log.rangeTime(SLOW);
    }

    private static @Nullable String leaderKnownBy(VirtualCluster cluster, String id) {
        return cluster.node(id).status().leadership().leaderId();
    }

    private static void stopAll(VirtualCluster cluster, String... ids) {
        for (String id : ids) {
            Told<Void> stopped = Told.of(cluster.node(id).stop());
            cluster.pass(SECOND.multipliedBy(10));
            assertThat(stopped.done()).isTrue();
        }
    }
}
