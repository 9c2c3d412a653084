package io.reactorraft.wal;

import io.reactorraft.spi.LogStore;
import io.reactorraft.spi.SnapshotStore;

/** Stores that acknowledge what is not durable. No setting of the product leads here. */
public final class UnsyncedStores {
    private UnsyncedStores() {}

    /** A log whose syncs of segments do nothing. */
    public static LogStore log(WalConfig config) {
        return new ChronicleLogStore(config, channel -> {});
    }

    /** Snapshots that get their names before their content is durable. */
    public static SnapshotStore snapshots() {
        return new FileSnapshotStore(SnapshotConfig.defaults(), channel -> {});
    }
}
