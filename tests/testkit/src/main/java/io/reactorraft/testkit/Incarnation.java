package io.reactorraft.testkit;

import java.util.concurrent.TimeUnit;

/**
 * One start of one simulated process: it can be killed, stopped for a while, and has a clock of its own that runs a
 * little fast or slow.
 */
final class Incarnation {
    private final VirtualTime time;
    private final long driftPartsPerMillion;
    private final long wallSkewMillis;
    private boolean dead;
    private long stoppedUntilNanos;
    private long stoodStillNanos;

    Incarnation(VirtualTime time, long driftPartsPerMillion, long wallSkewMillis) {
        this.time = time;
        this.driftPartsPerMillion = driftPartsPerMillion;
        this.wallSkewMillis = wallSkewMillis;
    }

    /** Nothing of it happens from now on. */
    void kill() {
        dead = true;
    }

    boolean dead() {
        return dead;
    }

    /** Stops the whole process, as a long collection of garbage does; what is due meanwhile happens afterwards. */
    void pause(long nanos) {
        long before = stoppedForNanos();
        stoppedUntilNanos = Math.max(stoppedUntilNanos, time.now() + nanos);
        stoodStillNanos += stoppedForNanos() - before;
    }

    /** For how long it has stood still since its start, what is still to come included. */
    long stoodStillNanos() {
        return stoodStillNanos;
    }

    /** For how long it stands still yet; 0: it runs. */
    long stoppedForNanos() {
        return Math.max(0, stoppedUntilNanos - time.now());
    }

    /** The monotonic clock of this process. */
    long nanoTime() {
        return time.now() + scaled(time.now());
    }

    long wallMillis() {
        return 1_700_000_000_000L + wallSkewMillis + TimeUnit.NANOSECONDS.toMillis(nanoTime());
    }

    /** How long a delay of this process really takes: a fast clock is early. */
    long realDelay(long delayNanos) {
        return delayNanos - scaled(delayNanos);
    }

    private long scaled(long nanos) {
        return nanos / 1_000_000 * driftPartsPerMillion;
    }
}
