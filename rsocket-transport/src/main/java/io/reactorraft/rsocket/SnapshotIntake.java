package io.reactorraft.rsocket;

import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.Transport.Receiver;
import io.rsocket.Payload;
import io.rsocket.exceptions.ApplicationErrorException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * A snapshot on its way in, which outlives the connections that carry it: where one breaks, the next one goes on behind
 * the last chunk that the group took, and the group notices nothing but a pause.
 *
 * <p>To the group the content is one Flux; here it is a sequence of {@link Part}s, one a connection, of which the next
 * begins only once all of the one before is delivered. So a chunk is counted exactly when it is delivered.
 *
 * <p>Thread-safe. The content signals on the event loops of the connections, or on the thread that asks for more.
 */
final class SnapshotIntake {

    /** Chunks that are asked for ahead; more would only fill the sockets in between. */
    static final int PREFETCH = 16;

    private final SnapshotMetadata metadata;
    private final Wiring wiring;
    private final Sinks.Many<Part> parts = Sinks.many().unicast().onBackpressureBuffer();
    private final Sinks.Empty<Void> stored = Sinks.empty();
    private final List<ByteBuffer> unfinished = new ArrayList<>();
    private int unfinishedBytes;
    private volatile long next;
    private volatile boolean whole;
    private volatile boolean done;
    private volatile @Nullable Disposable storing;
    private @Nullable Part latest;

    SnapshotIntake(SnapshotMetadata metadata, Wiring wiring) {
        this.metadata = metadata;
        this.wiring = wiring;
    }

    /** Has the group store it. Once. */
    void begin(Receiver receiver) {
        Flux<ByteBuffer> content = parts.asFlux().concatMap(Part::buffers, 1);
        storing = Mono.defer(() -> receiver.snapshot(metadata, content)).subscribe(null, this::fail, () -> {
            done = true;
            stored.tryEmitEmpty();
        });
    }

    /** Gives it up; the group gets the error, and so does whoever still waits. */
    synchronized void fail(Throwable reason) {
        done = true;
        stored.tryEmitError(reason);
        Disposable started = storing;
        if (whole && started != null) {
            started.dispose();
        } else {
            parts.tryEmitError(reason);
        }
    }

    /** Whether it is stored or given up. */
    boolean isDone() {
        return done;
    }

    /** A connection wants to carry it from now on, in place of any other. */
    synchronized Part carriedBy(FrameConnection connection) {
        Part former = latest;
        if (former != null) {
            former.end();
        }
        Part part = new Part();
        latest = part;
        connection.onClose().subscribe(null, error -> part.end(), part::end);
        if (whole) {
            part.positioned.tryEmitValue(next);
        } else {
            parts.tryEmitNext(part);
        }
        return part;
    }

    private synchronized void isWhole() {
        whole = true;
        parts.tryEmitComplete();
    }

    private synchronized boolean isLatest(Part part) {
        return latest == part;
    }

    private List<ByteBuffer> take(Payload payload) {
        Chunk chunk = Chunk.decode(payload.getData());
        if (chunk.number() != next) {
            throw refused("chunk " + chunk.number() + " where " + next + " was due");
        }
        if (chunk.last()) {
            if (!unfinished.isEmpty() || !chunk.pieces().isEmpty()) {
                throw refused("an end amid a buffer");
            }
            isWhole();
            return List.of();
        }
        next = chunk.number() + 1;
        List<ByteBuffer> buffers = new ArrayList<>();
        for (Chunk.Piece piece : chunk.pieces()) {
            if (unfinished.isEmpty() && !piece.more()) {
                buffers.add(piece.bytes());
            } else {
                unfinished.add(piece.bytes());
                unfinishedBytes += piece.bytes().remaining();
                if (unfinishedBytes > wiring.config().maxMessageBytes()) {
                    throw refused("a buffer larger than maxMessageBytes="
                            + wiring.config().maxMessageBytes());
                }
                if (!piece.more()) {
                    buffers.add(finished());
                }
            }
        }
        return buffers;
    }

    private ByteBuffer finished() {
        ByteBuffer buffer = ByteBuffer.allocate(unfinishedBytes);
        unfinished.forEach(buffer::put);
        unfinished.clear();
        unfinishedBytes = 0;
        return buffer.flip();
    }

    private static HostilePeerException refused(String what) {
        return new HostilePeerException(HostilePeerException.Kind.PAYLOAD, "sent " + what);
    }

    /** What one connection carries of the snapshot. */
    final class Part {

        private final Sinks.One<Long> positioned = Sinks.one();
        private final Sinks.One<Flux<Payload>> attached = Sinks.one();
        private final Sinks.Empty<Void> ended = Sinks.empty();

        /** The number of the chunk to begin with; known once nothing of an earlier connection is under way. */
        Mono<Long> position() {
            return Mono.firstWithSignal(positioned.asMono(), stored.asMono().then(Mono.fromSupplier(() -> next)));
        }

        /** Takes the chunks; the answer completes, or fails, once the group has stored the snapshot, or has not. */
        Mono<Void> receive(Publisher<Payload> payloads) {
            Flux<Payload> chunks = Flux.from(payloads);
            if (whole || done) {
                return chunks.then(stored.asMono());
            }
            attached.tryEmitValue(chunks);
            return stored.asMono();
        }

        /** This connection carries nothing further. */
        private void end() {
            ended.tryEmitEmpty();
            attached.tryEmitEmpty();
        }

        private Flux<ByteBuffer> buffers() {
            positioned.tryEmitValue(next);
            return attached.asMono()
                    .flatMapMany(chunks -> chunks)
                    .onErrorResume(error -> !(error instanceof ApplicationErrorException), error -> Flux.empty())
                    .takeUntilOther(ended.asMono())
                    .limitRate(PREFETCH)
                    .concatMapIterable(SnapshotIntake.this::take, 1)
                    .doOnComplete(this::giveUpUnlessContinued);
        }

        private void giveUpUnlessContinued() {
            if (whole) {
                return;
            }
            long patience = wiring.config().snapshotStallTimeout().toMillis();
            wiring.loops()
                    .schedule(
                            () -> {
                                if (isLatest(this) && !whole) {
                                    fail(new IllegalStateException("its connection was lost at chunk " + next
                                            + ", and none came to go on for " + patience + " ms"));
                                }
                            },
                            patience);
        }
    }
}
