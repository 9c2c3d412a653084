package io.reactorraft.testkit;

import io.reactorraft.core.LogView;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The log of one group in memory: the plainest thing that does what {@link io.reactorraft.spi.LogStore} says.
 *
 * <p>Every method holds the lock of this object, so that a loop may look while a store writes.
 */
final class InMemoryLog implements LogView {
    private final List<Entry> entries = new ArrayList<>();
    private long base;
    private long baseTerm;
    private HardState hardState = HardState.getDefaultInstance();
    private HardState synced = HardState.getDefaultInstance();
    private SnapshotMetadata mark = SnapshotMetadata.getDefaultInstance();

    @Override
    public synchronized long firstIndex() {
        return base + 1;
    }

    @Override
    public synchronized long lastIndex() {
        return base + entries.size();
    }

    @Override
    public synchronized long term(long index) {
        if (index == base) {
            return baseTerm;
        }
        return index < base || index > lastIndex() ? UNKNOWN_TERM : at(index).getTerm();
    }

    @Override
    public synchronized List<Entry> entries(long from, long to, long maxBytes) {
        List<Entry> found = new ArrayList<>();
        long bytes = 0;
        for (long index = from; index < to; index++) {
            Entry entry = at(index);
            bytes += entry.getSerializedSize();
            if (maxBytes > 0 && bytes > maxBytes && !found.isEmpty()) {
                break;
            }
            found.add(entry);
        }
        return found;
    }

    @Override
    public synchronized @Nullable SnapshotMetadata snapshot() {
        return mark.getIndex() == 0 ? null : mark;
    }

    synchronized HardState hardState() {
        return hardState;
    }

    synchronized SnapshotMetadata mark() {
        return mark;
    }

    /** The entries asked for, or an error where the log does not hold them. */
    synchronized List<Entry> read(long from, long to, long maxBytes) {
        if (from <= base || to > lastIndex() + 1) {
            throw new IndexOutOfBoundsException("entries " + from + " to " + (to - 1)
                    + " were asked for, and the log holds " + firstIndex() + " to " + lastIndex());
        }
        return entries(from, to, maxBytes);
    }

    synchronized void append(HardState next, List<Entry> appended) {
        check(appended);
        long end = appended.isEmpty()
                ? lastIndex()
                : appended.get(appended.size() - 1).getIndex();
        if (next.getCommit() > end) {
            throw new IllegalArgumentException(
                    "a commit index of " + next.getCommit() + " runs ahead of the log, which ends at " + end);
        }
        if (!appended.isEmpty()) {
            keepUpTo(appended.get(0).getIndex() - 1);
            entries.addAll(appended);
        }
        if (!next.equals(HardState.getDefaultInstance())) {
            boolean commitAlone = appended.isEmpty()
                    && next.getTerm() == hardState.getTerm()
                    && next.getVote().equals(hardState.getVote());
            hardState = next;
            synced = commitAlone ? synced : next;
        }
    }

    synchronized void mark(SnapshotMetadata snapshot) {
        if (snapshot.getIndex() < 1 || snapshot.getIndex() < mark.getIndex()) {
            throw new IllegalArgumentException(
                    "a snapshot at " + snapshot.getIndex() + " cannot be marked behind " + mark.getIndex());
        }
        mark = snapshot;
        if (term(snapshot.getIndex()) != snapshot.getTerm()) {
            entries.clear();
            base = snapshot.getIndex();
            baseTerm = snapshot.getTerm();
        }
    }

    synchronized void compact(long upTo) {
        long to = Math.min(Math.min(upTo, mark.getIndex()), lastIndex());
        if (to > base) {
            long term = term(to);
            entries.subList(0, (int) (to - base)).clear();
            base = to;
            baseTerm = term;
        }
    }

    /** What was written is durable. */
    synchronized void sync() {
        synced = hardState;
    }

    /** What was never synced is gone. */
    synchronized void losePower() {
        hardState = synced;
    }

    private void check(List<Entry> appended) {
        if (appended.isEmpty()) {
            return;
        }
        long expected = appended.get(0).getIndex();
        if (expected <= base || expected > lastIndex() + 1) {
            throw new IllegalArgumentException(
                    "entries from " + expected + " do not connect to the log " + firstIndex() + " to " + lastIndex());
        }
        for (Entry entry : appended) {
            if (entry.getIndex() != expected) {
                throw new IllegalArgumentException(
                        "entry " + entry.getIndex() + " stands where " + expected + " belongs");
            }
            expected++;
        }
    }

    private void keepUpTo(long last) {
        entries.subList((int) (last - base), entries.size()).clear();
    }

    private Entry at(long index) {
        return entries.get((int) (index - base - 1));
    }
}
