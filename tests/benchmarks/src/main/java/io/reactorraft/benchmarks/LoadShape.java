package io.reactorraft.benchmarks;

import java.time.Duration;

/**
 * What every level of a run has in common.
 *
 * @param warm load at 64 in flight before a cluster's first level
 * @param settle load at the level's own concurrency before the window
 * @param window what is measured
 */
record LoadShape(Operation operation, Duration warm, Duration settle, Duration window) {

    /** Proposals in flight while a cluster warms up. */
    static final int WARM_IN_FLIGHT = 64;

    /** What reads find: written before they begin. */
    static final Duration WRITES_BEFORE_READS = Duration.ofSeconds(2);

    static String seconds(Duration duration) {
        return Double.toString(duration.toNanos() / 1e9);
    }
}
