package io.reactorraft.rsocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.testkit.TransportNode;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

@DisplayName("A snapshot on its way")
class SnapshotsTest {

    private static final SnapshotMetadata SNAPSHOT = SnapshotMetadata.newBuilder()
            .setGroupId(TransportNode.GROUP)
            .setIndex(42)
            .build();

    private final Cluster cluster = new Cluster(Cluster.PATIENT.withMaxMessageBytes(2 << 20));
    private final Cluster hasty =
            new Cluster(Cluster.PATIENT.withMaxMessageBytes(2 << 20).withSnapshotStallTimeout(Duration.ofSeconds(3)));
    private TransportNode a = cluster.start("a");
    private TransportNode b = cluster.start("b");

    @AfterEach
    void closeAll() {
        hasty.close();
        cluster.close();
    }

    /** From now on both soon give up a snapshot that does not move. */
    private void hurry() {
        a.transport().close().block(Cluster.SOON);
        b.transport().close().block(Cluster.SOON);
        a = hasty.start("a");
        b = hasty.start("b");
    }

    @Test
    void isReadOnlyAsFastAsItIsMadeDurableAndMessagesPassItMeanwhile() {
        hurry();
        Cluster.introduce(a, b);
        AtomicInteger read = new AtomicInteger();
        Mono<Void> stalled = a.transport()
                .sendSnapshot("b", SNAPSHOT, Flux.range(0, 10_000).map(i -> {
                    read.incrementAndGet();
                    return ByteBuffer.allocate(Chunk.FULL_BYTES);
                }));
        b.ear().snapshotPacedBy(Mono.never());

        StepVerifier.create(stalled)
                .expectSubscription()
                .then(() -> {
                    b.await(
                            "has a first buffer",
                            node -> !node.ear().snapshotBuffers().isEmpty());
                    for (long index = 1; index <= 100; index++) {
                        a.send(b, index);
                    }
                    b.awaitHeard(100);
                })
                .expectErrorSatisfies(error -> assertThat(error)
                        .hasMessageContaining("the snapshot at index 42 did not reach 'b' at " + b.address())
                        .hasMessageContaining("nothing moved for 3000 ms"))
                .verify(Cluster.SOON);
        assertThat(read.get()).as("buffers read for a receiver that takes one").isLessThan(200);
    }

    @Test
    void doesNotFailWhileAnythingMoves() {
        hurry();
        Cluster.introduce(a, b);
        Flux<ByteBuffer> slow = Flux.range(0, 12)
                .concatMap(i -> Mono.delay(Duration.ofMillis(300)).thenReturn(ByteBuffer.allocate(Chunk.FULL_BYTES)));

        a.transport()
                .sendSnapshot("b", SNAPSHOT, slow.doOnSubscribe(again -> b.ear().forget()))
                .retry(5) // a machine may stand still for as long
                .block(Cluster.SOON);

        assertThat(b.ear().snapshotBuffers()).hasSize(12);
    }

    @Test
    void isGivenUpWhenItsSenderCancels() {
        Cluster.introduce(a, b);
        CountDownLatch cancelled = new CountDownLatch(1);

        a.transport()
                .sendSnapshot(
                        "b",
                        SNAPSHOT,
                        Flux.just(ByteBuffer.allocate(Chunk.FULL_BYTES))
                                .concatWith(Mono.never())
                                .doOnCancel(cancelled::countDown))
                .subscribe(null, error -> assertThat(error).isNull())
                .dispose();

        b.await(
                "has let go of its connection",
                node -> Cluster.inside(node).listener().openConnections() == 1);
        a.send(b, 1);
        b.awaitHeard(1);
    }

    @Test
    void breaksWhenItsLinkIsCut() {
        Cluster.introduce(a, b);
        Flux<ByteBuffer> endless =
                Flux.just(ByteBuffer.allocate(Chunk.FULL_BYTES)).concatWith(Mono.never());

        StepVerifier.create(a.transport().sendSnapshot("b", SNAPSHOT, endless))
                .then(() -> b.await(
                        "has a first buffer",
                        node -> !node.ear().snapshotBuffers().isEmpty()))
                .then(() -> ((RSocketTransport) a.transport()).cut("b"))
                .expectError()
                .verify(Cluster.SOON);
        assertThatThrownBy(() ->
                        a.transport().sendSnapshot("b", SNAPSHOT, Flux.empty()).block(Cluster.SOON))
                .hasMessageContaining("'b'");
    }

    @Test
    void mayBeEmptyAndMustNotHaveABufferAboveTheLimit() {
        Cluster.introduce(a, b);

        a.transport().sendSnapshot("b", SNAPSHOT, Flux.empty()).block(Cluster.SOON);
        assertThatThrownBy(() -> a.transport()
                        .sendSnapshot("b", SNAPSHOT, Flux.just(ByteBuffer.allocate((2 << 20) + 1)))
                        .block(Cluster.SOON))
                .hasMessageContaining("more than maxMessageBytes=2097152");
    }

    @Test
    void ofAnUnknownGroupIsRefused() {
        Cluster.introduce(a, b);

        assertThatThrownBy(() -> a.transport()
                        .sendSnapshot(
                                "b",
                                SNAPSHOT.toBuilder().setGroupId("unknown").build(),
                                Flux.just(ByteBuffer.allocate(9)))
                        .block(Cluster.SOON))
                .hasMessageContaining("no group 'unknown' is here");
    }

    @Test
    void goesOnBehindTheLastChunkThatWasTakenWhenItsConnectionBreaks() {
        Cluster.introduce(a, b);
        int buffers = 400;
        AtomicInteger subscriptions = new AtomicInteger();
        Flux<ByteBuffer> content = Flux.defer(() -> {
            subscriptions.incrementAndGet();
            return Flux.range(0, buffers).map(i -> ByteBuffer.allocate(10_000).putInt(0, i));
        });
        for (int breakAt : new int[] {3, 150, 151, 390}) {
            b.ear().onSnapshotBuffer(breakAt, () -> Cluster.inside(a).breakSnapshotsTo("b"));
        }

        a.transport().sendSnapshot("b", SNAPSHOT, content).block(Cluster.SOON);

        assertThat(b.ear().snapshotBuffers())
                .extracting(buffer -> ByteBuffer.wrap(buffer).getInt())
                .containsExactlyElementsOf(IntStream.range(0, buffers).boxed().toList());
        assertThat(subscriptions).hasValueBetween(2, 5);
    }

    @Test
    void isGivenUpWhereItIsReadAgainAndAgainAndGetsNoFurther() {
        RSocketTransportConfig hurried = Cluster.PATIENT.withRedialDelay(Duration.ofMillis(5), Duration.ofMillis(20));
        try (Cluster patient = new Cluster(hurried)) {
            TransportNode sender = patient.start("a");
            TransportNode receiver = patient.start("b");
            Cluster.introduce(sender, receiver);
            AtomicInteger subscriptions = new AtomicInteger();
            Flux<ByteBuffer> neverWhole = Flux.range(0, 50)
                    .doOnSubscribe(again -> subscriptions.incrementAndGet())
                    .doOnNext(i -> {
                        if (i == 0) {
                            Cluster.inside(sender).breakSnapshotsTo("b");
                        }
                    })
                    .map(i -> ByteBuffer.allocate(Chunk.FULL_BYTES));

            StepVerifier.create(sender.transport().sendSnapshot("b", SNAPSHOT, neverWhole))
                    .expectErrorSatisfies(error -> assertThat(error)
                            .hasMessageContaining("10 connections in a row broke and took it no further"))
                    .verify(Cluster.SOON);
            assertThat(subscriptions).hasValueGreaterThanOrEqualTo(SnapshotSender.MAX_VAIN_CONNECTIONS);
        }
    }

    @Test
    void beginsAnewWhereTheReceiverWasStartedAnew() {
        try (Cluster patient = new Cluster()) {
            TransportNode sender = patient.start("a");
            TransportNode receiver = patient.start("b");
            Cluster.introduce(sender, receiver);
            receiver.ear().snapshotPacedBy(Mono.never());
            Flux<ByteBuffer> content = Flux.range(0, 50).map(i -> ByteBuffer.allocate(Chunk.FULL_BYTES));

            var sent = sender.transport().sendSnapshot("b", SNAPSHOT, content).toFuture();
            receiver.await(
                    "has a first buffer", node -> !node.ear().snapshotBuffers().isEmpty());
            receiver.transport().close().block(Cluster.SOON);
            TransportNode again = patient.start("b", receiver.address());

            assertThat(sent).succeedsWithin(Cluster.SOON);
            assertThat(again.ear().snapshotBuffers()).hasSize(50);
        }
    }

    @Test
    void isFailedForItsReceiverWhenNobodyGoesOnWithIt() {
        hurry();
        Cluster.introduce(a, b);
        Sinks.One<Throwable> failure = Sinks.one();
        b.ear().onSnapshotError(failure::tryEmitValue);
        var sent = a.transport()
                .sendSnapshot(
                        "b",
                        SNAPSHOT,
                        Flux.just(ByteBuffer.allocate(Chunk.FULL_BYTES)).concatWith(Mono.never()))
                .subscribe(null, error -> assertThat(error).isNull());
        b.await("has a first buffer", node -> !node.ear().snapshotBuffers().isEmpty());

        sent.dispose();

        a.transport().close().block(Cluster.SOON);
        StepVerifier.create(failure.asMono())
                .assertNext(error -> assertThat(error)
                        .hasMessage("its connection was lost at chunk 1, and none came to go on for 3000 ms"))
                .expectComplete()
                .verify(Cluster.SOON);
    }

    @Test
    void isFailedForBothSidesAtOnceWhereItsContentCannotBeRead() {
        Cluster.introduce(a, b);
        Sinks.One<Throwable> failure = Sinks.one();
        b.ear().onSnapshotError(failure::tryEmitValue);

        assertThatThrownBy(() -> a.transport()
                        .sendSnapshot(
                                "b",
                                SNAPSHOT,
                                Flux.just(ByteBuffer.allocate(Chunk.FULL_BYTES))
                                        .concatWith(Flux.error(new IllegalStateException("the file is damaged"))))
                        .block(Cluster.SOON))
                .hasMessageContaining("the file is damaged");

        StepVerifier.create(failure.asMono())
                .assertNext(error -> assertThat(error).hasMessageContaining("the file is damaged"))
                .expectComplete()
                .verify(Cluster.SOON);
    }

    @Test
    void arrivesAsItWasEmittedThoughItsBuffersAreLarge() {
        Cluster.introduce(a, b);
        SplittableRandom random = new SplittableRandom(3);
        List<byte[]> buffers = new ArrayList<>();
        for (int size : new int[] {2 << 20, 0, 1, Chunk.FULL_BYTES, Chunk.FULL_BYTES + 1, 700_000}) {
            byte[] buffer = new byte[size];
            random.nextBytes(buffer);
            buffers.add(buffer);
        }

        a.transport()
                .sendSnapshot("b", SNAPSHOT, Flux.fromIterable(buffers).map(ByteBuffer::wrap))
                .block(Cluster.SOON);

        assertThat(b.ear().snapshotBuffers())
                .zipSatisfy(buffers, (heard, emitted) -> assertThat(heard).isEqualTo(emitted));
    }

    @Test
    void travelsInChunksThatAreNumberedAndCheckedAndALargeBufferInPieces() {
        Flux<ByteBuffer> buffers =
                Flux.just(ByteBuffer.allocate(3), ByteBuffer.allocate(0), ByteBuffer.allocate(150_000));

        List<Chunk> chunks = Objects.requireNonNull(
                Chunk.chunks(buffers, 0, 1 << 20).collectList().block(Cluster.SOON));

        assertThat(chunks).extracting(Chunk::number).containsExactly(0L, 1L, 2L, 3L);
        assertThat(chunks).extracting(Chunk::last).containsExactly(false, false, false, true);
        assertThat(chunks.get(0).pieces()).extracting(Chunk.Piece::more).containsExactly(false, false, true);
        assertThat(chunks.get(1).pieces()).extracting(Chunk.Piece::more).containsExactly(true);
        assertThat(chunks.get(2).pieces()).extracting(Chunk.Piece::more).containsExactly(false);
        assertThat(Chunk.chunks(buffers, 2, 1 << 20).collectList().block(Cluster.SOON))
                .isEqualTo(chunks.subList(2, 4));
        assertThat(chunks)
                .allSatisfy(chunk ->
                        assertThat(Chunk.decode(chunk.encode().nioBuffer())).isEqualTo(chunk));
    }

    @Test
    void hasNoChunkTakenThatIsTornOrChanged() {
        byte[] whole = new Chunk(5, false, List.of(new Chunk.Piece(ByteBuffer.allocate(20), false)))
                .encode()
                .array();
        for (int length = 0; length < whole.length; length++) {
            byte[] torn = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> Chunk.decode(ByteBuffer.wrap(torn))).isInstanceOf(HostilePeerException.class);
        }
        for (int bit = 0; bit < whole.length * 8; bit++) {
            byte[] changed = whole.clone();
            changed[bit / 8] ^= (byte) (1 << bit % 8);
            assertThatThrownBy(() -> Chunk.decode(ByteBuffer.wrap(changed))).isInstanceOf(HostilePeerException.class);
        }
    }
}
