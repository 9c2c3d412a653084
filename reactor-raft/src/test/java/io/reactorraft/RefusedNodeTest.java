package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.Transport.Refusal;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A member that the others do not want any more ends; one whose disk was emptied costs no acknowledged write. */
class RefusedNodeTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Refusal REMOVED = new Refusal(Verdict.REMOVED, "it was removed");

    @ParameterizedTest
    @ValueSource(longs = {81, 82, 83, 84})
    void anEmptiedDiskHelpsNobodyToAMajorityAndItsNodeEnds(long seed) {
        VirtualCluster cluster = new VirtualCluster(seed, 3).started();
        cluster.pass(SECOND);
        String leader = cluster.leader();
        String wiped = cluster.follower();
        String lagging = third(cluster, leader, wiped);
        cluster.network.isolate(lagging);
        Told<Applied<Long>> acknowledged = Told.of(cluster.node(leader).propose("kept by " + leader + " alone soon"));
        cluster.pass(SECOND);
        assertThat(acknowledged.value()).isNotNull();

        Told<Void> stopped = Told.of(cluster.node(wiped).stop());
        cluster.pass(SECOND.multipliedBy(2));
        assertThat(stopped.done()).isTrue();
        cluster.network.heal();
        cluster.network.isolate(leader);
        cluster.log(wiped).wipe();
        Told<Ending> ended = Told.of(cluster.start(wiped).closed());
        cluster.pass(SECOND.multipliedBy(20));
        assertThat(cluster.node(lagging).status().leadership().leading())
                .as("seed %d: the one that may know of more is away", seed)
                .isFalse();

        cluster.network.heal();
        cluster.pass(SECOND.multipliedBy(10));
        assertThat(ended.error())
                .isInstanceOfSatisfying(
                        StartRefusedException.class,
                        refusal -> assertThat(refusal.kind()).isEqualTo(StartRefusedException.Kind.WIPED))
                .hasMessageContaining("member replace " + wiped);
        assertThat(cluster.applied(lagging)).containsExactly("kept by " + leader + " alone soon");
    }

    @Test
    void aRestartOnTheSameDiskIsWelcome() {
        VirtualCluster cluster = new VirtualCluster(85, 3).started();
        cluster.pass(SECOND);
        String restarted = cluster.follower();
        Told<Void> stopped = Told.of(cluster.node(restarted).stop());
        cluster.pass(SECOND.multipliedBy(2));
        assertThat(stopped.done()).isTrue();
        Told<Ending> ended = Told.of(cluster.start(restarted).closed());
        cluster.pass(SECOND.multipliedBy(5));
        assertThat(ended.done()).isFalse();
        assertThat(cluster.node(restarted).status().leadership().leaderId()).isNotNull();
    }

    @Test
    void aRemovedNodeEndsInOrderAndSaysSo() {
        VirtualCluster cluster = new VirtualCluster(86, 3).started();
        cluster.pass(SECOND);
        String leader = cluster.leader();
        String removed = cluster.follower();
        Told<Ending> ended = Told.of(cluster.node(removed).closed());
        cluster.network.isolate(removed);
        cluster.network.tell(removed, leader, known(cluster.log(leader).lastIndex()));
        cluster.pass(SECOND.multipliedBy(5));
        assertThat(ended.value()).isEqualTo(Ending.REMOVED);
        assertThat(cluster.log(removed).isClosed()).isTrue();
        assertThat(Told.of(cluster.node(removed).propose("late")).after(cluster).error())
                .hasMessageContaining("was removed from its group");
    }

    @Test
    void aPeerThatLagsBehindDoesNotEndAMemberThatTheLeaderLeads() {
        VirtualCluster cluster = new VirtualCluster(87, 3).started();
        cluster.pass(SECOND);
        String leader = cluster.leader();
        String refused = cluster.follower();
        Told<Ending> ended = Told.of(cluster.node(refused).closed());
        cluster.network.tell(refused, third(cluster, leader, refused), REMOVED);
        cluster.pass(SECOND.multipliedBy(30));
        assertThat(ended.done()).isFalse();
    }

    @Test
    void aPeerThatLagsBehindDoesNotEndAMemberThatNobodyLeadsEither() {
        VirtualCluster cluster = new VirtualCluster(89, 3).started();
        cluster.pass(SECOND);
        String leader = cluster.leader();
        String refused = cluster.follower();
        Told<Ending> ended = Told.of(cluster.node(refused).closed());
        cluster.network.isolate(refused);
        cluster.network.tell(refused, third(cluster, leader, refused), known(1));
        cluster.pass(SECOND.multipliedBy(30));
        assertThat(ended.done()).isFalse();
        cluster.network.tell(refused, leader, known(1));
        cluster.pass(SECOND.multipliedBy(5));
        assertThat(ended.value()).as("most of the others agree").isEqualTo(Ending.REMOVED);
    }

    @Test
    void aForeignClusterIsNoReasonToEnd() {
        VirtualCluster cluster = new VirtualCluster(88, 3).started();
        String node = cluster.follower();
        Told<Ending> ended = Told.of(cluster.node(node).closed());
        cluster.network.isolate(node);
        cluster.network.tell(node, "stranger", new Refusal(Verdict.WRONG_CLUSTER, "of another cluster"));
        cluster.pass(SECOND.multipliedBy(30));
        assertThat(ended.done()).isFalse();
    }

    /** By one that has applied the log up to there. */
    private static Refusal known(long index) {
        return new Refusal(Verdict.REMOVED, "it was removed", index);
    }

    private static String third(VirtualCluster cluster, String one, String other) {
        return cluster.nodes.keySet().stream()
                .filter(id -> !id.equals(one) && !id.equals(other))
                .findFirst()
                .orElseThrow();
    }
}
