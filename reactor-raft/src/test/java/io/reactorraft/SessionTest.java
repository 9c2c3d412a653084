package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** Exactly once, on whole nodes over virtual time. */
class SessionTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void aCommandWhoseAnswerIsLostIsRetriedAndAppliedOnce(long seed) {
        VirtualCluster cluster = new VirtualCluster(seed, 3).started();
        cluster.pass(SECOND);
        String follower = cluster.follower();
        Session<String, Long> session =
                Told.of(cluster.node(follower).session()).after(cluster).value();
        Mono<Applied<Long>> once = session.propose("once");
        Told<Applied<Long>> lost = Told.of(once);
        cluster.pass(Duration.ofMillis(seed)); // somewhere between the request and its answer
        cluster.network.isolate(follower);
        cluster.pass(SECOND);
        cluster.network.heal();
        cluster.pass(Duration.ofSeconds(3));
        Told<Applied<Long>> again = Told.of(once);
        cluster.pass(SECOND);
        assertThat(again.value().result()).isEqualTo(1);
        assertThat(lost.done()).isTrue();
        assertThat(cluster.applied(cluster.leader())).containsExactly("once");
        cluster.pass(SECOND);
        assertThat(cluster.applied(follower)).containsExactly("once");
    }

    @Test
    void withoutASessionTheSameRetryAppliesTwice() {
        VirtualCluster cluster = new VirtualCluster(3, 3).started();
        cluster.pass(SECOND);
        String follower = cluster.follower();
        Mono<Applied<Long>> unsafe = cluster.node(follower).propose("twice");
        Told<Applied<Long>> lost = Told.of(unsafe);
        cluster.pass(Duration.ofMillis(3));
        cluster.network.isolate(follower);
        cluster.pass(SECOND);
        assertThat(lost.error()).isInstanceOf(RaftException.OutcomeUnknown.class);
        cluster.network.heal();
        cluster.pass(Duration.ofSeconds(3));
        Told.of(unsafe);
        cluster.pass(SECOND);
        assertThat(cluster.applied(cluster.leader())).containsExactly("twice", "twice");
    }

    @Test
    void retryAcrossALossOfLeadershipIsSafe() {
        VirtualCluster cluster = new VirtualCluster(31, 3).started();
        String old = cluster.leader();
        Session<String, Long> session =
                Told.of(cluster.node(old).session()).after(cluster).value();
        List<Told<Applied<Long>>> told = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            told.add(Told.of(session.propose("c" + i)
                    .retryWhen(Retry.fixedDelay(100, Duration.ofMillis(100)).scheduler(cluster.time))));
            cluster.pass(Duration.ofMillis(3));
            if (i == 10) {
                cluster.network.isolate(old);
            }
        }
        cluster.pass(Duration.ofSeconds(4));
        cluster.network.heal();
        cluster.pass(Duration.ofSeconds(20));
        assertThat(told).allSatisfy(each -> assertThat(each.value()).isNotNull());
        assertThat(cluster.applied(cluster.leader())).hasSize(20).doesNotHaveDuplicates();
    }

    @Test
    void everyReturnedMonoIsOneEntryAndWhoSubscribesAgainHearsTheSame() {
        VirtualCluster cluster = new VirtualCluster(32, 1).started();
        Session<String, Long> session =
                Told.of(cluster.node("n1").session()).after(cluster).value();
        Mono<Applied<Long>> first = session.propose("a");
        Mono<Applied<Long>> second = session.propose("a");
        Told<Applied<Long>> one = Told.of(first);
        Told<Applied<Long>> oneAtTheSameTime = Told.of(first);
        Told<Applied<Long>> two = Told.of(second);
        cluster.pass(SECOND);
        Told<Applied<Long>> oneLater = Told.of(first).after(cluster);
        assertThat(oneAtTheSameTime.value()).isEqualTo(one.value());
        assertThat(oneLater.value()).isEqualTo(one.value());
        assertThat(two.value().result()).isEqualTo(2);
        assertThat(cluster.applied("n1")).containsExactly("a", "a");
    }

    @Test
    void aRejectionIsAnOutcomeToo() {
        VirtualCluster cluster = new VirtualCluster(33, 1).started();
        Session<String, Long> session =
                Told.of(cluster.node("n1").session()).after(cluster).value();
        Mono<Applied<Long>> no = session.propose("no");
        assertThat(Told.of(no).after(cluster).error()).isInstanceOf(RaftException.Rejected.class);
        assertThat(Told.of(no).after(cluster).error()).hasMessage("the machine says no");
    }

    @Test
    void whatExpiredIsRejectedAndWhereAnEarlierTryMayHaveBeenAppliedUnknown() {
        VirtualCluster cluster = new VirtualCluster(34, 3)
                .config(RaftConfig.defaults().withSessionTimeout(Duration.ofSeconds(30)))
                .started();
        cluster.pass(SECOND); // the leader has the group agree on its settings
        String follower = cluster.follower();
        Session<String, Long> session =
                Told.of(cluster.node(follower).session()).after(cluster).value();
        Mono<Applied<Long>> uncertain = session.propose("uncertain");
        Told.of(uncertain);
        cluster.pass(Duration.ofMillis(3));
        cluster.network.isolate(follower);
        cluster.pass(SECOND);
        cluster.network.heal();
        cluster.pass(Duration.ofSeconds(40)); // nobody uses the session
        assertThat(Told.of(session.propose("late")).after(cluster).error())
                .isInstanceOf(RaftException.Rejected.class)
                .hasMessageContaining("open another one");
        assertThat(Told.of(uncertain).after(cluster).error()).isInstanceOf(RaftException.OutcomeUnknown.class);
        assertThat(cluster.applied(cluster.leader())).containsExactly("uncertain");
    }

    @Test
    void overTheLimitNoSessionOpens() {
        VirtualCluster cluster = new VirtualCluster(35, 1)
                .config(RaftConfig.defaults().withMaxSessions(2))
                .started();
        cluster.pass(SECOND);
        Session<String, Long> first =
                Told.of(cluster.node("n1").session()).after(cluster).value();
        Told.of(cluster.node("n1").session()).after(cluster).value();
        assertThat(Told.of(cluster.node("n1").session()).after(cluster).error())
                .isInstanceOf(RaftException.Rejected.class)
                .hasMessageContaining("maxSessions=2");
        assertThat(Told.of(first.close()).after(cluster).failed()).isFalse();
        assertThat(Told.of(cluster.node("n1").session()).after(cluster).value()).isNotNull();
    }

    @Test
    void aClosedSessionTakesNothingMoreAndClosingAgainIsNoError() {
        VirtualCluster cluster = new VirtualCluster(36, 1).started();
        Session<String, Long> session =
                Told.of(cluster.node("n1").session()).after(cluster).value();
        Told<Void> closed = Told.of(session.close()).after(cluster);
        assertThat(closed.done()).isTrue();
        assertThat(closed.failed()).isFalse();
        assertThat(Told.of(session.close()).after(cluster).failed()).isFalse();
        assertThat(Told.of(session.propose("late")).after(cluster).error()).isInstanceOf(RaftException.Rejected.class);
        assertThat(cluster.applied("n1")).isEmpty();
    }

    @Test
    void usedAsAResourceItEndsWithItsStream() {
        VirtualCluster cluster = new VirtualCluster(37, 1).started();
        Told<List<Applied<Long>>> told = Told.of(Flux.usingWhen(
                        cluster.node("n1").session(),
                        session -> Flux.just("a", "b", "c").concatMap(session::propose),
                        Session::close)
                .collectList());
        cluster.pass(SECOND);
        assertThat(told.value()).extracting(Applied::result).containsExactly(1L, 2L, 3L);
    }

    @Test
    void moreThanTheGroupRemembersMayNotBeInQuestionAtATime() {
        VirtualCluster cluster = new VirtualCluster(38, 3).started();
        String leader = cluster.leader();
        Session<String, Long> session =
                Told.of(cluster.node(leader).session()).after(cluster).value();
        cluster.network.isolate(leader);
        List<Told<Applied<Long>>> told = new ArrayList<>();
        for (int i = 0; i <= SessionTable.MAX_OUTCOMES; i++) {
            told.add(Told.of(session.propose("c" + i)));
        }
        cluster.pass(Duration.ofMillis(50));
        assertThat(told.get(SessionTable.MAX_OUTCOMES).error()).isInstanceOf(RaftException.Overloaded.class);
        assertThat(told.get(SessionTable.MAX_OUTCOMES - 1).done()).isFalse();
    }

    @Test
    void whatIsCancelledMakesRoomAndIsNotAppliedTwice() {
        VirtualCluster cluster = new VirtualCluster(39, 1).started();
        Session<String, Long> session =
                Told.of(cluster.node("n1").session()).after(cluster).value();
        Mono<Applied<Long>> left = session.propose("left");
        Disposable subscription = left.subscribe();
        cluster.pass(Duration.ofMillis(1)); // appended, and not yet applied
        subscription.dispose();
        for (int i = 0; i < 2 * SessionTable.MAX_OUTCOMES; i++) {
            assertThat(Told.of(session.propose("c" + i)).after(cluster).value()).isNotNull();
        }
        cluster.pass(SECOND);
        Told<Applied<Long>> again = Told.of(left).after(cluster);
        assertThat(again.done()).isTrue();
        assertThat(cluster.applied("n1").stream().filter("left"::equals)).hasSizeLessThanOrEqualTo(1);
        assertThat(cluster.applied("n1")).hasSizeGreaterThanOrEqualTo(2 * SessionTable.MAX_OUTCOMES);
    }

    @Test
    void aRestartedReplicaKnowsWhatItKnewBefore() {
        VirtualCluster cluster = new VirtualCluster(40, 1).started();
        Session<String, Long> session =
                Told.of(cluster.node("n1").session()).after(cluster).value();
        Mono<Applied<Long>> once = session.propose("once");
        Told.of(once).after(cluster).value();
        Told.of(cluster.node("n1").stop());
        cluster.pass(Duration.ofSeconds(10));
        cluster.start("n1");
        cluster.leader();
        assertThat(cluster.applied("n1")).containsExactly("once");
    }
}
