package io.reactorraft.rsocket;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * For how long a peer and we have had no verdict on each other. That is so for as long as one of us reads its log back, and
 * no reason to worry; one that never gets on with it, or starts again and again, must not go unnoticed. Belongs to the
 * control loop.
 */
final class Undecided {

    /** After so many of the longest waits between two calls it is said, once: a minute, unless they are set otherwise. */
    static final int PATIENCE_WAITS = 60;

    private final Duration patience;
    private @Nullable Long sinceNanos;
    private boolean said;

    Undecided(Duration longestWait) {
        patience = longestWait.multipliedBy(PATIENCE_WAITS);
    }

    Duration patience() {
        return patience;
    }

    /** There is still no verdict. Whether it is to be said. */
    boolean isToBeSaid(long nowNanos) {
        if (sinceNanos == null) {
            sinceNanos = nowNanos;
        }
        boolean due = !said && nowNanos - sinceNanos >= patience.toNanos();
        said |= due;
        return due;
    }

    /** There is a verdict. Whether that is to be said, since it was said that there was none. */
    boolean ends() {
        boolean was = said;
        said = false;
        sinceNanos = null;
        return was;
    }
}
