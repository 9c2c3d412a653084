package io.reactorraft.torture;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The first thing that was found not to hold, by whichever thread. Thread-safe. */
final class Finding {
    private final AtomicReference<@Nullable ViolationException> first = new AtomicReference<>();

    void report(ViolationException violation) {
        first.compareAndSet(null, violation);
    }

    boolean isMade() {
        return first.get() != null;
    }

    void throwIfMade() {
        ViolationException violation = first.get();
        if (violation != null) {
            throw violation;
        }
    }
}
