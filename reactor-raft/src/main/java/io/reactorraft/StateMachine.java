package io.reactorraft;

import java.nio.ByteBuffer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What the group replicates: the same commands in the same order make the same state everywhere.
 *
 * <p>All methods but the codecs' run on one thread, the node's apply thread, so plain fields are safe; use {@link
 * RaftNode#read} to look at them. It may block. It must be deterministic: no clock ({@link Committed#time} is given),
 * no randomness, nothing that differs between nodes.
 *
 * @param <C> commands
 * @param <R> results
 */
public interface StateMachine<C, R> {

    /** Encodes on the caller's thread; {@link #apply} gets the <em>decoded</em> command, at the proposer too. */
    Codec<C> commandCodec();

    /** For results that cross nodes, and those that sessions keep. */
    Codec<R> resultCodec();

    /**
     * Applies one command.
     *
     * @throws RaftException.Rejected before anything was changed: the proposer is told, alike on every replica. Any
     *     other exception is not deterministic: it halts this node's applier
     */
    R apply(Committed<C> entry);

    /**
     * The whole state. Capture it before returning: the Flux is subscribed in the background while {@link #apply} goes
     * on.
     *
     * <p>Buffers of 16 to 256 KiB serve best: each is copied on its way to disk and peers, and where a copy takes half a
     * region of G1 or more, it has the collector start over and over.
     */
    Flux<ByteBuffer> snapshot();

    /** Discards the state and loads this one; buffers arrive as {@link #snapshot} emitted them. */
    Mono<Void> restore(Flux<ByteBuffer> snapshot);

    /** The highest version of the rules this code knows; an entry of the log switches {@link Committed#version}. */
    default int version() {
        return 1;
    }
}
