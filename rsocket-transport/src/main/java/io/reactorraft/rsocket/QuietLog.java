package io.reactorraft.rsocket;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;

/**
 * Logs what others can cause without end: the first of a kind at once, then at most once a minute, with a count of what
 * was passed over. Thread-safe.
 */
final class QuietLog {

    /** Kinds that are told apart; whatever comes beyond shares one. */
    static final int MAX_KINDS = 256;

    private static final long PAUSE_NANOS = Duration.ofMinutes(1).toNanos();

    private final Logger log;
    private final LongSupplier nanoTime;
    private final Map<String, Kind> kinds = new ConcurrentHashMap<>();

    QuietLog(Logger log, LongSupplier nanoTime) {
        this.log = log;
        this.nanoTime = nanoTime;
    }

    void warn(String kind, String message) {
        Kind seen = kinds.computeIfAbsent(
                kinds.size() < MAX_KINDS || kinds.containsKey(kind) ? kind : "others",
                name -> new Kind(nanoTime.getAsLong()));
        long passedOver = seen.passedOver.getAndIncrement();
        long next = seen.next.get();
        long now = nanoTime.getAsLong();
        if (now - next >= 0 && seen.next.compareAndSet(next, now + PAUSE_NANOS)) {
            seen.passedOver.set(0);
            log.warn("{}{}", message, passedOver == 0 ? "" : " (and " + passedOver + " like it before)");
        }
    }

    /** Forgets the kind: the next of it is logged at once. */
    void forget(String kind) {
        kinds.remove(kind);
    }

    private static final class Kind {
        final AtomicLong next;
        final AtomicLong passedOver = new AtomicLong();

        Kind(long now) {
            next = new AtomicLong(now);
        }
    }
}
