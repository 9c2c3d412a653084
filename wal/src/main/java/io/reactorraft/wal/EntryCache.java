package io.reactorraft.wal;

import io.reactorraft.proto.Entry;
import org.jspecify.annotations.Nullable;

/**
 * The newest entries of a group, in memory. Contiguous up to the last one; the oldest go where the limit is reached.
 *
 * <p>Not thread-safe.
 */
final class EntryCache {

    /** What an entry costs beside its data: the objects around it. */
    private static final int OVERHEAD = 96;

    private final long limitBytes;
    private @Nullable Entry[] ring = new @Nullable Entry[64];
    private long first = 1;
    private long next = 1;
    private long bytes;

    EntryCache(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /** Adds the entry behind the last one; any other empties the cache first. */
    void append(Entry entry) {
        if (entry.getIndex() != next) {
            clear(entry.getIndex());
        }
        if (next - first == ring.length) {
            grow();
        }
        ring[slot(next)] = entry;
        next++;
        bytes += cost(entry);
        while (bytes > limitBytes) {
            evictFirst();
        }
    }

    /** What it takes: never more than its limit. */
    long bytes() {
        return bytes;
    }

    /** The entry at {@code index}; null where it is not in memory. */
    @Nullable
    Entry get(long index) {
        return index >= first && index < next ? ring[slot(index)] : null;
    }

    /** Hands over the entries from {@code from} up to {@code to}, until one is not in memory or does not fit. */
    void collect(long from, long to, EntryBudget budget) {
        for (long index = from; index < to; index++) {
            Entry entry = get(index);
            if (entry == null || !budget.add(entry)) {
                return;
            }
        }
    }

    /** Entries behind {@code after} are gone. */
    void truncate(long after) {
        if (after < first - 1 || after >= next) {
            clear(after + 1);
            return;
        }
        while (next > after + 1) {
            next--;
            bytes -= cost(take(next));
        }
    }

    /** Entries up to {@code upTo} are gone. */
    void compact(long upTo) {
        while (first < next && first <= upTo) {
            evictFirst();
        }
    }

    /** Becomes empty; the next entry is expected at {@code index}. */
    void clear(long index) {
        while (first < next) {
            evictFirst();
        }
        first = index;
        next = index;
    }

    private void evictFirst() {
        bytes -= cost(take(first));
        first++;
    }

    private Entry take(long index) {
        Entry entry = ring[slot(index)];
        if (entry == null) {
            throw new AssertionError("no entry " + index + " in [" + first + ", " + next + ")");
        }
        ring[slot(index)] = null;
        return entry;
    }

    private void grow() {
        @Nullable Entry[] larger = new @Nullable Entry[ring.length * 2];
        for (long index = first; index < next; index++) {
            larger[(int) (index & (larger.length - 1))] = ring[slot(index)];
        }
        ring = larger;
    }

    private int slot(long index) {
        return (int) (index & (ring.length - 1));
    }

    private static long cost(Entry entry) {
        return (long) entry.getSerializedSize() + OVERHEAD;
    }
}
