package io.reactorraft.torture;

import java.io.PrintWriter;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A line a minute. Used on one thread. */
final class Progress {
    private static final long EVERY = TimeUnit.MINUTES.toNanos(1);

    private final PrintWriter out;
    private final long begun = System.nanoTime();
    private long told = begun;

    Progress(PrintWriter out) {
        this.out = out;
    }

    /** Says how it goes, where it is time to. */
    void tell(Supplier<String> story) {
        long now = System.nanoTime();
        if (now - told >= EVERY) {
            told = now;
            say(TimeUnit.NANOSECONDS.toMinutes(now - begun) + " min: " + story.get());
        }
    }

    /** Says something now. */
    void say(String line) {
        out.println(line);
        out.flush();
    }

    double minutes() {
        return (System.nanoTime() - begun) / (double) EVERY;
    }
}
