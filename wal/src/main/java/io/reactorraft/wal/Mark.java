package io.reactorraft.wal;

import io.reactorraft.proto.SnapshotMetadata;
import java.io.IOException;

/** The mark of a snapshot whose bytes are durable: from here on it stands in for the entries it covers (§7). */
final class Mark extends Work {
    private final GroupLog group;
    private final SnapshotMetadata snapshot;
    private boolean logBegins;

    Mark(GroupLog group, SnapshotMetadata snapshot) {
        super(group.waiting());
        this.group = group;
        this.snapshot = snapshot;
    }

    @Override
    Durability write(WalWriter writer) throws IOException {
        group.check(snapshot);
        writer.check(group, snapshot);
        writer.checkRoom(RecordLayout.sizeOf(snapshot.getSerializedSize()), snapshot.getSerializedSize(), true);
        logBegins = group.lacks(snapshot);
        writer.mark(group, snapshot, logBegins);
        return Durability.SYNCED;
    }

    @Override
    void publish(WalWriter writer) {
        group.view().mark(snapshot, logBegins);
    }
}
