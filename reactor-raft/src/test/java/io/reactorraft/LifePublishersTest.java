package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** The publishers that tell of a node's life and of its leadership, on whole nodes; the others are {@link PublishersTest}'s. */
class LifePublishersTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofSeconds(10);

    private interface Asks extends Function<RaftNode<String, Long>, Publisher<?>> {}

    private final VirtualCluster cluster = new VirtualCluster(151, 1);

    /** Those that tell of one event, which happens once however many ask. */
    static Stream<Named<Asks>> events() {
        return Stream.of(
                Named.of("start", RaftNode::start),
                Named.of("ready", RaftNode::ready),
                Named.of("stop", RaftNode::stop),
                Named.of("closed", RaftNode::closed));
    }

    @ParameterizedTest
    @MethodSource("events")
    void everySubscriptionEarlyLateOrDoubleIsToldTheSame(Asks asks) {
        RaftNode<String, Long> node = cluster.create("n1");
        Publisher<?> event = asks.apply(node);
        StepVerifier early = recorder(event);
        StepVerifier again = recorder(event);
        liveAndEnd(node);
        early.verify();
        again.verify();
        recorder(event).verify();
        recorder(asks.apply(node)).verify();
    }

    @ParameterizedTest
    @MethodSource("events")
    void whoLeavesChangesNothingForTheOthers(Asks asks) {
        RaftNode<String, Long> node = cluster.create("n1");
        Publisher<?> event = asks.apply(node);
        StepVerifier stays = recorder(event);
        StepVerifier.create(event).expectSubscription().thenCancel().verify();
        liveAndEnd(node);
        stays.verify();
        StepVerifier.create(node.closed())
                .expectNext(Ending.STOPPED)
                .expectComplete()
                .verify(Duration.ofSeconds(10));
    }

    /** Nothing but a completion for most, which needs no demand; a value, if there is one, waits for it. */
    @ParameterizedTest
    @MethodSource("events")
    void aValueWaitsUntilItIsAskedFor(Asks asks) {
        RaftNode<String, Long> node = cluster.create("n1");
        AtomicInteger values = new AtomicInteger();
        StepVerifier verifier = StepVerifier.create(
                        Flux.from(asks.apply(node)).doOnNext(value -> values.incrementAndGet()), 0)
                .expectSubscription()
                .then(() -> liveAndEnd(node))
                .then(() -> assertThat(values).hasValue(0))
                .thenRequest(1)
                .thenConsumeWhile(value -> true)
                .expectComplete();
        verifier.verify();
    }

    private StepVerifier recorder(Publisher<?> event) {
        StepVerifier verifier = StepVerifier.create(event)
                .thenConsumeWhile(value -> value == Ending.STOPPED)
                .expectComplete()
                .verifyLater();
        cluster.pass(Duration.ofMillis(1));
        return verifier;
    }

    /** Whichever of these began, the rest follows; what was asked for first is not asked again. */
    private void liveAndEnd(RaftNode<String, Long> node) {
        node.start().subscribe(nothing -> {}, error -> {});
        cluster.pass(LONG);
        node.stop().subscribe();
        cluster.pass(LONG);
    }

    // ---------------------------------------------------------------------------------------------- how they differ

    @Test
    void nothingBeginsBeforeSomebodySubscribes() {
        RaftNode<String, Long> node = cluster.create("n1");
        Publisher<Void> start = node.start();
        Publisher<Void> stop = node.stop();
        cluster.pass(SECOND);
        assertThat(node.status().lastIndex()).as("started by nobody").isZero();
        StepVerifier.create(start)
                .then(() -> cluster.pass(SECOND))
                .expectComplete()
                .verify();
        cluster.pass(LONG);
        assertThat(node.status().leadership().leading()).as("stopped by nobody").isTrue();
        StepVerifier.create(stop)
                .then(() -> cluster.pass(LONG))
                .expectComplete()
                .verify();
    }

    @Test
    void readyAndClosedStartNothing() {
        RaftNode<String, Long> node = cluster.create("n1");
        Disposable ready = node.ready().subscribe();
        Disposable closed = node.closed().subscribe();
        cluster.pass(LONG);
        assertThat(node.status().lastIndex()).isZero();
        assertThat(ready.isDisposed()).isFalse();
        assertThat(closed.isDisposed()).isFalse();
    }

    @Test
    void whoLeavesAStartOrAStopDoesNotUndoIt() {
        RaftNode<String, Long> node = cluster.create("n1");
        StepVerifier.create(node.start()).thenCancel().verify();
        StepVerifier.create(node.ready())
                .then(() -> cluster.pass(LONG))
                .expectComplete()
                .verify();
        StepVerifier.create(node.stop()).thenCancel().verify();
        StepVerifier.create(node.closed())
                .then(() -> cluster.pass(LONG))
                .expectNext(Ending.STOPPED)
                .expectComplete()
                .verify();
    }

    @Test
    void readyFailsWhereTheNodeEndsBefore() {
        VirtualCluster three = new VirtualCluster(152, 3);
        RaftNode<String, Long> alone = three.start("n1");
        StepVerifier.create(alone.ready())
                .then(() -> three.pass(LONG))
                .then(() -> alone.stop().subscribe())
                .then(() -> three.pass(LONG))
                .expectError(RaftException.Stopped.class)
                .verify();
        StepVerifier.create(alone.ready())
                .expectError(RaftException.Stopped.class)
                .verify();
    }

    @Test
    void closedSaysWhatEndedTheNodeAndItsStartStaysTrue() {
        cluster.started();
        RaftNode<String, Long> node = cluster.node("n1");
        StepVerifier early = StepVerifier.create(node.closed())
                .expectErrorMessage("the disk is gone")
                .verifyLater();
        cluster.log("n1").breakDisk(new IllegalStateException("the disk is gone"));
        node.propose("x").subscribe(applied -> {}, error -> {});
        cluster.pass(LONG);
        early.verify();
        StepVerifier.create(node.closed())
                .expectErrorMessage("the disk is gone")
                .verify();
        StepVerifier.create(node.stop()).expectComplete().verify();
        StepVerifier.create(node.start()).expectComplete().verify();
        StepVerifier.create(node.ready()).expectComplete().verify();
    }

    // --------------------------------------------------------------------------------------------------- leadership

    @Test
    void leadershipShowsTheCurrentValueAtOnceAndNoMoreThanWasAskedFor() {
        RaftNode<String, Long> node = cluster.create("n1");
        StepVerifier.create(node.leadership(), 0)
                .expectSubscription()
                .then(() -> cluster.pass(SECOND))
                .thenRequest(1)
                .then(() -> cluster.pass(Duration.ofMillis(1)))
                .assertNext(shown -> assertThat(shown.role()).isEqualTo(Role.FOLLOWER))
                .then(() -> node.start().subscribe())
                .then(() -> cluster.pass(LONG))
                .thenRequest(1)
                .then(() -> cluster.pass(Duration.ofMillis(1)))
                .assertNext(
                        shown -> assertThat(shown.leading()).as("the latest").isTrue())
                .then(() -> node.stop().subscribe())
                .then(() -> cluster.pass(LONG))
                .thenRequest(10)
                .then(() -> cluster.pass(Duration.ofMillis(1)))
                .assertNext(shown -> assertThat(shown.role()).isEqualTo(Role.FOLLOWER))
                .expectComplete()
                .verify();
    }

    @Test
    void leadershipHasAsManySubscribersAsLikeAndMissesNobodyWhoLeaves() {
        cluster.started();
        RaftNode<String, Long> node = cluster.node("n1");
        Flux<Leadership> twice = node.leadership();
        List<Leadership> one = new ArrayList<>();
        List<Leadership> other = new ArrayList<>();
        Disposable leaves = twice.subscribe(one::add);
        twice.subscribe(other::add);
        cluster.pass(SECOND);
        leaves.dispose();
        node.stop().subscribe();
        cluster.pass(LONG);
        assertThat(one).hasSize(1).allMatch(Leadership::leading);
        assertThat(other).hasSize(2);
        StepVerifier.create(twice)
                .expectNext(other.get(1))
                .as("who comes late")
                .expectComplete()
                .verify();
    }

    @Test
    void whileLeaderWorksForEachSubscriptionAndEndsWithTheNode() {
        cluster.started();
        RaftNode<String, Long> node = cluster.node("n1");
        AtomicInteger running = new AtomicInteger();
        Flux<Long> terms = node.whileLeader(leadership -> Flux.<Long>never()
                .startWith(leadership.term())
                .doOnSubscribe(subscription -> running.incrementAndGet())
                .doOnCancel(running::decrementAndGet));
        StepVerifier first =
                StepVerifier.create(terms).expectNextCount(1).expectComplete().verifyLater();
        Disposable second = terms.subscribe();
        cluster.pass(SECOND);
        assertThat(running).as("late, and twice").hasValue(2);
        second.dispose();
        cluster.pass(SECOND);
        assertThat(running).hasValue(1);
        node.stop().subscribe();
        cluster.pass(LONG);
        first.verify();
        assertThat(running).hasValue(0);
        StepVerifier.create(terms)
                .then(() -> cluster.pass(SECOND))
                .expectComplete()
                .verify();
    }

    @Test
    void whileLeaderEndsWithAnErrorOfItsWorkAndTheNodeLeadsOn() {
        cluster.started();
        StepVerifier.create(cluster.node("n1").whileLeader(leadership -> Flux.error(new IllegalStateException("mine"))))
                .then(() -> cluster.pass(SECOND))
                .expectErrorMessage("mine")
                .verify();
        cluster.pass(LONG);
        assertThat(cluster.node("n1").status().leadership().leading()).isTrue();
    }

    // -------------------------------------------------------------------------------------------------------- skip

    @Test
    void skipFreesAHaltedGroupOnceAndIsRefusedOtherwise() {
        cluster.started();
        RaftNode<String, Long> node = cluster.node("n1");
        StepVerifier.create(node.skip(1))
                .then(() -> cluster.pass(SECOND))
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(RaftException.Rejected.class)
                        .hasMessageContaining("has not halted"))
                .verify();
        node.propose("poison").subscribe(applied -> {}, error -> {});
        cluster.pass(SECOND);
        long halted = node.status().appliedIndex() + 1;
        Publisher<Void> skip = node.skip(halted);
        cluster.pass(SECOND);
        assertThat(node.status().alarms()).as("asked for by nobody").isNotEmpty();
        StepVerifier.create(skip, 0)
                .then(() -> cluster.pass(SECOND))
                .expectComplete()
                .verify();
        assertThat(node.status().alarms()).isEmpty();
        StepVerifier.create(skip)
                .then(() -> cluster.pass(SECOND))
                .expectError(RaftException.Rejected.class)
                .verify();
        node.stop().subscribe();
        cluster.pass(LONG);
        StepVerifier.create(skip)
                .then(() -> cluster.pass(SECOND))
                .expectError(RaftException.Stopped.class)
                .verify();
        assertThatIllegalArgumentException().isThrownBy(() -> node.skip(0));
    }
}
