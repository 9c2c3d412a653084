package io.reactorraft.server.http;

import io.reactorraft.server.api.Problem;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many bytes of bodies may be in memory at once, over all connections: many clients that send or read slowly must not
 * fill it. Safe on any thread.
 */
final class ByteBudget {

    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final long maxBytes;
    private final AtomicLong taken = new AtomicLong();

    ByteBudget(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** One request's part of the budget, to be closed when the request ends, however it ends. */
    Share share() {
        return new Share();
    }

    long taken() {
        return taken.get();
    }

    /** Owned by one request. */
    final class Share implements AutoCloseable {
        private long mine;
        private boolean closed;

        /** Takes more, or fails as overloaded and takes nothing. Once closed it takes nothing, in silence. */
        synchronized void take(long bytes) {
            if (closed) {
                return;
            }
            if (taken.addAndGet(bytes) > maxBytes) {
                taken.addAndGet(-bytes);
                throw Problem.overloaded("bodies of " + maxBytes + " bytes are in memory already", RETRY_AFTER);
            }
            mine += bytes;
        }

        @Override
        public synchronized void close() {
            closed = true;
            taken.addAndGet(-mine);
            mine = 0;
        }
    }
}
