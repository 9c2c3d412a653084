package io.reactorraft.wal;

import io.reactorraft.spi.Metric;
import io.reactorraft.spi.RaftMetrics;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reports how long syncs take and how much disk the log takes; under no group, as all groups share them. */
final class SyncTimer {
    private static final Logger log = LoggerFactory.getLogger(SyncTimer.class);
    private static final String ALL_GROUPS = "";

    /** A sync that takes longer is worth a warning: elections are not far. */
    private static final long SLOW_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final RaftMetrics metrics;

    SyncTimer(RaftMetrics metrics) {
        this.metrics = metrics;
    }

    void synced(long nanos, int cycle) {
        if (nanos > SLOW_NANOS) {
            log.warn("a sync of segment {} took {} ms", SegmentName.of(cycle), TimeUnit.NANOSECONDS.toMillis(nanos));
        }
        metrics.record(Metric.LOG_SYNC_DURATION, ALL_GROUPS, null, nanos);
    }

    void size(long bytes) {
        metrics.record(Metric.LOG_BYTES, ALL_GROUPS, null, bytes);
    }
}
