package io.reactorraft.rsocket;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.proto.SnapshotOpening;
import io.reactorraft.proto.SnapshotProgress;
import io.reactorraft.spi.Metric;
import io.rsocket.Payload;
import io.rsocket.exceptions.ApplicationErrorException;
import io.rsocket.exceptions.RejectedException;
import io.rsocket.util.ByteBufPayload;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * Streams snapshots to peers (§7), each on a connection and a thread apart from the messages: on theirs, heartbeats
 * would wait behind bulk and leadership would change hands for it.
 *
 * <p>The receiver asks for a few chunks at a time, as fast as it makes them durable. Where the connection breaks, another
 * one goes on behind the last chunk that the receiver took, for which the content is read anew. Where nothing moves for a
 * while, neither disk nor network nor receiver, the transfer fails, so that Raft hears of it.
 */
final class SnapshotSender {

    private static final int CHECKS_PER_STALL = 4;
    private static final int TRANSFER_ID_BYTES = 16;

    /** Connections in a row over which the receiver took nothing further, before the transfer is given up. */
    static final int MAX_VAIN_CONNECTIONS = 10;

    private final Wiring wiring;
    private final PeerLinks links;
    /** Seeded once, as what is truly random may block: a transfer's id is no secret, it only is another one each time. */
    private final Random random = new Random(new SecureRandom().nextLong());

    private final Map<String, Set<FrameConnection>> connections = new ConcurrentHashMap<>();

    SnapshotSender(Wiring wiring, PeerLinks links) {
        this.wiring = wiring;
        this.links = links;
    }

    Mono<Void> send(String peerId, SnapshotMetadata metadata, Flux<ByteBuffer> content) {
        return Mono.defer(() -> {
                    Transfer transfer = new Transfer(peerId, metadata, content);
                    Mono<Void> attempts = Mono.defer(transfer::attempt).retryWhen(Retry.from(transfer::whenToGoOn));
                    return Mono.firstWithSignal(attempts, transfer.stall());
                })
                .onErrorMap(error -> new IllegalStateException(
                        "the snapshot at index " + metadata.getIndex() + " did not reach '" + peerId + "'"
                                + at(links.find(peerId)) + ": " + error.getMessage(),
                        error))
                .doOnError(error ->
                        wiring.groups().record(Metric.PEER_DROPPED_SNAPSHOTS, metadata.getGroupId(), peerId, 1));
    }

    private static String at(@Nullable PeerLink link) {
        return link == null ? "" : " at " + link.address();
    }

    /** Breaks the transfers to the peer. */
    void cut(String peerId) {
        connections
                .getOrDefault(peerId, Set.of())
                .forEach(connection -> connection.fail(new IllegalStateException("cut off")));
    }

    /** One snapshot to one peer, over as many connections as it takes. */
    private final class Transfer {
        private final String peerId;
        private final Flux<ByteBuffer> content;
        private final SnapshotOpening opening;
        private volatile long lastMoveNanos = System.nanoTime();
        private final Backoff backoff =
                new Backoff(wiring.config().minRedialDelay(), wiring.config().maxRedialDelay(), new SplittableRandom());
        private volatile boolean opened;
        private volatile boolean contentFailed;
        private volatile long takenUpTo = -1;
        private final AtomicInteger inVain = new AtomicInteger();

        Transfer(String peerId, SnapshotMetadata metadata, Flux<ByteBuffer> content) {
            this.peerId = peerId;
            this.content = content.doOnNext(buffer -> moved());
            byte[] id = new byte[TRANSFER_ID_BYTES];
            random.nextBytes(id);
            opening = SnapshotOpening.newBuilder()
                    .setTransferId(ByteString.copyFrom(id))
                    .setMetadata(metadata)
                    .build();
        }

        private void moved() {
            lastMoveNanos = System.nanoTime();
        }

        Mono<Void> attempt() {
            PeerLink link = links.find(peerId);
            String address = link == null ? null : link.address();
            if (address == null || links.isCut(peerId)) {
                return Mono.error(new NoPeerException());
            }
            return wiring.dialler()
                    .dial(address, peerId, Purpose.SNAPSHOTS)
                    .flatMap(session -> open(session)
                            .flatMap(position -> stream(session, position.getNextChunk()))
                            .transform(carried -> register(session.connection(), carried)));
        }

        private Mono<SnapshotProgress> open(Session session) {
            return session.socket()
                    .requestResponse(
                            Route.SNAPSHOT.payload(opening.toByteString().asReadOnlyByteBuffer()))
                    .<SnapshotProgress>handle((payload, sink) -> {
                        try {
                            sink.next(SnapshotProgress.parseFrom(payload.getData()));
                        } catch (InvalidProtocolBufferException e) {
                            sink.error(e);
                        }
                    })
                    .doOnNext(position -> {
                        opened = true;
                        moved();
                        goesOnAt(position.getNextChunk());
                    });
        }

        /** What is read anew and skipped moves, too, and yet gets nowhere where each connection breaks before its end. */
        private void goesOnAt(long position) {
            if (position != takenUpTo) {
                takenUpTo = position;
                inVain.set(0);
                backoff.reset();
            } else {
                inVain.incrementAndGet();
            }
        }

        private Mono<Void> stream(Session session, long from) {
            Flux<Payload> chunks = Chunk.chunks(content, from, wiring.config().maxMessageBytes())
                    .map(chunk -> ByteBufPayload.create(chunk.encode()))
                    .doOnError(error -> contentFailed = true)
                    .doOnRequest(n -> moved())
                    .doOnNext(chunk -> moved());
            return session.socket().requestChannel(chunks).then();
        }

        private Mono<Void> register(FrameConnection connection, Mono<Void> carried) {
            Set<FrameConnection> ofPeer = connections.computeIfAbsent(peerId, id -> ConcurrentHashMap.newKeySet());
            ofPeer.add(connection);
            return carried.doFinally(signal -> {
                        ofPeer.remove(connection);
                        connection.dispose();
                    })
                    .contextWrite(LateErrors::ignored);
        }

        Flux<Long> whenToGoOn(Flux<Retry.RetrySignal> broken) {
            return broken.concatMap(signal -> {
                if (!mayGoOn(signal.failure())) {
                    return Mono.error(signal.failure());
                }
                return inVain.get() < MAX_VAIN_CONNECTIONS
                        ? Mono.delay(
                                Duration.ofMillis(backoff.next(false)),
                                wiring.loops().scheduler())
                        : Mono.error(new IllegalStateException(
                                MAX_VAIN_CONNECTIONS + " connections in a row broke and took it no further than chunk "
                                        + takenUpTo,
                                signal.failure()));
            });
        }

        /** A broken connection is no reason to give up, unless there never was one. */
        private boolean mayGoOn(Throwable error) {
            return opened
                    && !contentFailed
                    && !(error instanceof NoPeerException
                            || error instanceof Handshake.RefusedException
                            || error instanceof ApplicationErrorException
                            || error instanceof RejectedException);
        }

        /** Never completes; fails once nothing has moved for the configured time. */
        Mono<Void> stall() {
            Duration limit = wiring.config().snapshotStallTimeout();
            return Flux.interval(
                            limit.dividedBy(CHECKS_PER_STALL), wiring.loops().scheduler())
                    .<Void>handle((tick, sink) -> {
                        if (System.nanoTime() - lastMoveNanos > limit.toNanos()) {
                            sink.error(new IllegalStateException("nothing moved for " + limit.toMillis() + " ms"));
                        }
                    })
                    .then();
        }
    }

    private static final class NoPeerException extends RuntimeException {
        private static final long serialVersionUID = 1;

        NoPeerException() {
            super("it is no peer, or cut off", null, false, false);
        }
    }
}
