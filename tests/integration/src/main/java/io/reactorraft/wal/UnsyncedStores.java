package io.reactorraft.wal;

import io.reactorraft.spi.LogStore;

/** Stores that acknowledge what is not durable. No setting of the product leads here. */
public final class UnsyncedStores {
    private UnsyncedStores() {}

    /** A log whose syncs of segments do nothing. */
    public static LogStore log(WalConfig config) {
        return new ChronicleLogStore(config, channel -> {});
    }
}
