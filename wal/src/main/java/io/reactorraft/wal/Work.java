package io.reactorraft.wal;

import io.reactorraft.spi.DiskFullException;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Something the log's thread is asked to do, and the promise that it is done.
 *
 * <p>Writes are gathered: all of a batch are written, one sync makes them durable, then each is shown and its promise
 * kept, in order.
 */
abstract class Work {
    private static final Logger log = LoggerFactory.getLogger(Work.class);

    private static final String SUBSCRIBER_THREW = "a subscriber of the log threw";

    private final AtomicInteger waiting;
    private final Sinks.One<Void> promise = Sinks.unsafe().one();

    /** {@code waiting} counts what is taken and not done. */
    Work(AtomicInteger waiting) {
        this.waiting = waiting;
    }

    /** Counts itself, and says how many there are now. */
    final int take() {
        return waiting.incrementAndGet();
    }

    /** Counts itself no more. */
    final void leave() {
        waiting.decrementAndGet();
    }

    /** Signals once the work is done, on the log's thread; many may subscribe, at any time. */
    final Mono<Void> done() {
        return promise.asMono();
    }

    /**
     * Writes, or does what is not a write.
     *
     * @return what it needs before its promise is kept
     * @throws IllegalArgumentException where it is refused; nothing was written then
     * @throws DiskFullException where it is refused for now; nothing was written then
     */
    abstract Durability write(WalWriter writer) throws IOException;

    /** Shows what is done now. */
    abstract void publish(WalWriter writer);

    /** Whether all that came before must be done first. */
    boolean isBarrier() {
        return false;
    }

    /** Keeps the promise. An error of the one who is told is not ours to stop for. */
    final void complete() {
        try {
            promise.tryEmitEmpty();
        } catch (Throwable thrown) {
            log.error(SUBSCRIBER_THREW, thrown);
        }
    }

    /** Breaks the promise, unless it was kept. */
    final void fail(Throwable error) {
        try {
            promise.tryEmitError(error);
        } catch (Throwable thrown) {
            log.error(SUBSCRIBER_THREW, thrown);
        }
    }

    /** What work needs from the batch it is in. */
    enum Durability {
        /** Durable with the batch: one sync for all. */
        SYNCED,
        /** Written with the batch, and durable with a later one. */
        WRITTEN
    }
}
