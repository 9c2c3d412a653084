package io.reactorraft.rsocket;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.Message;
import io.rsocket.Payload;
import io.rsocket.frame.FrameHeaderCodec;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.publisher.BaseSubscriber;
import reactor.test.StepVerifier;

@DisplayName("An outbox")
class OutboxTest {

    private static final Duration SOON = SocketPair.SOON;

    private final SocketPair pair = new SocketPair();

    @AfterEach
    void closePair() {
        pair.close();
    }

    @Test
    void putsWhatWaitsIntoOneBatchForEachRequest() {
        Outbox outbox = outbox(1_000, 64 << 20);
        for (int index = 1; index <= 100; index++) {
            assertThat(outbox.offer(message(index, 0))).isTrue();
        }

        StepVerifier.create(outbox.map(OutboxTest::read), 0)
                .thenRequest(1)
                .assertNext(batch -> assertThat(batch).hasSize(100))
                .then(() -> outbox.offer(message(101, 0)))
                .thenRequest(1)
                .assertNext(
                        batch -> assertThat(batch).extracting(Message::getIndex).containsExactly(101L))
                .thenCancel()
                .verify(SOON);
    }

    @Test
    void endsABatchThatIsFullAndLetsALargerMessageGoAlone() {
        Outbox outbox = outbox(1_000, 64 << 20);
        List<Integer> sizes = List.of(30_000, 25_000, 30_000, 3 << 20, 10, 10);
        IntStream.range(0, sizes.size()).forEach(i -> outbox.offer(message(i, sizes.get(i))));
        outbox.finish();

        StepVerifier.create(outbox.map(payload -> read(payload).size()))
                .expectNext(2, 1, 1, 2)
                .expectComplete()
                .verify(SOON);
    }

    @Test
    void takesNoMoreMessagesThanItsLimitUntilSomeLeave() {
        Outbox outbox = outbox(10, 64 << 20);
        for (int index = 1; index <= 10; index++) {
            assertThat(outbox.offer(message(index, 0))).isTrue();
        }

        assertThat(outbox.offer(message(11, 0))).isFalse();
        assertThat(outbox.waitingMessages()).isEqualTo(10);
        assertThat(outbox.firstOverflow()).isTrue();
        assertThat(outbox.firstOverflow()).isFalse();

        StepVerifier.create(outbox.map(OutboxTest::read), 1)
                .assertNext(batch -> assertThat(batch).hasSize(10))
                .then(() -> {
                    assertThat(outbox.offer(message(12, 0))).isTrue();
                    assertThat(outbox.firstOverflow()).isTrue();
                })
                .thenCancel()
                .verify(SOON);
    }

    @Test
    void takesNoMoreBytesThanItsLimit() {
        Outbox outbox = outbox(1_000, 1 << 20);
        for (int index = 1; index <= 10; index++) {
            assertThat(outbox.offer(message(index, 100_000))).isTrue();
        }

        assertThat(outbox.offer(message(11, 100_000))).isFalse();
        assertThat(outbox.offer(message(12, 10))).isTrue();
    }

    @Test
    void keepsTheOrderOfEachProducerUnderFlow() throws InterruptedException {
        int producers = 4;
        int each = 20_000;
        Outbox outbox = outbox(producers * each, 1L << 30);
        List<Thread> threads = IntStream.range(0, producers)
                .mapToObj(producer -> new Thread(() -> IntStream.rangeClosed(1, each)
                        .forEach(index -> outbox.offer(
                                message(index, 0).toBuilder().setTerm(producer).build()))))
                .toList();
        threads.forEach(Thread::start);

        long[] last = new long[producers];
        StepVerifier.create(outbox.map(OutboxTest::read)
                        .doOnNext(batch -> batch.forEach(
                                message -> assertThat(message.getIndex()).isEqualTo(++last[(int) message.getTerm()])))
                        .limitRate(8)
                        .takeUntil(batch -> java.util.Arrays.stream(last).sum() == (long) producers * each)
                        .then())
                .expectComplete()
                .verify(SOON);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(outbox.waitingMessages()).isZero();
    }

    @Test
    void holdsBackWhileTheConnectionIsCongested() {
        Outbox outbox = outbox(1_000, 64 << 20);
        List<Integer> batches = new ArrayList<>();
        while (!pair.nearIs(() -> pair.near().congested(Lane.APPENDS))) {
            pair.near().sendFrame(1, SocketPair.frame(1, new byte[60_000]));
        }
        outbox.offer(message(1, 0));

        StepVerifier.create(outbox.doOnNext(payload -> batches.add(read(payload).size())), Long.MAX_VALUE)
                .expectSubscription()
                .expectNoEvent(Duration.ofMillis(50))
                .then(() -> pair.far().receive().subscribe())
                .expectNextCount(1)
                .thenCancel()
                .verify(SOON);
        assertThat(batches).containsExactly(1);
    }

    @Test
    void completesOnceWhatWaitedHasLeft() {
        Outbox outbox = outbox(10, 64 << 20);
        outbox.offer(message(1, 0));
        outbox.finish();

        assertThat(outbox.offer(message(2, 0))).isFalse();
        StepVerifier.create(outbox.map(OutboxTest::read))
                .expectNextCount(1)
                .expectComplete()
                .verify(SOON);
    }

    @Test
    void takesNothingOnceItsChannelHasEnded() {
        Outbox outbox = outbox(10, 64 << 20);
        BaseSubscriber<Payload> channel = new BaseSubscriber<>() {};
        outbox.subscribe(channel);
        channel.cancel();

        outbox.cancel();

        assertThat(outbox.offer(message(1, 0))).isFalse();
    }

    @Test
    void failsItsConnectionWhereItCannotBeDrained() {
        Outbox outbox = outbox(10, 64 << 20);
        outbox.subscribe(new BrokenChannel());

        outbox.offer(message(1, 0));

        StepVerifier.create(pair.near().onClose())
                .expectErrorMessage("out of memory, say")
                .verify(SOON);
        assertThat(outbox.offer(message(2, 0))).isFalse();
        assertThat(outbox.waitingMessages()).isZero();
    }

    /** Asks for everything and takes nothing. */
    private static final class BrokenChannel implements CoreSubscriber<Payload> {
        @Override
        public void onSubscribe(Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(Payload payload) {
            payload.release();
            throw new IllegalStateException("out of memory, say");
        }

        @Override
        public void onError(Throwable error) {
            throw new AssertionError(error);
        }

        @Override
        public void onComplete() {
            throw new AssertionError("nothing ended");
        }
    }

    @Test
    void ofTheLaneOfControlIsWrittenAheadOfAppendsThatWait() {
        Outbox appends = outbox(10_000, 64 << 20);
        Outbox control = new Outbox(pair.near(), Lane.CONTROL, 10, 1 << 20);
        appends.doOnNext(payload -> frame(3, payload)).subscribe();
        control.doOnNext(payload -> frame(1, payload)).subscribe();
        int offered = 0;
        for (int turnsInARow = 0; turnsInARow < 50; ) {
            offered += appends.offer(message(offered, 50_000)) ? 1 : 0;
            turnsInARow = pair.nearIs(() -> pair.near().congested(Lane.APPENDS)) ? turnsInARow + 1 : 0;
        }
        int taken = offered - appends.waitingMessages();
        assertThat(pair.nearIs(() -> pair.near().congested(Lane.CONTROL))).isFalse();

        control.offer(message(1_000, 0));

        List<Integer> streams = new ArrayList<>();
        StepVerifier.create(pair.far()
                        .receive()
                        .map(FrameHeaderCodec::streamId)
                        .doOnNext(streams::add)
                        .takeUntil(stream -> stream == 1)
                        .then())
                .expectComplete()
                .verify(SOON);
        // About 512 KiB of appends were taken and not yet written, and those the control message overtook.
        assertThat(streams.size()).isLessThan(taken - 5);
    }

    private void frame(int streamId, Payload payload) {
        byte[] bytes = new byte[payload.data().readableBytes()];
        payload.data().readBytes(bytes);
        payload.release();
        pair.near().sendFrame(streamId, SocketPair.frame(streamId, bytes));
    }

    @Test
    void ofTheLaneOfControlGoesOnThoughAppendsAreFull() {
        Outbox appends = outbox(10, 64 << 20);
        Outbox control = new Outbox(pair.near(), Lane.CONTROL, 10, 1 << 20);
        for (int index = 0; index < 11; index++) {
            appends.offer(message(index, 0));
        }

        assertThat(appends.firstOverflow()).isTrue();
        assertThat(control.offer(message(1, 0))).isTrue();
        assertThat(control.firstOverflow()).isTrue();
    }

    @Test
    void feedsOneChannelAlone() {
        Outbox outbox = outbox(10, 64 << 20);
        outbox.subscribe();

        StepVerifier.create(outbox).expectError(IllegalStateException.class).verify(SOON);
    }

    private Outbox outbox(int maxMessages, long maxBytes) {
        return new Outbox(pair.near(), Lane.APPENDS, maxMessages, maxBytes);
    }

    private static Message message(long index, int bytes) {
        return Message.newBuilder()
                .setIndex(index)
                .setContext(ByteString.copyFrom(new byte[bytes]))
                .build();
    }

    private static List<Message> read(Payload payload) {
        try {
            byte[] bytes = new byte[payload.data().readableBytes()];
            payload.sliceData().readBytes(bytes);
            return Batch.decode(ByteBuffer.wrap(bytes));
        } catch (InvalidProtocolBufferException e) {
            throw Exceptions.propagate(e);
        } finally {
            payload.release();
        }
    }
}
