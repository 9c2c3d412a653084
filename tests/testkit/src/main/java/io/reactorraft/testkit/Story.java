package io.reactorraft.testkit;

import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What happened in a simulation: counted, summed up in one number that two runs of a seed must share, told line by line
 * where somebody listens, and the first violation, which ends it.
 */
final class Story {
    private final VirtualTime time;
    private final @Nullable Consumer<String> listener;
    private final Map<Happening, Long> counts = new EnumMap<>(Happening.class);
    private @Nullable String violation;
    private long digest = 1;

    Story(VirtualTime time, @Nullable Consumer<String> listener) {
        this.time = time;
        this.listener = listener;
    }

    /** Something happened to {@code who}; {@code a} and {@code b} are what tells it from similar things. */
    void tell(String who, long a, long b, Supplier<String> text) {
        digest = (digest * 31 + time.now()) * 31 + who.hashCode();
        digest = (digest * 31 + a) * 0x9E3779B97F4A7C15L + b;
        if (listener != null) {
            listener.accept(instant() + " " + who + " " + text.get());
        }
    }

    void count(Happening happening) {
        counts.merge(happening, 1L, Long::sum);
    }

    /** Something that must never happen did. The first one counts. */
    void violation(String what) {
        if (violation == null) {
            violation = instant() + " " + what;
            if (listener != null) {
                listener.accept(instant() + " VIOLATION " + what);
            }
        }
    }

    @Nullable
    String violation() {
        return violation;
    }

    long digest() {
        return digest;
    }

    Map<Happening, Long> counts() {
        return Collections.unmodifiableMap(counts);
    }

    private String instant() {
        Duration now = Duration.ofNanos(time.now());
        long micros = now.toNanosPart() / 1000;
        String fraction = Long.toString(1_000_000 + micros).substring(1);
        return "[" + now.toSeconds() + "." + fraction + "]";
    }
}
