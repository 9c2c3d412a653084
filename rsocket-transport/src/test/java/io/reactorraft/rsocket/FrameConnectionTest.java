package io.reactorraft.rsocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.IllegalReferenceCountException;
import io.rsocket.exceptions.ConnectionErrorException;
import io.rsocket.frame.FrameHeaderCodec;
import io.rsocket.frame.FrameType;
import io.rsocket.frame.KeepAliveFrameCodec;
import io.rsocket.frame.PayloadFrameCodec;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

@DisplayName("A connection of frames")
class FrameConnectionTest {

    private static final Duration SOON = SocketPair.SOON;

    private final SocketPair pair = new SocketPair();

    @AfterEach
    void closePair() {
        pair.close();
    }

    @Test
    void carriesFramesOfAllSizesInTheirOrderFromEachThread() throws InterruptedException {
        int threads = 4;
        int each = 2_000;
        CountDownLatch arrived = new CountDownLatch(threads * each);
        int[] last = new int[threads];
        AtomicInteger outOfOrder = new AtomicInteger();
        pair.far().receive().subscribe(frame -> {
            int thread = FrameHeaderCodec.streamId(frame) / 2;
            int number = PayloadFrameCodec.data(frame).readInt();
            if (number != ++last[thread]) {
                outOfOrder.incrementAndGet();
            }
            arrived.countDown();
        });

        List<Thread> senders = IntStream.range(0, threads)
                .mapToObj(thread -> new Thread(() -> send(thread, each)))
                .toList();
        senders.forEach(Thread::start);

        assertThat(arrived.await(SOON.toSeconds(), TimeUnit.SECONDS))
                .as("%s frames are missing", arrived.getCount())
                .isTrue();
        assertThat(outOfOrder).hasValue(0);
        assertThat(pair.near().backlogBytes()).isZero();
        for (Thread sender : senders) {
            sender.join();
        }
    }

    private void send(int thread, int frames) {
        SplittableRandom random = new SplittableRandom(thread);
        for (int number = 1; number <= frames; number++) {
            boolean large = number % 100 == 0;
            byte[] data = new byte[4 + random.nextInt(large ? 200_000 : 2 * FrameConnection.SMALL_FRAME_BYTES)];
            ByteBuffer.wrap(data).putInt(number);
            pair.near().sendFrame(2 * thread + 1, SocketPair.frame(2 * thread + 1, data));
        }
    }

    @Test
    void sendsWhatConcernsTheConnectionAheadOfWhatWaits() throws InterruptedException {
        while (!socketIsFull()) {
            pair.near().sendFrame(1, SocketPair.frame(1, new byte[60_000]));
        }
        for (int i = 0; i < 100; i++) {
            pair.near().sendFrame(1, SocketPair.frame(1, new byte[60_000]));
        }
        pair.near().sendFrame(0, keepAlive());
        pair.near().sendFrame(1, SocketPair.frame(1, (byte) 99));

        List<String> order = new ArrayList<>();
        CountDownLatch last = new CountDownLatch(1);
        pair.far().receive().subscribe(frame -> {
            boolean urgent = FrameHeaderCodec.frameType(frame) == FrameType.KEEPALIVE;
            order.add(urgent ? "keepalive" : "bulk");
            if (frame.readableBytes() < 20 && !urgent) {
                last.countDown();
            }
        });

        assertThat(last.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(order.size() - order.indexOf("keepalive")).isGreaterThan(100);
    }

    /** Bytes wait and the loop has had its turn: so the socket takes no more. */
    private boolean socketIsFull() {
        return pair.nearIs(() -> pair.near().backlogBytes() > 0);
    }

    @Test
    void asksItsProducerToHoldBackAndSaysWhenToGoOn() throws InterruptedException {
        CountDownLatch relieved = new CountDownLatch(1);
        pair.nearIs(() -> {
            pair.near().onRelief(Lane.APPENDS, relieved::countDown);
            return true;
        });
        assertThat(pair.nearIs(() -> pair.near().congested(Lane.APPENDS))).isFalse();
        while (!pair.nearIs(() -> pair.near().congested(Lane.APPENDS))) {
            pair.near().sendFrame(1, SocketPair.frame(1, new byte[60_000]));
        }

        assertThat(relieved.getCount()).isOne();
        pair.far().receive().subscribe();

        assertThat(relieved.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(pair.near().backlogBytes()).isLessThan(FrameConnection.CONGESTED_BYTES);
    }

    @Test
    void cutsOffAPeerThatReadsNothing() {
        ByteBuf bulk = Unpooled.wrappedBuffer(new byte[1 << 20]);
        for (long sent = 0; sent < 2 * FrameConnection.MAX_BACKLOG_BYTES; sent += bulk.readableBytes()) {
            pair.near().sendFrame(1, bulk.retainedDuplicate());
        }

        StepVerifier.create(pair.near().onClose())
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOfSatisfying(
                                HostilePeerException.class,
                                reason -> assertThat(reason.kind()).isEqualTo(HostilePeerException.Kind.NOT_READING)))
                .verify(SOON);
        awaitReleased(bulk);
        assertThat(pair.near().backlogBytes()).isZero();
    }

    @Test
    void letsOutWhatWaitsBeforeItCloses() {
        AtomicInteger arrived = new AtomicInteger();
        Mono<Void> farEnd = pair.far()
                .receive()
                .doOnNext(frame -> arrived.incrementAndGet())
                .then();
        for (int i = 0; i < 1_000; i++) {
            pair.near().sendFrame(1, SocketPair.frame(1, new byte[1_000]));
        }
        pair.near().sendErrorAndClose(new ConnectionErrorException("enough"));

        StepVerifier.create(farEnd).expectComplete().verify(SOON);
        assertThat(arrived).hasValue(1_001);
        StepVerifier.create(pair.near().onClose()).expectComplete().verify(SOON);
    }

    @Test
    void closesThoughThePeerReadsNothing() {
        ByteBuf bulk = Unpooled.wrappedBuffer(new byte[1 << 20]);
        for (int i = 0; i < 64; i++) {
            pair.near().sendFrame(1, bulk.retainedDuplicate());
        }
        pair.near().dispose();

        StepVerifier.create(pair.near().onClose()).expectComplete().verify(SOON);
        awaitReleased(bulk);
    }

    @Test
    void failsWhereItCannotWriteWhatWaits() {
        ByteBuf gone = Unpooled.buffer(100).writeZero(100);
        gone.release();
        ByteBuf waits = Unpooled.wrappedBuffer(new byte[100]);

        pair.nearIs(() -> {
            pair.near().sendFrame(1, gone);
            pair.near().sendFrame(1, waits.retainedDuplicate());
            return true;
        });

        StepVerifier.create(pair.near().onClose())
                .expectError(IllegalReferenceCountException.class)
                .verify(SOON);
        awaitReleased(waits);
        assertThat(pair.near().backlogBytes()).isZero();
    }

    @Test
    void releasesWhatIsSentAfterItsEnd() {
        pair.near().dispose();
        StepVerifier.create(pair.near().onClose()).expectComplete().verify(SOON);
        ByteBuf late = Unpooled.wrappedBuffer(new byte[100]);

        pair.near().sendFrame(1, late.retainedDuplicate());

        awaitReleased(late);
        assertThat(pair.near().isDisposed()).isTrue();
    }

    @Test
    void endsWhenThePeerDoes() {
        Mono<Void> farEnd = pair.far().receive().then();
        pair.near().fail(new IllegalStateException("gone"));

        StepVerifier.create(farEnd.onErrorComplete()).expectComplete().verify(SOON);
        StepVerifier.create(pair.far().onClose().onErrorComplete())
                .expectComplete()
                .verify(SOON);
        StepVerifier.create(pair.near().onClose()).expectErrorMessage("gone").verify(SOON);
    }

    @Test
    void refusesAFrameLongerThanTheLimit() {
        Mono<Void> farEnd = pair.far().receive().then();
        byte[] tooLong = new byte[FrameConnection.MAX_FRAME_BYTES];
        pair.near().sendFrame(1, SocketPair.frame(1, tooLong));

        StepVerifier.create(farEnd.onErrorComplete()).expectComplete().verify(SOON);
        StepVerifier.create(pair.far().onClose())
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(HostilePeerException.class)
                        .hasMessageContaining("undecodable frame"))
                .verify(SOON);
    }

    @Test
    void refusesAFrameThatNoMemberSends() {
        Mono<Void> farEnd = pair.far().receive().then();
        pair.near().sendFrame(1, SocketPair.frame(2, (byte) 1));

        StepVerifier.create(farEnd).expectComplete().verify(SOON);
        StepVerifier.create(pair.far().onClose())
                .expectError(HostilePeerException.class)
                .verify(SOON);
    }

    private static ByteBuf keepAlive() {
        return KeepAliveFrameCodec.encode(UnpooledByteBufAllocator.DEFAULT, false, 0, Unpooled.EMPTY_BUFFER);
    }

    /** Only the reference that the test itself holds is left. */
    private static void awaitReleased(ByteBuf buffer) {
        long deadline = System.nanoTime() + SOON.toNanos();
        while (buffer.refCnt() > 1 && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertThat(buffer.refCnt()).isOne();
        buffer.release();
    }
}
