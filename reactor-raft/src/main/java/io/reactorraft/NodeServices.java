package io.reactorraft;

import io.reactorraft.spi.LogStore;
import io.reactorraft.spi.RaftMetrics;
import io.reactorraft.spi.SnapshotStore;
import io.reactorraft.spi.Tracing;
import io.reactorraft.spi.Transport;

/**
 * What a node works with.
 *
 * @param ownsTransport whether this node closes the transport: who made an instance closes it
 * @param ownsLog the same of the log
 * @param ownsSnapshots the same of the snapshots
 */
record NodeServices(
        Transport transport,
        boolean ownsTransport,
        LogStore log,
        boolean ownsLog,
        SnapshotStore snapshots,
        boolean ownsSnapshots,
        RaftMetrics metrics,
        Tracing tracing) {

    NodeServices {
        tracing = SafeTracing.of(tracing);
    }

    /** Followed by nobody. */
    NodeServices(
            Transport transport,
            boolean ownsTransport,
            LogStore log,
            boolean ownsLog,
            SnapshotStore snapshots,
            boolean ownsSnapshots,
            RaftMetrics metrics) {
        this(transport, ownsTransport, log, ownsLog, snapshots, ownsSnapshots, metrics, Tracing.NONE);
    }
}
