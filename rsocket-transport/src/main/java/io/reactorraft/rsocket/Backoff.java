package io.reactorraft.rsocket;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before a peer is dialled again: doubled with every failure up to a limit, and jittered, so that a
 * group does not dial a member that comes back all at once.
 */
final class Backoff {

    /** One that answers and refuses us is asked less often: somebody has to change something first. */
    static final int REFUSED_FACTOR = 5;

    private static final int MAX_DOUBLINGS = 10;

    private final long minMillis;
    private final long maxMillis;
    private final RandomGenerator random;
    private int failures;

    Backoff(Duration min, Duration max, RandomGenerator random) {
        minMillis = min.toMillis();
        maxMillis = max.toMillis();
        this.random = random;
    }

    /** The next wait in milliseconds, after one more failure. */
    long next(boolean refused) {
        long max = maxMillis * (refused ? REFUSED_FACTOR : 1);
        long delay = Math.min(max, minMillis << Math.min(MAX_DOUBLINGS, failures++));
        return random.nextLong(delay / 2, delay + 1);
    }

    /** Begins again at the shortest wait. */
    void reset() {
        failures = 0;
    }
}
