package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.core.CoreConfig;
import io.reactorraft.core.RawNode;
import io.reactorraft.core.Ready;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class RunLoopTest {

    private static final Duration SOON = Duration.ofSeconds(60);

    private final Scheduler scheduler = Schedulers.newSingle("loop", true);
    private final MemoryLog log = new MemoryLog(scheduler, "n1");
    private final RawNode core = new RawNode(
            CoreConfig.builder("n1").asyncStorageWrites(true).build(),
            log,
            HardState.getDefaultInstance(),
            ConfState.newBuilder()
                    .addVoters("n1")
                    .addVoters("n2")
                    .addVoters("n3")
                    .build(),
            0);
    private final AtomicInteger turns = new AtomicInteger();
    private final RunLoop loop = new RunLoop(core, scheduler.createWorker(), each -> turns.incrementAndGet() < 0);

    @AfterEach
    void dispose() {
        scheduler.dispose();
    }

    @Test
    void aReadyIsEmittedOnlyWhereOneWasAskedFor() {
        StepVerifier.create(loop, 0)
                .then(() -> loop.post(RawNode::campaign))
                .expectNoEvent(Duration.ofMillis(50))
                .thenRequest(1)
                .expectNextCount(1)
                .thenCancel()
                .verify(SOON);
    }

    @Test
    void whatWaitsIsTakenInOneTurnAndLeavesAsOneReady() throws InterruptedException {
        CountDownLatch held = new CountDownLatch(1);
        Collector collector = new Collector();
        loop.subscribe(collector);
        loop.post(each -> await(held));
        IntStream.range(0, 50).forEach(i -> loop.receive(heartbeat(5)));
        held.countDown();
        settle();
        assertThat(collector.readies).hasSize(1);
        assertThat(turns.get()).isLessThanOrEqualTo(4);
    }

    @Test
    void aSecondSubscriberIsRefused() {
        loop.subscribe(new Collector());
        StepVerifier.create(loop).expectError(IllegalStateException.class).verify(SOON);
    }

    @Test
    void aBrokenInvariantEndsTheFluxAndNothingHappensAfterIt() throws InterruptedException {
        AtomicInteger after = new AtomicInteger();
        StepVerifier.create(loop)
                .then(() -> loop.post(each -> {
                    throw new IllegalStateException("an invariant is broken");
                }))
                .expectErrorMessage("an invariant is broken")
                .verify(SOON);
        loop.post(each -> after.incrementAndGet());
        CountDownLatch idle = new CountDownLatch(1);
        scheduler.schedule(idle::countDown);
        assertThat(idle.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(after).hasValue(0);
    }

    @Test
    void overTheInboxsLimitMessagesAreDroppedAndRoomComesBack() throws InterruptedException {
        CountDownLatch held = new CountDownLatch(1);
        loop.subscribe(new Collector());
        loop.post(each -> await(held));
        long taken = IntStream.range(0, Inbox.MAX_MESSAGES + 100)
                .filter(i -> loop.receive(heartbeat(1)))
                .count();
        assertThat(taken).isEqualTo(Inbox.MAX_MESSAGES);
        held.countDown();
        settle();
        assertThat(loop.receive(heartbeat(1))).isTrue();
    }

    @Test
    void overTheInboxsBytesMessagesAreDropped() {
        CountDownLatch held = new CountDownLatch(1);
        loop.subscribe(new Collector());
        loop.post(each -> await(held));
        Message large = heartbeat(1).toBuilder()
                .setContext(com.google.protobuf.ByteString.copyFrom(new byte[1 << 20]))
                .build();
        long taken = IntStream.range(0, 100).filter(i -> loop.receive(large)).count();
        assertThat(taken).isEqualTo(Inbox.MAX_BYTES / large.getSerializedSize());
        held.countDown();
    }

    @Test
    void aMessageDroppedForTheirNumberDoesNotWidenTheLimitOfBytes() {
        CountDownLatch held = new CountDownLatch(1);
        loop.subscribe(new Collector());
        loop.post(each -> await(held));
        Message large = heartbeat(1).toBuilder()
                .setContext(com.google.protobuf.ByteString.copyFrom(new byte[1 << 20]))
                .build();
        IntStream.range(0, 10).forEach(i -> loop.receive(large));
        IntStream.range(0, Inbox.MAX_MESSAGES).forEach(i -> loop.receive(heartbeat(1)));
        IntStream.range(0, 100).forEach(i -> assertThat(loop.receive(large)).isFalse());
        CountDownLatch heldAgain = new CountDownLatch(1);
        loop.post(each -> await(heldAgain));
        held.countDown();
        long taken = IntStream.range(0, 200).filter(i -> loop.receive(large)).count();
        assertThat(taken).isLessThanOrEqualTo(Inbox.MAX_BYTES / large.getSerializedSize());
        heldAgain.countDown();
    }

    /** Every event happens once, each poster's in its order, whatever the threads do. */
    @Test
    void underStressNoEventIsLostDoubledOrReordered() throws InterruptedException {
        int posters = 4;
        int each = 50_000;
        int[] next = new int[posters]; // touched by the loop alone
        loop.subscribe(new Collector());
        CountDownLatch done = new CountDownLatch(posters);
        for (int p = 0; p < posters; p++) {
            int poster = p;
            new Thread(() -> {
                        for (int i = 0; i < each; i++) {
                            int number = i;
                            loop.post(core -> {
                                assertThat(next[poster]).isEqualTo(number);
                                next[poster]++;
                            });
                        }
                        done.countDown();
                    })
                    .start();
        }
        assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
        settle();
        assertThat(next).containsOnly(each);
    }

    private void settle() throws InterruptedException {
        CountDownLatch settled = new CountDownLatch(1);
        loop.post(each -> {});
        scheduler.schedule(settled::countDown); // behind the turn that takes the event above
        assertThat(settled.await(60, TimeUnit.SECONDS)).isTrue();
    }

    private static Message heartbeat(long term) {
        return Message.newBuilder()
                .setType(MessageType.MSG_HEARTBEAT)
                .setFrom("n2")
                .setTo("n1")
                .setTerm(term)
                .build();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    private static final class Collector extends BaseSubscriber<Ready> {
        final List<Ready> readies = new ArrayList<>();

        @Override
        protected void hookOnNext(Ready ready) {
            readies.add(ready);
        }
    }
}
