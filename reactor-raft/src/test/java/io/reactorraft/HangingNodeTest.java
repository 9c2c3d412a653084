package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.util.retry.Retry;

/** Whatever hangs, on real threads, a stop ends within its grace. */
class HangingNodeTest {

    /** What is not held up takes less than this on any machine; what hangs, hangs for longer. */
    private static final Duration SOON = Duration.ofSeconds(60);

    private static final int HANG_SECONDS = 120;

    private final CountDownLatch hang = new CountDownLatch(1);

    @AfterEach
    void release() {
        hang.countDown();
    }

    @Test
    void aSubscriberThatBlocksTheSignalsDoesNotHoldTheStop() {
        RealNode<String, Long> real = new RealNode<>(new VirtualCluster.Journal("n1"), RealNode.quick());
        start(real.node);
        CountDownLatch blocked = new CountDownLatch(1);
        real.node.leadership().subscribe(shown -> {
            blocked.countDown();
            await(hang);
        });
        await(blocked);
        stopsInTime(real.node);
        StepVerifier.create(real.node.closed())
                .expectNext(Ending.STOPPED)
                .expectComplete()
                .verify(SOON);
        StepVerifier.create(Mono.when(real.node.stop(), real.node.stop()))
                .expectComplete()
                .verify(SOON);
    }

    @Test
    void aBlockedSubscriberDelaysNeitherTheLoopNorTheApplier() {
        RealNode<String, Long> real = new RealNode<>(new VirtualCluster.Journal("n1"), RealNode.quick());
        start(real.node);
        CountDownLatch blocked = new CountDownLatch(1);
        real.node.leadership().subscribe(shown -> {
            blocked.countDown();
            await(hang);
        });
        await(blocked);
        long before = real.node.status().appliedIndex();
        onceItLeads(real.node.propose("x")).subscribe();
        awaitStatus(real.node, status -> status.appliedIndex() > before);
        assertThat(real.node.status().age()).isLessThan(SOON);
        stopsInTime(real.node);
    }

    @Test
    void aStateMachineThatNeverReturnsDoesNotHoldTheStop() {
        CountDownLatch applying = new CountDownLatch(1);
        RealNode<String, Long> real = new RealNode<>(
                new VirtualCluster.Journal("n1") {
                    @Override
                    public Long apply(Committed<String> entry) {
                        applying.countDown();
                        hangOn(hang);
                        return super.apply(entry);
                    }
                },
                RealNode.quick().withSlowApply(Duration.ofMillis(50)));
        start(real.node);
        StepVerifier.create(onceItLeads(real.node.propose("never")).timeout(SOON))
                .then(() -> await(applying))
                .then(() -> awaitStatus(
                        real.node,
                        status -> status.alarms().stream().anyMatch(alarm -> alarm.kind() == Alarm.Kind.SLOW_APPLY)))
                .then(() -> stopsInTime(real.node))
                .expectError(RaftException.OutcomeUnknown.class)
                .verify(SOON);
    }

    @Test
    void aDiskThatAnswersNothingDoesNotHoldTheStop() {
        RealNode<String, Long> real = new RealNode<>(new VirtualCluster.Journal("n1"), RealNode.quick());
        start(real.node);
        real.log.stall();
        real.log.neverClose();
        StepVerifier.create(real.node.propose("never durable"))
                .expectSubscription()
                .then(() -> awaitStatus(real.node, status -> status.lastIndex() >= 4)) // with the data ids
                .then(() -> stopsInTime(real.node))
                .expectError(RaftException.OutcomeUnknown.class)
                .verify(SOON);
    }

    @Test
    void everythingAtOnceDoesNotHoldTheStop() {
        CountDownLatch applying = new CountDownLatch(1);
        RealNode<String, Long> real = new RealNode<>(
                new VirtualCluster.Journal("n1") {
                    @Override
                    public Long apply(Committed<String> entry) {
                        applying.countDown();
                        hangOn(hang);
                        return super.apply(entry);
                    }
                },
                RealNode.quick());
        start(real.node);
        onceItLeads(real.node.propose("never")).subscribe(each -> {}, error -> {});
        await(applying);
        CountDownLatch blocked = new CountDownLatch(1);
        real.node
                .whileLeader(leadership -> Mono.never().doOnSubscribe(subscription -> {
                    blocked.countDown();
                    await(hang);
                }))
                .subscribe();
        await(blocked);
        real.log.stall();
        real.log.neverClose();
        stopsInTime(real.node);
    }

    @Test
    void aProposalThatTheStateMachineHangsAtIsToldInTime() {
        RealNode<String, Long> real = new RealNode<>(
                new VirtualCluster.Journal("n1") {
                    @Override
                    public Long apply(Committed<String> entry) {
                        hangOn(hang);
                        return super.apply(entry);
                    }
                },
                RealNode.quick().withRequestTimeout(Duration.ofMillis(200)));
        start(real.node);
        StepVerifier.create(onceItLeads(real.node.propose("never")))
                .expectError(RaftException.OutcomeUnknown.class)
                .verify(SOON);
        stopsInTime(real.node);
    }

    /** It leads alone, but one that stood still for an election timeout gives up its office for a moment. */
    private static <T> Mono<T> onceItLeads(Mono<T> proposal) {
        return proposal.retryWhen(Retry.fixedDelay(SOON.toMillis() / 20, Duration.ofMillis(20))
                .filter(error -> error instanceof RaftException.NotLeader));
    }

    private static void awaitStatus(RaftNode<?, ?> node, Predicate<RaftStatus> reached) {
        StepVerifier.create(Mono.fromSupplier(node::status)
                        .filter(reached)
                        .repeatWhenEmpty(again -> again.delayElements(Duration.ofMillis(5))))
                .expectNextCount(1)
                .expectComplete()
                .verify(SOON);
    }

    private static void start(RaftNode<?, ?> node) {
        StepVerifier.create(node.start().then(node.ready())).expectComplete().verify(SOON);
    }

    private static void stopsInTime(RaftNode<?, ?> node) {
        StepVerifier.create(node.stop()).expectComplete().verify(SOON);
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(HANG_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("waited in vain");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt(); // the node gave the thread up
        }
    }

    /** Though the node gives the thread up and interrupts it: a machine that returned then would have a result to tell. */
    private static void hangOn(CountDownLatch latch) {
        boolean interrupted = false;
        do {
            interrupted |= Thread.interrupted();
            await(latch);
        } while (latch.getCount() > 0 && Thread.currentThread().isInterrupted());
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
