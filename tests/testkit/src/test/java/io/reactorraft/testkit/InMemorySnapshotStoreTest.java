package io.reactorraft.testkit;

import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.SnapshotStore;

class InMemorySnapshotStoreTest extends SnapshotStoreContract {
    private final InMemoryDisk disk = new InMemoryDisk();

    @Override
    protected SnapshotStore store() {
        return new InMemorySnapshotStore(disk);
    }

    @Override
    protected void damage(SnapshotStore store, SnapshotMetadata snapshot) {
        ((InMemorySnapshotStore) store).damage(snapshot);
    }
}
