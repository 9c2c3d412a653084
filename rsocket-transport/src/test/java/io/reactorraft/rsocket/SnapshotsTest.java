package io.reactorraft.rsocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.testkit.TransportNode;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

@DisplayName("A snapshot on its way")
class SnapshotsTest {

    private static final SnapshotMetadata SNAPSHOT = SnapshotMetadata.newBuilder()
            .setGroupId(TransportNode.GROUP)
            .setIndex(42)
            .build();

    private final Cluster cluster = new Cluster(RSocketTransportConfig.defaults()
            .withSnapshotStallTimeout(Duration.ofMillis(400))
            .withMaxMessageBytes(2 << 20));
    private final TransportNode a = cluster.start("a");
    private final TransportNode b = cluster.start("b");

    @AfterEach
    void closeAll() {
        cluster.close();
    }

    @Test
    void isReadOnlyAsFastAsItIsMadeDurableAndMessagesPassItMeanwhile() {
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
                        .hasMessageContaining("nothing moved for 400 ms"))
                .verify(Cluster.SOON);
        assertThat(read.get()).as("buffers read for a receiver that takes one").isLessThan(200);
    }

    @Test
    void doesNotFailWhileAnythingMoves() {
        Cluster.introduce(a, b);
        Flux<ByteBuffer> slow = Flux.range(0, 12)
                .concatMap(i -> Mono.delay(Duration.ofMillis(60)).thenReturn(ByteBuffer.allocate(Chunk.FULL_BYTES)));

        a.transport().sendSnapshot("b", SNAPSHOT, slow).block(Cluster.SOON);

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
    void travelsInChunksOfWholeBuffers() {
        List<ByteBuffer> buffers = List.of(ByteBuffer.allocate(3), ByteBuffer.allocate(0), ByteBuffer.allocate(70_000));

        StepVerifier.create(Chunk.chunks(Flux.fromIterable(buffers).concatWithValues(ByteBuffer.allocate(1)), 1 << 20))
                .expectNext(buffers)
                .expectNext(List.of(ByteBuffer.allocate(1)))
                .expectComplete()
                .verify(Cluster.SOON);
        assertThat(Chunk.decode(Chunk.encode(buffers).nioBuffer())).isEqualTo(buffers);
        for (byte[] torn : List.of(new byte[3], new byte[] {0, 0, 0, 5, 1}, new byte[] {-1, -1, -1, -1})) {
            assertThatThrownBy(() -> Chunk.decode(ByteBuffer.wrap(torn))).isInstanceOf(HostilePeerException.class);
        }
    }
}
