package io.reactorraft.spi;

import org.jspecify.annotations.Nullable;

/**
 * Where measurements go. One method and an enum, so that a new metric breaks nobody.
 *
 * <p>Called on the loop, log, apply and transport threads: it must be quick, must not block, and must not throw.
 */
@FunctionalInterface
public interface RaftMetrics {

    /** Measures nothing. */
    RaftMetrics NONE = (metric, groupId, peerId, value) -> {};

    /**
     * Records one value.
     *
     * @param peerId the peer it is about, for metrics that have one
     * @param value a count to add, a level to show, or a duration in nanoseconds, as the metric says
     */
    void record(Metric metric, String groupId, @Nullable String peerId, long value);
}
