package io.reactorraft.wal;

import io.reactorraft.spi.Metric;
import io.reactorraft.spi.RaftMetrics;

/** Reports how long syncs take and how much disk the log takes; under no group, as all groups share them. */
final class SyncTimer {
    private static final String ALL_GROUPS = "";

    private final RaftMetrics metrics;

    SyncTimer(RaftMetrics metrics) {
        this.metrics = metrics;
    }

    void synced(long nanos) {
        metrics.record(Metric.LOG_SYNC_DURATION, ALL_GROUPS, null, nanos);
    }

    void size(long bytes) {
        metrics.record(Metric.LOG_BYTES, ALL_GROUPS, null, bytes);
    }
}
