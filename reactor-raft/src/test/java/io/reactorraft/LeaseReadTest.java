package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads that trust the leader's lease (thesis §6.4.1), on whole nodes over virtual time. */
class LeaseReadTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void aLeaseReadNeedsNoQuorumAndSeesWhatWasAcknowledged() {
        VirtualCluster cluster = leased(111, 3);
        String leader = cluster.leader();
        Told.of(cluster.node(leader).propose("x")).after(cluster).value();
        cluster.network.isolate(leader);
        Told<Integer> read = Told.of(cluster.node(leader)
                .read(Consistency.LEASE, () -> cluster.applied(leader).size()));
        Told<Integer> confirmed =
                Told.of(cluster.node(leader).read(() -> cluster.applied(leader).size()));
        cluster.pass(Duration.ofMillis(5));
        assertThat(read.value()).isEqualTo(1);
        assertThat(confirmed.done()).as("there is no quorum").isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {112, 113, 114, 115, 116, 117})
    void aLeaderThatIsCutOffAnswersNothingOlderThanWhatTheNextOneAcknowledged(long seed) {
        VirtualCluster cluster = leased(seed, 3);
        String old = cluster.leader();
        cluster.network.isolate(old);
        RaftNode<String, Long> cutOff = cluster.node(old);
        cluster.nodes.remove(old);
        int acknowledged = 0;
        int answered = 0;
        List<Told<Applied<Long>>> writes = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            Told<Integer> read = Told.of(
                    cutOff.read(Consistency.LEASE, () -> cluster.applied(old).size()));
            int before = acknowledged;
            writes.add(Told.of(cluster.node(other(cluster)).propose("w" + i)));
            cluster.pass(Duration.ofMillis(10));
            acknowledged = (int) writes.stream()
                    .filter(each -> each.done() && !each.failed())
                    .count();
            if (read.done() && !read.failed()) {
                assertThat(read.value()).isGreaterThanOrEqualTo(before);
                answered++;
            }
        }
        assertThat(acknowledged).as("the others went on").isPositive();
        assertThat(answered)
                .as("it answered for 0.8 election timeouts, and no longer")
                .isBetween(50, 81);
    }

    @ParameterizedTest
    @ValueSource(longs = {121, 122, 123, 124})
    void handingOverEndsTheLeaseBeforeTheNextLeaderCanBeElected(long seed) {
        VirtualCluster cluster = leased(seed, 3);
        String old = cluster.leader();
        String next = cluster.follower();
        Told<Leadership> transfer = Told.of(cluster.node(old).transferLeadership(next));
        int acknowledged = 0;
        List<Told<Applied<Long>>> writes = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            Told<Integer> read = Told.of(cluster.node(old)
                    .read(Consistency.LEASE, () -> cluster.applied(old).size()));
            int before = acknowledged;
            writes.add(Told.of(cluster.node(next).propose("w" + i)));
            cluster.pass(Duration.ofMillis(1));
            acknowledged = (int) writes.stream()
                    .filter(each -> each.done() && !each.failed())
                    .count();
            if (read.done() && !read.failed()) {
                assertThat(read.value()).as("at %d ms", i).isGreaterThanOrEqualTo(before);
            }
        }
        assertThat(transfer.value().leaderId()).isEqualTo(next);
        assertThat(acknowledged).isPositive();
    }

    @Test
    void aProcessThatStoodStillWhileItReadAsksTheQuorumAfterAll() {
        VirtualCluster cluster = leased(131, 3);
        String leader = cluster.leader();
        List<Integer> looks = new ArrayList<>();
        Told<Integer> read = Told.of(cluster.node(leader).read(Consistency.LEASE, () -> {
            looks.add(looks.size());
            if (looks.size() == 1) {
                cluster.standStill(leader, Duration.ofSeconds(2));
            }
            return cluster.applied(leader).size();
        }));
        cluster.pass(Duration.ofMillis(50));
        assertThat(read.value()).isZero();
        assertThat(looks).as("read again once the quorum had confirmed").hasSize(2);
    }

    @Test
    void aProcessThatStoodStillAndIsCutOffAnswersNothing() {
        VirtualCluster cluster = leased(132, 3);
        String leader = cluster.leader();
        cluster.network.isolate(leader);
        cluster.standStill(leader, Duration.ofMillis(900));
        Told<Integer> read = Told.of(cluster.node(leader).read(Consistency.LEASE, () -> 1));
        cluster.pass(Duration.ofMillis(100));
        assertThat(read.done()).isFalse();
    }

    @Test
    void whereTheGroupHasNoLeasesAskingForOneAsksTheQuorum() {
        VirtualCluster cluster = new VirtualCluster(133, 3).started();
        cluster.pass(SECOND);
        String leader = cluster.leader();
        Told<Integer> read = Told.of(cluster.node(leader).read(Consistency.LEASE, () -> 1));
        cluster.pass(Duration.ofMillis(50));
        assertThat(read.value()).isEqualTo(1);
        cluster.network.isolate(leader);
        Told<Integer> cutOff = Told.of(cluster.node(leader).read(Consistency.LEASE, () -> 1));
        cluster.pass(Duration.ofMillis(50));
        assertThat(cutOff.done()).isFalse();
    }

    @Test
    void aFollowerAsksTheLeader() {
        VirtualCluster cluster = leased(134, 3);
        String follower = cluster.follower();
        Told<Long> index = Told.of(cluster.node(follower).readIndex(Consistency.LEASE));
        cluster.pass(Duration.ofMillis(50));
        assertThat(index.value()).isPositive();
        cluster.network.isolate(follower);
        Told<Long> cutOff = Told.of(cluster.node(follower).readIndex(Consistency.LEASE));
        cluster.pass(Duration.ofMillis(200));
        assertThat(cutOff.done()).isFalse();
    }

    @Test
    void whoIsAloneNeedsNoAnswers() {
        VirtualCluster cluster = leased(135, 1);
        Told<Integer> read = Told.of(cluster.node("n1").read(Consistency.LEASE, () -> 1));
        cluster.pass(Duration.ofMillis(5));
        assertThat(read.value()).isEqualTo(1);
    }

    private static VirtualCluster leased(long seed, int size) {
        VirtualCluster cluster = new VirtualCluster(seed, size)
                .config(RaftConfig.defaults().withLeaseReads(true))
                .started();
        cluster.pass(SECOND); // the leader has the group agree on its settings
        return cluster;
    }

    private static String other(VirtualCluster cluster) {
        return cluster.nodes.keySet().stream().sorted().findFirst().orElseThrow();
    }
}
