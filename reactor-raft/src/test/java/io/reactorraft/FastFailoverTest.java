package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole nodes on virtual time, of which some are told that the leader's process is gone. */
class FastFailoverTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    /** The first wait, a round of pre-votes and one of votes, and the first entry of the term. */
    private static final Duration FAST = Duration.ofMillis(100);

    @ParameterizedTest
    @ValueSource(longs = {91, 92, 93, 94, 95})
    void whoeverIsFirstByRankTakesOverFromALeaderWhoseProcessIsGone(long seed) {
        VirtualCluster cluster = settled(new VirtualCluster(seed, 5));
        String gone = cluster.leader();
        List<String> others = others(cluster, gone);
        cluster.network.isolate(gone);
        others.forEach(id -> cluster.network.tellGone(id, gone));
        cluster.pass(FAST);
        assertThat(leading(cluster, others)).as("seed %d", seed).containsExactly(others.get(0));
    }

    @Test
    void withoutItTheGroupWaitsForItsPatienceToEnd() {
        VirtualCluster cluster = settled(new VirtualCluster(96, 3));
        String gone = cluster.leader();
        cluster.network.isolate(gone);
        cluster.pass(SECOND.minus(FAST));
        assertThat(leading(cluster, others(cluster, gone))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {97, 98, 99})
    void aMistakeChangesNoTerm(long seed) {
        VirtualCluster cluster = settled(new VirtualCluster(seed, 3));
        String leader = cluster.leader();
        long term = cluster.node(leader).status().leadership().term();
        String mistaken = others(cluster, leader).get(0);
        for (int i = 0; i < 50; i++) {
            cluster.network.tellGone(mistaken, leader);
            cluster.pass(Duration.ofMillis(70));
        }
        cluster.pass(SECOND);
        assertThat(cluster.node(leader).status().leadership())
                .as("seed %d", seed)
                .isEqualTo(new Leadership("default", term, Role.LEADER, leader));
        assertThat(cluster.node(mistaken).status().leadership().leaderId()).isEqualTo(leader);
    }

    @Test
    void theLeadersNextMessageEndsIt() {
        VirtualCluster cluster = settled(new VirtualCluster(100, 3));
        String leader = cluster.leader();
        String mistaken = others(cluster, leader).get(0);
        cluster.network.tellGone(mistaken, leader);
        cluster.pass(SECOND.multipliedBy(2));
        assertThat(cluster.network.preVotesAskedBy(mistaken))
                .as("one attempt before the next heartbeat, of both others")
                .isLessThanOrEqualTo(2);
    }

    @Test
    void whoGetsNoAnswerAsksFiveTimesAndThenWaitsLikeAnybody() {
        VirtualCluster cluster = settled(new VirtualCluster(101, 3));
        String leader = cluster.leader();
        String alone = others(cluster, leader).get(0);
        long before = cluster.network.preVotesAskedBy(alone);
        cluster.network.isolate(alone);
        cluster.network.tellGone(alone, leader);
        cluster.pass(Duration.ofMillis(990));
        assertThat(cluster.network.preVotesAskedBy(alone) - before).isEqualTo(2 * FastFailover.MAX_ATTEMPTS);
        assertThat(cluster.node(alone).status().leadership().term())
                .isEqualTo(cluster.node(leader).status().leadership().term());
    }

    @Test
    void aPeerThatDoesNotLeadIsNotMissed() {
        VirtualCluster cluster = settled(new VirtualCluster(102, 3));
        String leader = cluster.leader();
        List<String> others = others(cluster, leader);
        cluster.network.tellGone(others.get(0), others.get(1));
        cluster.network.tellGone(leader, others.get(1));
        cluster.pass(Duration.ofMillis(60));
        assertThat(cluster.node(others.get(0)).status().leadership().leaderId()).isEqualTo(leader);
        assertThat(cluster.node(leader).status().leadership().leading()).isTrue();
        assertThat(cluster.network.preVotesAskedBy(others.get(0))).isZero();
    }

    @Test
    void whereLeasesAreOnNobodyHurries() {
        VirtualCluster cluster = settled(new VirtualCluster(103, 3).config(VirtualCluster.CONFIG.withLeaseReads(true)));
        String gone = cluster.leader();
        List<String> others = others(cluster, gone);
        cluster.network.isolate(gone);
        others.forEach(id -> cluster.network.tellGone(id, gone));
        cluster.pass(Duration.ofMillis(900));
        assertThat(leading(cluster, others)).isEmpty();
        assertThat(cluster.node(others.get(0)).status().leadership().leaderId())
                .as("a lease would be worth nothing if its voters forgot it")
                .isEqualTo(gone);
        cluster.pass(SECOND.multipliedBy(5));
        assertThat(leading(cluster, others)).hasSize(1);
    }

    private static VirtualCluster settled(VirtualCluster cluster) {
        cluster.started().pass(SECOND.multipliedBy(3));
        return cluster;
    }

    private static List<String> others(VirtualCluster cluster, String id) {
        return cluster.nodes.keySet().stream()
                .filter(each -> !each.equals(id))
                .sorted()
                .toList();
    }

    private static List<String> leading(VirtualCluster cluster, List<String> among) {
        return among.stream()
                .filter(id -> cluster.node(id).status().leadership().leading())
                .toList();
    }
}
