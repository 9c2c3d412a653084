package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

/** Streams of proposals on whole nodes over virtual time. */
class ProposeAllTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void resultsComeInTheOrderOfTheCommandsFromAnyMember(boolean atTheLeader) {
        VirtualCluster cluster = new VirtualCluster(81, 3).started();
        cluster.pass(SECOND);
        String asked = atTheLeader ? cluster.leader() : cluster.follower();
        Told<List<Applied<Long>>> told =
                Told.of(cluster.node(asked).proposeAll(commands(1_000)).collectList());
        cluster.pass(Duration.ofSeconds(3));
        assertThat(told.value()).extracting(Applied::result).containsExactlyElementsOf(numbers(1_000));
        assertThat(told.value()).extracting(Applied::index).isSorted();
        assertThat(cluster.applied(cluster.leader())).isEqualTo(names(1_000));
    }

    @ParameterizedTest
    @CsvSource({"no,true", "no,false", "too large,true", "too large,false", "unwritable,true", "unwritable,false"})
    void theFifthOfEightRefusedLeavesExactlyFourApplied(String fifth, boolean atTheLeader) {
        VirtualCluster cluster = new VirtualCluster(82, 3)
                .config(RaftConfig.defaults().withMaxProposalBytes(100))
                .started();
        cluster.pass(SECOND);
        String asked = atTheLeader ? cluster.leader() : cluster.follower();
        List<Long> results = new ArrayList<>();
        Told<Void> told = Told.of(cluster.node(asked)
                .proposeAll(commands(8).map(each -> each.equals("c4") ? refused(fifth) : each))
                .doOnNext(each -> results.add(each.result()))
                .then());
        cluster.pass(Duration.ofSeconds(3));
        assertThat(told.error()).isInstanceOfAny(RaftException.Rejected.class, IllegalArgumentException.class);
        assertThat(results).containsExactly(1L, 2L, 3L, 4L);
        for (String id : List.of("n1", "n2", "n3")) {
            assertThat(cluster.applied(id)).containsExactly("c0", "c1", "c2", "c3");
        }
        assertThat(Told.of(cluster.node(asked).propose("goes on"))
                        .after(cluster)
                        .value()
                        .result())
                .isEqualTo(5);
    }

    private static String refused(String how) {
        return switch (how) {
            case "no" -> "no";
            case "too large" -> "x".repeat(101);
            default -> VirtualCluster.Journal.UNWRITABLE;
        };
    }

    @ParameterizedTest
    @ValueSource(longs = {83, 84, 85, 86})
    void whenLeadershipIsLostMidwayWhatIsAppliedIsAPrefixAndTheRestUnknown(long seed) {
        VirtualCluster cluster = new VirtualCluster(seed, 3)
                .config(RaftConfig.defaults().withProposeAllWindow(4))
                .started();
        String old = cluster.leader();
        List<Long> results = new ArrayList<>();
        Told<Void> told = Told.of(cluster.node(old)
                .proposeAll(commands(200))
                .doOnNext(each -> results.add(each.result()))
                .then());
        cluster.pass(Duration.ofMillis(seed));
        cluster.network.isolate(old);
        cluster.pass(Duration.ofSeconds(5));
        assertThat(told.error()).isInstanceOf(RaftException.OutcomeUnknown.class);
        cluster.network.heal();
        cluster.pass(Duration.ofSeconds(5));
        List<String> applied = cluster.applied(cluster.leader());
        assertThat(applied).isEqualTo(names(applied.size()));
        assertThat(applied).hasSizeGreaterThanOrEqualTo(results.size());
        assertThat(applied).hasSizeLessThanOrEqualTo(results.size() + 4);
        assertThat(results).isEqualTo(numbers(results.size())).isNotEmpty();
    }

    @Test
    void theSourceIsAskedForNoMoreThanTheWindow() {
        VirtualCluster cluster = new VirtualCluster(87, 3)
                .config(RaftConfig.defaults().withProposeAllWindow(7))
                .started();
        String leader = cluster.leader();
        cluster.network.isolate(leader); // nothing is committed
        AtomicLong requested = new AtomicLong();
        cluster.node(leader)
                .proposeAll(Flux.<String>never().doOnRequest(requested::addAndGet))
                .subscribe();
        cluster.pass(Duration.ofMillis(10));
        assertThat(requested).hasValue(7);
        AtomicInteger taken = new AtomicInteger();
        cluster.node(leader)
                .proposeAll(commands(100).doOnNext(each -> taken.incrementAndGet()))
                .subscribe(each -> {}, error -> {});
        cluster.pass(Duration.ofMillis(10));
        assertThat(taken).hasValue(7);
    }

    @Test
    void theSourceIsAskedForNoMoreThanFitsHoweverLargeItIs() {
        VirtualCluster cluster = new VirtualCluster(88, 1)
                .config(RaftConfig.defaults().withMaxProposalBytes(8L << 20))
                .started();
        AtomicLong requested = new AtomicLong();
        cluster.node("n1")
                .proposeAll(Flux.<String>never().doOnRequest(requested::addAndGet))
                .subscribe();
        cluster.pass(Duration.ofMillis(10));
        assertThat(requested.get() * (8L << 20)).isEqualTo(CommandStream.MAX_BYTES);
    }

    @Test
    void nothingIsTakenThatWasNotAskedForDownstream() {
        VirtualCluster cluster = new VirtualCluster(89, 1).started();
        AtomicInteger taken = new AtomicInteger();
        StepVerifier.create(
                        cluster.node("n1")
                                .proposeAll(commands(100).doOnNext(each -> taken.incrementAndGet()))
                                .map(Applied::result),
                        0)
                .expectSubscription()
                .then(() -> cluster.pass(SECOND))
                .then(() -> assertThat(taken).hasValue(0))
                .thenRequest(3)
                .then(() -> cluster.pass(SECOND))
                .expectNext(1L, 2L, 3L)
                .then(() -> assertThat(taken).hasValue(3))
                .thenRequest(2)
                .then(() -> cluster.pass(SECOND))
                .expectNext(4L, 5L)
                .thenCancel()
                .verify();
        cluster.pass(SECOND);
        assertThat(cluster.applied("n1")).hasSize(5);
    }

    @Test
    void aFullInboxIsWaitedForUntilTheTimeLimit() {
        VirtualCluster cluster = new VirtualCluster(90, 3)
                .config(RaftConfig.defaults().withMaxPendingProposals(10))
                .started();
        String leader = cluster.leader();
        cluster.network.isolate(cluster.follower());
        cluster.logs.values().forEach(log -> log.syncTime(Duration.ofMillis(500)));
        for (int i = 0; i < 8; i++) {
            cluster.node(leader).propose("before " + i).subscribe(each -> {}, error -> {});
        }
        Told<List<Applied<Long>>> told =
                Told.of(cluster.node(leader).proposeAll(commands(5)).collectList());
        cluster.pass(Duration.ofMillis(300));
        assertThat(told.done()).isFalse();
        cluster.pass(Duration.ofSeconds(5));
        assertThat(told.value()).hasSize(5);
        assertThat(cluster.applied(leader)).hasSize(13).endsWith("c0", "c1", "c2", "c3", "c4");
    }

    @Test
    void whereItStaysFullTheCallerIsToldInTheEnd() {
        VirtualCluster cluster = new VirtualCluster(91, 1)
                .config(RaftConfig.defaults().withMaxPendingProposals(1).withRequestTimeout(Duration.ofSeconds(2)))
                .started();
        cluster.log("n1").stall();
        cluster.node("n1").propose("stuck").subscribe(each -> {}, error -> {});
        Flux.interval(Duration.ofMillis(10), cluster.time)
                .flatMap(tick ->
                        cluster.node("n1").propose("more").onErrorResume(error -> reactor.core.publisher.Mono.empty()))
                .subscribe();
        Told<List<Applied<Long>>> told =
                Told.of(cluster.node("n1").proposeAll(commands(2)).collectList());
        cluster.pass(Duration.ofMillis(1_900));
        assertThat(told.done()).isFalse();
        cluster.pass(Duration.ofSeconds(3));
        assertThat(told.error()).isInstanceOf(RaftException.class);
    }

    @Test
    void anErrorOfTheSourceComesAfterWhatCameBeforeIt() {
        VirtualCluster cluster = new VirtualCluster(92, 1).started();
        StepVerifier.create(cluster.node("n1")
                        .proposeAll(commands(2).concatWith(Flux.error(new IllegalStateException("the source broke"))))
                        .map(Applied::result))
                .then(() -> cluster.pass(SECOND))
                .expectNext(1L, 2L)
                .expectErrorMessage("the source broke")
                .verify();
    }

    @Test
    void nothingToProposeCompletesAndEachSubscriptionProposesAnew() {
        VirtualCluster cluster = new VirtualCluster(93, 1).started();
        StepVerifier.create(cluster.node("n1").proposeAll(Flux.<String>empty()))
                .then(() -> cluster.pass(SECOND))
                .expectComplete()
                .verify();
        Flux<Long> cold = cluster.node("n1").proposeAll(commands(2)).map(Applied::result);
        StepVerifier.create(cold)
                .then(() -> cluster.pass(SECOND))
                .expectNext(1L, 2L)
                .expectComplete()
                .verify();
        StepVerifier.create(cold)
                .then(() -> cluster.pass(SECOND))
                .expectNext(3L, 4L)
                .expectComplete()
                .verify();
    }

    @Test
    void cancellingCancelsTheSourceAndWithdrawsWhatWasNotAppended() {
        VirtualCluster cluster = new VirtualCluster(94, 3);
        RaftNode<String, Long> alone = cluster.start("n1");
        TestPublisher<String> source = TestPublisher.create();
        StepVerifier.create(alone.proposeAll(source.flux()))
                .then(() -> cluster.pass(Duration.ofMillis(10)))
                .then(() -> source.next("withdrawn"))
                .then(() -> cluster.pass(Duration.ofMillis(10)))
                .thenCancel()
                .verify();
        source.assertCancelled();
        cluster.start("n2");
        cluster.start("n3");
        cluster.leader();
        cluster.pass(Duration.ofSeconds(3));
        assertThat(cluster.applied(cluster.leader())).isEmpty();
    }

    @Test
    void afterTheEndItIsRefused() {
        VirtualCluster cluster = new VirtualCluster(95, 1).started();
        cluster.node("n1").stop().subscribe();
        cluster.pass(Duration.ofSeconds(10));
        StepVerifier.create(cluster.node("n1").proposeAll(commands(3)))
                .then(() -> cluster.pass(SECOND))
                .expectError(RaftException.Stopped.class)
                .verify();
    }

    private static Flux<String> commands(int count) {
        return Flux.fromIterable(names(count));
    }

    private static List<String> names(int count) {
        return IntStream.range(0, count).mapToObj(i -> "c" + i).toList();
    }

    private static List<Long> numbers(int count) {
        return IntStream.rangeClosed(1, count).mapToObj(i -> (long) i).toList();
    }
}
