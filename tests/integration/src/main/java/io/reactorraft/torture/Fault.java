package io.reactorraft.torture;

import io.reactorraft.spi.LogStore;
import io.reactorraft.spi.SnapshotStore;
import io.reactorraft.wal.ChronicleLogStore;
import io.reactorraft.wal.FileSnapshotStore;
import io.reactorraft.wal.UnsyncedStores;

/** What the tortured process does wrong on purpose, so that the harness is seen to see it. */
enum Fault {
    /** The product as it is. */
    NONE,
    /** The log acknowledges without a sync. */
    LOG_UNSYNCED,
    /** A snapshot is renamed without a sync before. */
    SNAPSHOT_UNSYNCED;

    LogStore log() {
        return this == LOG_UNSYNCED ? UnsyncedStores.log(Stores.SIZES) : new ChronicleLogStore(Stores.SIZES);
    }

    SnapshotStore snapshots() {
        return this == SNAPSHOT_UNSYNCED ? UnsyncedStores.snapshots() : new FileSnapshotStore();
    }
}
