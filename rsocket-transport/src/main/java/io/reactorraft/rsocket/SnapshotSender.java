package io.reactorraft.rsocket;

import io.reactorraft.proto.SnapshotMetadata;
import io.rsocket.Payload;
import io.rsocket.util.ByteBufPayload;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Streams snapshots to peers (§7), each on a connection and a thread apart from the messages: on theirs, heartbeats
 * would wait behind bulk and leadership would change hands for it.
 *
 * <p>The receiver asks for a few chunks at a time, as fast as it makes them durable. Where nothing moves for a while,
 * neither disk nor network nor receiver, the transfer fails, so that Raft hears of it.
 */
final class SnapshotSender {

    private static final int CHECKS_PER_STALL = 4;

    private final Wiring wiring;
    private final PeerLinks links;
    private final Map<String, Set<FrameConnection>> transfers = new ConcurrentHashMap<>();

    SnapshotSender(Wiring wiring, PeerLinks links) {
        this.wiring = wiring;
        this.links = links;
    }

    Mono<Void> send(String peerId, SnapshotMetadata metadata, Flux<ByteBuffer> content) {
        PeerLink link = links.find(peerId);
        String address = link == null ? null : link.address();
        if (address == null || links.isCut(peerId)) {
            return Mono.error(new IllegalStateException("no snapshot can be sent to '" + peerId + "': it is no peer"));
        }
        return wiring.dialler()
                .dial(address, peerId, Purpose.SNAPSHOTS)
                .flatMap(session -> transfer(session, peerId, metadata, content))
                .onErrorMap(error -> new IllegalStateException(
                        "the snapshot at index " + metadata.getIndex() + " did not reach '" + peerId + "' at " + address
                                + ": " + error.getMessage(),
                        error));
    }

    private Mono<Void> transfer(Session session, String peerId, SnapshotMetadata metadata, Flux<ByteBuffer> content) {
        FrameConnection connection = session.connection();
        Set<FrameConnection> ofPeer = transfers.computeIfAbsent(peerId, id -> ConcurrentHashMap.newKeySet());
        ofPeer.add(connection);
        AtomicLong lastMove = new AtomicLong(System.nanoTime());
        Flux<Payload> chunks = Chunk.chunks(content, wiring.config().maxMessageBytes())
                .map(Chunk::encode)
                .startWith(io.netty.buffer.Unpooled.wrappedBuffer(metadata.toByteArray()))
                .map(ByteBufPayload::create)
                .doOnRequest(n -> lastMove.set(System.nanoTime()))
                .doOnNext(chunk -> lastMove.set(System.nanoTime()));
        return Mono.firstWithSignal(session.socket().requestChannel(chunks).then(), stall(lastMove))
                .doFinally(signal -> {
                    ofPeer.remove(connection);
                    connection.dispose();
                })
                .contextWrite(LateErrors::ignored);
    }

    /** Never completes; fails once nothing has moved for the configured time. */
    private Mono<Void> stall(AtomicLong lastMove) {
        Duration limit = wiring.config().snapshotStallTimeout();
        return Flux.interval(limit.dividedBy(CHECKS_PER_STALL), wiring.loops().scheduler())
                .<Void>handle((tick, sink) -> {
                    if (System.nanoTime() - lastMove.get() > limit.toNanos()) {
                        sink.error(new IllegalStateException("nothing moved for " + limit.toMillis() + " ms"));
                    }
                })
                .then();
    }

    /** Breaks the transfers to the peer. */
    void cut(String peerId) {
        transfers
                .getOrDefault(peerId, Set.of())
                .forEach(connection -> connection.fail(new IllegalStateException("cut off")));
    }
}
