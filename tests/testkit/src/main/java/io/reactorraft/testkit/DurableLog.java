package io.reactorraft.testkit;

import io.reactorraft.core.LogView;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What of one group's log has reached a simulated disk, and which of it is in memory too. */
final class DurableLog implements LogView {
    private final ArrayList<Entry> entries = new ArrayList<>();
    private long baseIndex;
    private long baseTerm;
    private HardState hardState = HardState.getDefaultInstance();
    private SnapshotMetadata mark = SnapshotMetadata.getDefaultInstance();
    private long inMemoryFrom = 1;

    DurableLog() {}

    /** A copy that later writes to the original leave alone. */
    DurableLog copy() {
        DurableLog copy = new DurableLog();
        copy.entries.addAll(entries);
        copy.baseIndex = baseIndex;
        copy.baseTerm = baseTerm;
        copy.hardState = hardState;
        copy.mark = mark;
        copy.inMemoryFrom = inMemoryFrom;
        return copy;
    }

    HardState hardState() {
        return hardState;
    }

    SnapshotMetadata mark() {
        return mark;
    }

    void persist(HardState state) {
        if (!state.equals(HardState.getDefaultInstance())) {
            hardState = state;
        }
    }

    /** A commit index that was not synced goes back; it can be found again. */
    void loseCommit(long syncedCommit) {
        long commit = Math.max(syncedCommit, mark.getIndex());
        if (hardState.getCommit() > commit) {
            hardState = hardState.toBuilder().setCommit(commit).build();
        }
    }

    void append(List<Entry> appended) {
        if (appended.isEmpty()) {
            return;
        }
        long from = appended.get(0).getIndex();
        if (from <= baseIndex || from > lastIndex() + 1) {
            throw new IllegalStateException("append at index " + from + " to a log of " + firstIndex() + " to "
                    + lastIndex() + ": a log has no gaps, and what was compacted stays so");
        }
        entries.subList((int) (from - firstIndex()), entries.size()).clear();
        entries.addAll(appended);
    }

    /** A snapshot was installed: entries that do not match it are gone. */
    void install(SnapshotMetadata snapshot) {
        mark = snapshot;
        if (term(snapshot.getIndex()) == snapshot.getTerm()) {
            compact(snapshot.getIndex());
        } else {
            entries.clear();
            baseIndex = snapshot.getIndex();
            baseTerm = snapshot.getTerm();
        }
        if (hardState.getCommit() < snapshot.getIndex()) {
            hardState = hardState.toBuilder().setCommit(snapshot.getIndex()).build();
        }
    }

    /** This node made a snapshot of its own; the log stays as it is. */
    void keep(SnapshotMetadata snapshot) {
        if (snapshot.getIndex() > mark.getIndex()) {
            mark = snapshot;
        }
    }

    void compact(long upTo) {
        long end = Math.min(upTo, lastIndex());
        if (end > baseIndex) {
            baseTerm = term(end);
            entries.subList(0, (int) (end - baseIndex)).clear();
            baseIndex = end;
        }
    }

    /** From now on entries below {@code index} have to be read. */
    void forgetBelow(long index) {
        inMemoryFrom = index;
    }

    @Override
    public long firstIndex() {
        return baseIndex + 1;
    }

    @Override
    public long lastIndex() {
        return baseIndex + entries.size();
    }

    @Override
    public long term(long index) {
        if (index == baseIndex) {
            return baseTerm;
        }
        return index < baseIndex || index > lastIndex()
                ? UNKNOWN_TERM
                : entry(index).getTerm();
    }

    Entry entry(long index) {
        return entries.get((int) (index - firstIndex()));
    }

    @Override
    public @Nullable List<Entry> entries(long from, long to, long maxBytes) {
        return from < inMemoryFrom ? null : read(from, to, maxBytes);
    }

    /** As {@link #entries}, from wherever they lie. */
    List<Entry> read(long from, long to, long maxBytes) {
        if (from < firstIndex()) {
            throw new IndexOutOfBoundsException("entry " + from + " was compacted; the log begins at " + firstIndex());
        }
        List<Entry> found = new ArrayList<>();
        long bytes = 0;
        for (long index = from; index < Math.min(to, lastIndex() + 1); index++) {
            Entry entry = entry(index);
            bytes += entry.getSerializedSize();
            if (!found.isEmpty() && maxBytes > 0 && bytes > maxBytes) {
                break;
            }
            found.add(entry);
        }
        return found;
    }

    @Override
    public @Nullable SnapshotMetadata snapshot() {
        return mark.getIndex() == 0 ? null : mark;
    }
}
