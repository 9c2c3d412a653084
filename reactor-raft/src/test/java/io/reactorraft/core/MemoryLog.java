package io.reactorraft.core;

import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A log whose disk is memory. What was written survives the node; what {@link #evictUpTo} names must be read. */
final class MemoryLog implements LogView {

    private final List<Entry> entries = new ArrayList<>();
    private SnapshotMetadata base = SnapshotMetadata.getDefaultInstance();
    private @Nullable SnapshotMetadata offered;
    private HardState hardState = HardState.getDefaultInstance();
    private long evicted;

    HardState hardState() {
        return hardState;
    }

    void hardState(HardState state) {
        hardState = state;
    }

    /** What the log begins with. */
    SnapshotMetadata base() {
        return base;
    }

    /** Entries up to here are on disk alone: the view answers "not now". */
    void evictUpTo(long index) {
        evicted = index;
    }

    void append(List<Entry> appended) {
        if (appended.isEmpty()) {
            return;
        }
        long from = appended.get(0).getIndex();
        if (from > lastIndex() + 1 || from < firstIndex()) {
            throw new AssertionError("append at " + from + " to a log of " + firstIndex() + " to " + lastIndex());
        }
        entries.subList(position(from), entries.size()).clear();
        entries.addAll(appended);
    }

    void install(SnapshotMetadata snapshot) {
        entries.clear();
        base = snapshot;
        offered = snapshot;
    }

    /** Lets go of entries up to {@code index}, in exchange for a snapshot that is offered from now on. */
    void compact(long index, ConfState confState) {
        SnapshotMetadata snapshot = snapshotAt(index, term(index), confState);
        entries.subList(0, position(index + 1)).clear();
        base = snapshot;
        offered = snapshot;
    }

    void offer(@Nullable SnapshotMetadata snapshot) {
        offered = snapshot;
    }

    static SnapshotMetadata snapshotAt(long index, long term, ConfState confState) {
        return SnapshotMetadata.newBuilder()
                .setIndex(index)
                .setTerm(term)
                .setConfState(confState)
                .build();
    }

    /** As the log's own thread would read them. */
    List<Entry> read(long from, long to, long maxBytes) {
        List<Entry> found = new ArrayList<>();
        long bytes = 0;
        for (long index = from; index < to; index++) {
            Entry entry = entries.get(position(index));
            bytes += entry.getSerializedSize();
            if (!found.isEmpty() && maxBytes > 0 && bytes > maxBytes) {
                break;
            }
            found.add(entry);
        }
        return found;
    }

    List<Entry> all() {
        return List.copyOf(entries);
    }

    @Override
    public long firstIndex() {
        return base.getIndex() + 1;
    }

    @Override
    public long lastIndex() {
        return base.getIndex() + entries.size();
    }

    @Override
    public long term(long index) {
        if (index == base.getIndex()) {
            return base.getTerm();
        }
        return index < firstIndex() || index > lastIndex()
                ? UNKNOWN_TERM
                : entries.get(position(index)).getTerm();
    }

    @Override
    public @Nullable List<Entry> entries(long from, long to, long maxBytes) {
        if (from < firstIndex() || from >= to || to > lastIndex() + 1) {
            throw new AssertionError(
                    "asked for [" + from + ", " + to + ") of a log of " + firstIndex() + " to " + lastIndex());
        }
        return from <= evicted ? null : read(from, to, maxBytes);
    }

    @Override
    public @Nullable SnapshotMetadata snapshot() {
        return offered;
    }

    private int position(long index) {
        return (int) (index - base.getIndex() - 1);
    }
}
