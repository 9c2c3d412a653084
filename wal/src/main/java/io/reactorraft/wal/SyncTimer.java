package io.reactorraft.wal;

import io.reactorraft.spi.Metric;
import io.reactorraft.spi.RaftMetrics;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reports how long syncs and reading back take, and how much disk the log takes; under no group, as all groups share them. */
final class SyncTimer {
    private static final Logger log = LoggerFactory.getLogger(SyncTimer.class);
    private static final String ALL_GROUPS = "";

    private final RaftMetrics metrics;
    private final long slowNanos;
    private long bytes;

    /** {@code slowSync}: from when on a sync is warned about. */
    SyncTimer(RaftMetrics metrics, Duration slowSync) {
        this.metrics = metrics;
        this.slowNanos = slowSync.toNanos();
    }

    void synced(long nanos, int cycle) {
        if (nanos > slowNanos) {
            log.warn(
                    "a sync of segment {} took {} ms, and more than {} ms (slowSync) are slow: is the disk overloaded?",
                    SegmentName.of(cycle),
                    TimeUnit.NANOSECONDS.toMillis(nanos),
                    TimeUnit.NANOSECONDS.toMillis(slowNanos));
        }
        metrics.record(Metric.LOG_SYNC_DURATION, ALL_GROUPS, null, nanos);
    }

    /** The log was read back. */
    void readBack(long nanos) {
        metrics.record(Metric.LOG_READ_BACK_DURATION, ALL_GROUPS, null, nanos);
    }

    /** What the log takes on disk now; reported where it changed. */
    void size(long now) {
        if (now != bytes) {
            bytes = now;
            metrics.record(Metric.LOG_BYTES, ALL_GROUPS, null, bytes);
        }
    }

    /** What the newest entries of a group take in memory. */
    void cached(String group, long inMemory) {
        metrics.record(Metric.LOG_CACHE_BYTES, group, null, inMemory);
    }
}
