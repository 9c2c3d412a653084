package io.reactorraft.wal;

import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import java.io.IOException;
import java.util.List;

/** Entries and HardState of one group, durable together. */
final class Append extends Work {
    private final GroupLog group;
    private final HardState hardState;
    private final List<Entry> entries;
    private int positioned;
    private boolean changed;

    Append(GroupLog group, HardState hardState, List<Entry> entries) {
        super(group.waiting());
        this.group = group;
        this.hardState = hardState;
        this.entries = entries;
    }

    @Override
    Durability write(WalWriter writer) throws IOException {
        changed = group.changes(hardState);
        boolean mustSync = !entries.isEmpty() || (changed && group.mustSync(hardState));
        check(writer);
        // Before the entries: a log that ends in between then has a term that is too high, never one that is too low.
        if (changed) {
            writer.hardState(group, hardState);
        }
        if (!entries.isEmpty()) {
            positioned = writer.entries(group, entries);
        }
        return mustSync ? Durability.SYNCED : Durability.WRITTEN;
    }

    @Override
    void publish(WalWriter writer) {
        if (changed) {
            group.view().hardState(hardState);
        }
        if (!entries.isEmpty()) {
            group.view().append(entries, writer.positions(), positioned);
            writer.measureCache(group);
        }
    }

    private void check(WalWriter writer) {
        if (!entries.isEmpty()) {
            group.check(entries);
        }
        group.check(hardState, entries);
        boolean mayUseSpare = true;
        int largest = 0;
        long bytes = RecordLayout.sizeOf(hardState.getSerializedSize());
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            int size = entry.getSerializedSize();
            if (!writer.holds(size)) {
                throw writer.tooLarge("entry " + entry.getIndex() + " of group " + group.groupId(), size);
            }
            mayUseSpare &= entry.getType() != EntryType.ENTRY_NORMAL;
            largest = Math.max(largest, size);
            bytes += RecordLayout.sizeOf(size);
        }
        if (group.number() == 0) {
            writer.check(group, SnapshotMetadata.getDefaultInstance());
        }
        if (changed || !entries.isEmpty()) {
            writer.checkRoom(bytes, largest, mayUseSpare);
        }
    }
}
