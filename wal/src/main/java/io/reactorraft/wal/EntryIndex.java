package io.reactorraft.wal;

import java.util.Arrays;

/**
 * Where on disk the entries of a group lie: not of each one, but waypoints from which a short walk finds it.
 *
 * <p>Entries from one waypoint's index up to the next one's lie in this order, in one segment, behind that waypoint. A
 * waypoint costs 16 bytes and is set at least every {@value #ENTRIES} entries or {@value #BYTES} bytes, at every new
 * segment and wherever the order breaks. Not thread-safe.
 *
 * <p>A position is the segment's cycle in the upper and the offset of the record in the lower half of a {@code long}.
 */
final class EntryIndex {
    static final int ENTRIES = 64;
    static final int BYTES = 64 << 10;

    private long[] indexes = new long[16];
    private long[] positions = new long[16];
    private int count;
    private boolean broken = true;

    static long position(int cycle, int offset) {
        return (long) cycle << 32 | offset;
    }

    static int cycle(long position) {
        return (int) (position >>> 32);
    }

    static int offset(long position) {
        return (int) position;
    }

    /** The entry at {@code index}, which is the next one, lies at {@code position}. */
    void append(long index, long position) {
        if (!broken
                && index - indexes[count - 1] < ENTRIES
                && cycle(position) == cycle(positions[count - 1])
                && position - positions[count - 1] < BYTES) {
            return;
        }
        if (count == indexes.length) {
            resize(count + count / 2);
        }
        indexes[count] = index;
        positions[count] = position;
        count++;
        broken = false;
    }

    /** Entries behind {@code after} are gone. */
    void truncate(long after) {
        while (count > 0 && indexes[count - 1] > after) {
            count--;
        }
        broken = true;
    }

    /**
     * Segments before {@code cycle} are gone.
     *
     * @return the lowest index that is still on disk; {@code otherwise} where none is
     */
    long compact(int cycle, long otherwise) {
        int drop = 0;
        while (drop < count && cycle(positions[drop]) < cycle) {
            drop++;
        }
        System.arraycopy(indexes, drop, indexes, 0, count - drop);
        System.arraycopy(positions, drop, positions, 0, count - drop);
        count -= drop;
        if (count < indexes.length / 4) {
            resize(Math.max(count * 2, 16));
        }
        broken |= count == 0;
        return count == 0 ? otherwise : indexes[0];
    }

    /** From where to walk to the entry at {@code index}. */
    long positionBefore(long index) {
        return positions[slot(index)];
    }

    /** One past the last index that lies behind the waypoint of {@code index}; {@code end} behind the last waypoint. */
    long runEnd(long index, long end) {
        int next = slot(index) + 1;
        return next < count ? Math.min(end, indexes[next]) : end;
    }

    /** What it takes in memory. */
    long bytes() {
        return (long) Long.BYTES * (indexes.length + positions.length);
    }

    private void resize(int slots) {
        indexes = Arrays.copyOf(indexes, slots);
        positions = Arrays.copyOf(positions, slots);
    }

    private int slot(long index) {
        int found = Arrays.binarySearch(indexes, 0, count, index);
        int slot = found >= 0 ? found : -found - 2;
        if (slot < 0) {
            throw new IllegalStateException("no waypoint before " + index);
        }
        return slot;
    }
}
