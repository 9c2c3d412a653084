package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.Transport;
import io.reactorraft.spi.Transport.NotSentException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** What every {@link Transport} owes those who ask for something and wait for it: requests and snapshots. */
abstract class TransportExchangesContract extends TransportScenery {

    private static final SnapshotMetadata SNAPSHOT = SnapshotMetadata.newBuilder()
            .setGroupId(GROUP)
            .setIndex(42)
            .setTerm(3)
            .build();

    @Test
    void aRequestIsAnsweredByAPeerAndByAStranger() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        TransportNode stranger = start("stranger");
        introduce(a, b);
        b.ear().answering(body -> Mono.just(bytes("b heard " + text(body))));
        stranger.ear().answering(body -> Mono.just(bytes("stranger heard " + text(body))));

        assertThat(text(a.request(b.address(), "one"))).isEqualTo("b heard one");
        assertThat(text(a.request(stranger.address(), "two"))).isEqualTo("stranger heard two");
        assertThat(text(a.request(b.address(), ""))).isEqualTo("b heard ");
    }

    @Test
    void aRequestToNobodyWasNotSent() {
        TransportNode a = start("a");
        TransportNode gone = start("gone");
        gone.transport().close().block(SOON);

        assertThatThrownBy(() -> a.request(gone.address(), "anybody?")).isInstanceOf(NotSentException.class);
    }

    @Test
    void aRequestToAGroupThatIsNotThereWasNotSent() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        introduce(a, b);

        assertThatThrownBy(() -> a.transport()
                        .request("unknown", b.address(), bytes("anybody?"))
                        .block(SOON))
                .isInstanceOf(NotSentException.class)
                .hasMessageContaining("unknown");
    }

    @Test
    void aRequestWhoseAnswerFailedMayHaveBeenCarriedOut() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        introduce(a, b);
        b.ear().answering(body -> Mono.error(new IllegalStateException("no such key")));

        assertThatThrownBy(() -> a.request(b.address(), "get"))
                .isNotInstanceOf(NotSentException.class)
                .hasMessageContaining("no such key");
    }

    @Test
    void aRequestWhosePeerDiesMayHaveBeenCarriedOut() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        introduce(a, b);
        CountDownLatch asked = new CountDownLatch(1);
        b.ear().answering(body -> {
            asked.countDown();
            return Mono.never();
        });

        var answer = a.transport()
                .request(GROUP, b.address(), bytes("are you there?"))
                .toFuture();
        await(asked);
        b.transport().close().block(SOON);

        assertThat(answer).failsWithin(SOON).withThrowableThat().havingCause().isNotInstanceOf(NotSentException.class);
    }

    @Test
    void aSnapshotArrivesBufferByBufferAndIsSentOnceItIsDurable() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        introduce(a, b);
        Sinks.Empty<Void> durable = Sinks.empty();
        b.ear().snapshotDurableAfter(durable.asMono());
        List<byte[]> buffers = snapshotBuffers();

        var sent = a.transport()
                .sendSnapshot("b", SNAPSHOT, Flux.fromIterable(buffers).map(ByteBuffer::wrap))
                .toFuture();
        b.await("has the whole snapshot", node -> node.ear().snapshotBuffers().size() == buffers.size());
        assertThat(sent).isNotDone();
        durable.tryEmitEmpty();

        assertThat(sent).succeedsWithin(SOON);
        assertThat(b.ear().snapshotBuffers())
                .zipSatisfy(buffers, (heard, emitted) -> assertThat(heard).isEqualTo(emitted));
    }

    @Test
    void aSnapshotThatTheReceiverCannotStoreFailsForItsSender() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        introduce(a, b);
        b.ear().snapshotDurableAfter(Mono.error(new IllegalStateException("the disk is full")));

        assertThatThrownBy(() -> a.transport()
                        .sendSnapshot("b", SNAPSHOT, Flux.just(ByteBuffer.allocate(1)))
                        .block(SOON))
                .hasMessageContaining("the disk is full");
    }

    @Test
    void aSnapshotThatCannotBeReadFailsForItsSenderAndIsNotTakenForWhole() {
        TransportNode a = start("a");
        TransportNode b = start("b");
        introduce(a, b);

        assertThatThrownBy(() -> a.transport()
                        .sendSnapshot(
                                "b",
                                SNAPSHOT,
                                Flux.just(ByteBuffer.allocate(1)).concatWith(Flux.error(new IOException("damaged"))))
                        .block(SOON))
                .hasMessageContaining("damaged");
        a.send(b, 1);
        b.awaitHeard(1);
    }

    @Test
    void aSnapshotToNobodyFails() {
        TransportNode a = start("a");
        TransportNode gone = start("gone");
        gone.transport().close().block(SOON);
        a.peers(a, gone);

        for (String peerId : List.of("gone", "unknown")) {
            assertThatThrownBy(() -> a.transport()
                            .sendSnapshot(peerId, SNAPSHOT, Flux.just(ByteBuffer.allocate(1)))
                            .block(SOON))
                    .hasMessageContaining("'" + peerId + "'");
        }
    }

    /** Empty, tiny, middling and large ones, some 6 MiB in all. */
    private static List<byte[]> snapshotBuffers() {
        SplittableRandom random = new SplittableRandom(5);
        List<byte[]> buffers = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            byte[] buffer = new byte[i % 1_000 == 999 ? 1 << 20 : i % 100 == 0 ? 40_000 : random.nextInt(1_000)];
            random.nextBytes(buffer);
            buffers.add(buffer);
        }
        return buffers;
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }
}
