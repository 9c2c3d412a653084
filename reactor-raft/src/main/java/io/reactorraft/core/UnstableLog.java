package io.reactorraft.core;

import io.reactorraft.proto.Entry;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The end of the log that is not known to be durable: entries, and perhaps a snapshot below them.
 *
 * <p>It has two jobs: to hold what is to be handed to the disk, and to hold what was handed on until the disk reports
 * back, because until then {@link LogView} may show something else at the same indexes.
 *
 * <p>Invariants: {@code offset <= inProgress <= offset + count}, all below {@code inProgress} is on its way to the disk;
 * the entry of index {@code i} stands at {@code start + i - offset}.
 */
final class UnstableLog {

    private static final Entry[] NOTHING = new Entry[0];
    private static final int FIRST_CAPACITY = 64;

    private @Nullable Entry[] entries = NOTHING;
    private int start;
    private int count;

    private long offset;
    private long inProgress;

    private @Nullable SnapshotMetadata snapshot;
    private boolean snapshotInProgress;

    /** Behind a durable log that ends at {@code lastIndex}. */
    UnstableLog(long lastIndex) {
        offset = lastIndex + 1;
        inProgress = offset;
    }

    /** The first index that is not durable. */
    long offset() {
        return offset;
    }

    /** The last index of the whole log. */
    long lastIndex() {
        return offset + count - 1;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** The term at {@code index}, which must lie between {@code offset} and {@code lastIndex}. */
    long term(long index) {
        return entry(index).getTerm();
    }

    @Nullable
    SnapshotMetadata snapshot() {
        return snapshot;
    }

    /** The snapshot, unless it is on its way already. */
    @Nullable
    SnapshotMetadata nextSnapshot() {
        return snapshotInProgress ? null : snapshot;
    }

    boolean hasNextEntries() {
        return inProgress <= lastIndex();
    }

    /** Entries that are not yet on their way to the disk. */
    List<Entry> nextEntries() {
        return hasNextEntries() ? copy(inProgress, lastIndex() + 1) : List.of();
    }

    /** All of it is on its way now. */
    void accept() {
        inProgress = lastIndex() + 1;
        snapshotInProgress = snapshot != null;
    }

    /**
     * The entries up to {@code index} are durable, if what the disk has there is what stands here. Another entry may
     * have taken the place of the one that was written; its own write is still to come.
     */
    void stableTo(long index, long term) {
        boolean known = index >= offset && index < inProgress;
        if (!known || term(index) != term) {
            return;
        }
        int freed = (int) (index + 1 - offset);
        Arrays.fill(entries, start, start + freed, null);
        start += freed;
        count -= freed;
        offset = index + 1;
        if (count == 0) {
            clear();
        }
    }

    void stableSnapshotTo(long index) {
        if (snapshot != null && snapshot.getIndex() == index) {
            snapshot = null;
            snapshotInProgress = false;
        }
    }

    /** The log is this snapshot, and nothing else. */
    void restore(SnapshotMetadata newSnapshot) {
        clear();
        offset = newSnapshot.getIndex() + 1;
        inProgress = offset;
        snapshot = newSnapshot;
        snapshotInProgress = false;
    }

    /** Appends, in place of all that stood at the first of these indexes and behind it. */
    void truncateAndAppend(List<Entry> appended) {
        long from = appended.get(0).getIndex();
        if (from > lastIndex() + 1) {
            throw new BrokenInvariantException(
                    "append at index " + from + " leaves a gap behind the last index " + lastIndex());
        }
        if (from <= offset) {
            clear();
            offset = from;
            inProgress = from;
        } else {
            int kept = (int) (from - offset);
            Arrays.fill(entries, start + kept, start + count, null);
            count = kept;
            inProgress = Math.min(inProgress, from);
        }
        reserve(appended.size());
        for (int i = 0; i < appended.size(); i++) {
            entries[start + count++] = appended.get(i);
        }
    }

    /** Entries of {@code [from, to)}, as many from the start as fit into {@code maxBytes} but at least one. */
    List<Entry> slice(long from, long to, long maxBytes, EntrySize size) {
        long end = from + 1;
        long bytes = size.of(entry(from));
        while (end < to) {
            bytes += size.of(entry(end));
            if (bytes > maxBytes) {
                break;
            }
            end++;
        }
        return copy(from, end);
    }

    private Entry entry(long index) {
        Entry entry = index < offset || index > lastIndex() ? null : entries[start + (int) (index - offset)];
        if (entry == null) {
            throw new BrokenInvariantException(
                    "no unstable entry at index " + index + ", only " + offset + " to " + lastIndex());
        }
        return entry;
    }

    /** A copy, so that what was handed out never changes; only references are copied. */
    private List<Entry> copy(long from, long to) {
        int first = start + (int) (from - offset);
        Entry[] copied = new Entry[(int) (to - from)];
        System.arraycopy(entries, first, copied, 0, copied.length);
        return Arrays.asList(copied);
    }

    private void clear() {
        entries = NOTHING;
        start = 0;
        count = 0;
    }

    private void reserve(int more) {
        int needed = count + more;
        if (start + needed <= entries.length) {
            return;
        }
        // Half empty: moving down is enough. Else twice as large, so that appending stays cheap.
        boolean roomy = needed <= entries.length / 2;
        @Nullable Entry[] target = roomy ? entries : new Entry[Math.max(FIRST_CAPACITY, needed * 2)];
        System.arraycopy(entries, start, target, 0, count);
        if (roomy) {
            Arrays.fill(entries, count, start + count, null);
        }
        entries = target;
        start = 0;
    }
}
