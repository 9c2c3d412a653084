package io.reactorraft;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices a subscriber that blocks the thread that signals, and says where it is: it delays every other signal of the node,
 * though nothing else. Loop only.
 */
final class SignalWatchdog {
    private static final Logger LOG = LoggerFactory.getLogger(SignalWatchdog.class);

    /** A subscriber has returned by then, or it blocks. */
    static final Duration LIMIT = Duration.ofSeconds(5);

    private final String name;
    private final SerialQueue signals;
    private long seen;
    private @Nullable Long sinceNanos;
    private boolean warned;

    SignalWatchdog(String name, SerialQueue signals) {
        this.name = name;
        this.signals = signals;
    }

    /** Once a tick: whether a subscriber blocks; warns about it once. */
    boolean look(long nowNanos) {
        long done = signals.done();
        Long since = sinceNanos;
        if (signals.backlog() == 0 || done != seen || since == null) {
            seen = done;
            sinceNanos = nowNanos;
            warned = false;
            return false;
        }
        boolean blocked = nowNanos - since > LIMIT.toNanos();
        if (blocked && !warned) {
            warned = true;
            LOG.warn("{}: a subscriber has blocked the thread that signals for more than {}: {}", name, LIMIT, stack());
        }
        return blocked;
    }

    private String stack() {
        Thread thread = signals.runner();
        StringBuilder stack = new StringBuilder(thread == null ? "(its thread is not known)" : thread.getName());
        if (thread != null) {
            for (StackTraceElement frame : thread.getStackTrace()) {
                stack.append("\n\tat ").append(frame);
            }
        }
        return stack.toString();
    }
}
