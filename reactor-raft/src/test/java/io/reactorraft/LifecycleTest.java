package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class LifecycleTest {

    private static final Duration SOON = Duration.ofSeconds(60);

    private final Sinks.Empty<Void> opening = Sinks.empty();
    private final Sinks.Empty<Void> ending = Sinks.empty();
    private final AtomicInteger opens = new AtomicInteger();
    private final AtomicInteger ends = new AtomicInteger();
    private final Lifecycle lifecycle = new Lifecycle(
            "default/n1",
            new Lifecycle.Steps() {
                @Override
                public Mono<Void> open() {
                    opens.incrementAndGet();
                    return opening.asMono();
                }

                @Override
                public Mono<Void> shutDown(boolean inOrder, RaftException.Stopped why) {
                    ends.incrementAndGet();
                    return ending.asMono();
                }

                @Override
                public Duration signalsShare() {
                    return SOON;
                }

                @Override
                public Scheduler timers() {
                    return Schedulers.parallel();
                }

                @Override
                public void signalsEnded() {}
            },
            new SerialQueue(Schedulers.immediate()));

    @Test
    void aRemovalIsSaidOnceWhenItTakesEffect() {
        AtomicInteger said = new AtomicInteger();
        lifecycle.start().subscribe();
        lifecycle.removed(said::incrementAndGet);
        assertThat(said).as("while it starts").hasValue(0);
        opening.tryEmitEmpty();
        lifecycle.removed(said::incrementAndGet);
        lifecycle.removed(said::incrementAndGet);
        assertThat(said).hasValue(1);
        StepVerifier.create(lifecycle.closed())
                .then(ending::tryEmitEmpty)
                .expectNext(Ending.REMOVED)
                .expectComplete()
                .verify(SOON);
    }

    @Test
    void startingTwiceOpensOnceAndBothAreTold() {
        Mono<Void> first = lifecycle.start();
        StepVerifier.create(Mono.when(first, lifecycle.start(), first))
                .then(opening::tryEmitEmpty)
                .expectComplete()
                .verify(SOON);
        assertThat(opens).hasValue(1);
        assertThat(lifecycle.state()).isEqualTo(Lifecycle.State.RUNNING);
    }

    @Test
    void nothingOpensBeforeTheSubscription() {
        Mono<Void> start = lifecycle.start();
        assertThat(opens).hasValue(0);
        start.subscribe();
        assertThat(opens).hasValue(1);
    }

    @Test
    void stoppedBeforeItWasStartedItIsClosedAndCannotStart() {
        StepVerifier.create(lifecycle.stop())
                .then(ending::tryEmitEmpty)
                .expectComplete()
                .verify(SOON);
        StepVerifier.create(lifecycle.start())
                .expectError(RaftException.Stopped.class)
                .verify(SOON);
        StepVerifier.create(lifecycle.ready())
                .expectError(RaftException.Stopped.class)
                .verify(SOON);
        StepVerifier.create(lifecycle.closed())
                .expectNext(Ending.STOPPED)
                .expectComplete()
                .verify(SOON);
        assertThat(opens).hasValue(0);
        assertThat(ends).as("streams of a node that never ran end, too").hasValue(1);
    }

    @Test
    void stoppedWhileItStartsItDoesNotWaitForTheStart() {
        lifecycle.start().subscribe(nothing -> {}, error -> {});
        StepVerifier.create(lifecycle.stop())
                .then(() -> assertThat(ends).hasValue(1))
                .then(ending::tryEmitEmpty)
                .expectComplete()
                .verify(SOON);
        opening.tryEmitEmpty();
        assertThat(lifecycle.state()).isEqualTo(Lifecycle.State.CLOSED);
        assertThat(ends).hasValue(1);
        StepVerifier.create(lifecycle.start())
                .expectErrorMessage("default/n1 was stopped")
                .verify(SOON);
    }

    @Test
    void concurrentStopsEndItOnce() {
        startNow();
        StepVerifier.create(Mono.when(lifecycle.stop(), lifecycle.stop(), lifecycle.stop()))
                .then(ending::tryEmitEmpty)
                .expectComplete()
                .verify(SOON);
        assertThat(ends).hasValue(1);
        assertThat(lifecycle.state()).isEqualTo(Lifecycle.State.CLOSED);
    }

    @Test
    void whatFailsToOpenSaysWhyEverywhereAndStopStillCompletes() {
        StepVerifier.create(lifecycle.start())
                .then(() -> opening.tryEmitError(new IllegalStateException("the disk is on fire")))
                .then(ending::tryEmitEmpty)
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(RaftException.Stopped.class)
                        .hasMessageContaining("the disk is on fire")
                        .hasCauseInstanceOf(IllegalStateException.class))
                .verify(SOON);
        StepVerifier.create(lifecycle.ready())
                .expectError(RaftException.Stopped.class)
                .verify(SOON);
        StepVerifier.create(lifecycle.closed())
                .expectErrorMessage("the disk is on fire")
                .verify(SOON);
        StepVerifier.create(lifecycle.stop()).expectComplete().verify(SOON);
    }

    @Test
    void whatFailsWhileRunningEndsTheNodeWithThatError() {
        startNow();
        lifecycle.fail(new IllegalStateException("invariant broken"));
        lifecycle.fail(new IllegalStateException("a later one does not count"));
        ending.tryEmitEmpty();
        StepVerifier.create(lifecycle.closed())
                .expectErrorMessage("invariant broken")
                .verify(SOON);
        assertThat(ends).hasValue(1);
    }

    @Test
    void readyStaysReadyAfterTheEnd() {
        startNow();
        lifecycle.becameReady();
        lifecycle.stop().subscribe();
        ending.tryEmitEmpty();
        StepVerifier.create(lifecycle.ready()).expectComplete().verify(SOON);
    }

    private void startNow() {
        lifecycle.start().subscribe();
        opening.tryEmitEmpty();
    }
}
