package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class LeadershipBroadcasterTest {

    private static final Duration SOON = Duration.ofSeconds(60);

    private final Scheduler scheduler = Schedulers.newSingle("signals", true);
    private final SerialQueue signals = new SerialQueue(scheduler);
    private final LeadershipBroadcaster broadcaster = new LeadershipBroadcaster("default", signals);

    @AfterEach
    void dispose() {
        scheduler.dispose();
    }

    @Test
    void theCurrentValueComesFirst() {
        broadcaster.show(follower(3));
        StepVerifier.create(broadcaster.flux().take(1))
                .expectNext(follower(3))
                .expectComplete()
                .verify(SOON);
    }

    @Test
    void aSubscriberWithDemandSeesEveryChangeInOrder() {
        StepVerifier.create(broadcaster.flux().map(Leadership::term))
                .expectNext(0L)
                .then(() -> LongStream.rangeClosed(1, 500).forEach(term -> broadcaster.show(follower(term))))
                .expectNextSequence(LongStream.rangeClosed(1, 500).boxed().toList())
                .then(() -> broadcaster.end(0))
                .expectComplete()
                .verify(SOON);
    }

    @Test
    void aSubscriberWithoutDemandSeesTheLatestWhenItAsksAgain() throws InterruptedException {
        CountDownLatch shown = new CountDownLatch(1);
        StepVerifier.create(broadcaster.flux(), 1)
                .expectNext(follower(0))
                .then(() -> {
                    LongStream.rangeClosed(1, 500).forEach(term -> broadcaster.show(follower(term)));
                    signals.post(shown::countDown);
                    await(shown);
                })
                .thenRequest(1)
                .expectNext(follower(500))
                .thenCancel()
                .verify(SOON);
    }

    @Test
    void theSameValueIsNotShownTwice() {
        StepVerifier.create(broadcaster.flux())
                .expectNext(follower(0))
                .then(() -> {
                    broadcaster.show(follower(1));
                    broadcaster.show(follower(1));
                    broadcaster.end(0);
                })
                .expectNext(follower(1))
                .expectComplete()
                .verify(SOON);
    }

    @Test
    void aSubscriberThatFailsOrBlocksDoesNotStopTheOneWhoShows() {
        CountDownLatch release = new CountDownLatch(1);
        broadcaster.flux().subscribe(new BaseSubscriber<>() {
            @Override
            protected void hookOnNext(Leadership value) {
                await(release);
            }
        });
        broadcaster.show(follower(1)); // returns at once although the signal worker is blocked
        broadcaster.show(follower(2));
        assertThat(broadcaster.latest()).isEqualTo(follower(2));
        release.countDown();
        StepVerifier.create(broadcaster.flux().take(1))
                .expectNext(follower(2))
                .expectComplete()
                .verify(SOON);
    }

    @Test
    void whoComesAfterTheEndIsToldTheLastValueAndCompletes() {
        broadcaster.show(follower(7));
        broadcaster.end(0);
        signals.end(() -> {});
        StepVerifier.create(broadcaster.flux())
                .expectNext(follower(7))
                .expectComplete()
                .verify(SOON);
    }

    private static Leadership follower(long term) {
        return new Leadership("default", term, Role.FOLLOWER, null);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }
}
