package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Handing leadership over, and what leader-only work sees of it, on whole nodes over virtual time. */
class LeadershipTransferTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void leadershipGoesToWhoeverIsNamedAndTheWorkGoesWithIt() {
        VirtualCluster cluster = new VirtualCluster(51, 3).started();
        String old = cluster.leader();
        String next = cluster.follower();
        List<String> order = new ArrayList<>();
        cluster.node(old)
                .whileLeader(leadership ->
                        Flux.never().doOnCancel(() -> order.add("cancelled")).doOnSubscribe(s -> order.add("begins")))
                .subscribe();
        cluster.node(old).leadership().subscribe(shown -> order.add(shown.role().name()));
        cluster.node(next)
                .whileLeader(leadership -> Mono.fromRunnable(() -> order.add("moved")))
                .subscribe();
        Told<Leadership> told = Told.of(cluster.node(old).transferLeadership(next));
        cluster.pass(Duration.ofMillis(500));
        assertThat(told.value().leaderId()).isEqualTo(next);
        assertThat(cluster.node(next).status().leadership().leading()).isTrue();
        assertThat(order)
                .startsWith("begins", "LEADER", "cancelled", "FOLLOWER")
                .contains("moved");
    }

    @Test
    void anyMemberCanBeAsked() {
        VirtualCluster cluster = new VirtualCluster(52, 3).started();
        cluster.pass(SECOND);
        String follower = cluster.follower();
        Told<Leadership> told = Told.of(cluster.node(follower).transferLeadership(follower));
        cluster.pass(Duration.ofMillis(500));
        assertThat(told.value().role()).isEqualTo(Role.LEADER);
    }

    @Test
    void toWhoeverLeadsIsDoneAtOnce() {
        VirtualCluster cluster = new VirtualCluster(53, 3).started();
        long term = cluster.node(cluster.leader()).status().leadership().term();
        Told<Leadership> told = Told.of(cluster.node(cluster.leader()).transferLeadership(cluster.leader()));
        assertThat(told.after(cluster).value().term()).isEqualTo(term);
    }

    @Test
    void toNobodyItIsRefusedByName() {
        VirtualCluster cluster = new VirtualCluster(54, 3).started();
        cluster.pass(SECOND);
        for (String asked : List.of(cluster.leader(), cluster.follower())) {
            Told<Leadership> told = Told.of(cluster.node(asked).transferLeadership("n9"));
            assertThat(told.after(cluster).error())
                    .isInstanceOf(RaftException.Rejected.class)
                    .hasMessage("there is no member 'n9'; members: n1, n2, n3");
        }
        assertThatIllegalArgumentException().isThrownBy(() -> cluster.node("n1").transferLeadership(" "));
    }

    @Test
    void whereTheOtherCannotBeReachedTheOldLeaderGoesOnAndTheCallerIsToldInTime() {
        VirtualCluster cluster = new VirtualCluster(55, 3).started();
        String leader = cluster.leader();
        String away = cluster.follower();
        cluster.network.isolate(away);
        Told<Leadership> told = Told.of(cluster.node(leader).transferLeadership(away));
        cluster.pass(Duration.ofMillis(1_900));
        assertThat(told.done()).isFalse();
        cluster.pass(Duration.ofMillis(200));
        assertThat(told.error())
                .isInstanceOf(RaftException.OutcomeUnknown.class)
                .hasMessageContaining("may still");
        assertThat(Told.of(cluster.node(leader).propose("goes on"))
                        .after(cluster)
                        .value())
                .isNotNull();
    }

    @Test
    void withoutALeaderOrOnANodeThatHasEndedItSaysSo() {
        VirtualCluster cluster = new VirtualCluster(56, 3);
        RaftNode<String, Long> alone = cluster.start("n1");
        cluster.pass(SECOND);
        assertThat(Told.of(alone.transferLeadership("n2")).after(cluster).error())
                .isInstanceOf(RaftException.NotLeader.class);
        alone.stop().subscribe();
        cluster.pass(Duration.ofSeconds(10));
        assertThat(Told.of(alone.transferLeadership("n2")).error()).isInstanceOf(RaftException.Stopped.class);
        assertThat(Told.of(alone.leaderOnly(leadership -> Mono.just(1))).error())
                .isInstanceOf(RaftException.Stopped.class);
    }

    @Test
    void aStopCancelsTheWorkBeforeLeadershipIsHandedOver() {
        VirtualCluster cluster = new VirtualCluster(57, 3).started();
        cluster.pass(SECOND);
        String leader = cluster.leader();
        List<String> order = new ArrayList<>();
        cluster.node(leader)
                .whileLeader(leadership -> Flux.never()
                        .doOnCancel(() -> order.add("cancelled while "
                                + cluster.node(leader).status().leadership().role())))
                .subscribe(each -> {}, error -> {}, () -> order.add("completes"));
        cluster.node(leader).stop().subscribe();
        cluster.pass(Duration.ofSeconds(10));
        assertThat(order).containsExactly("cancelled while LEADER", "completes");
    }
}
