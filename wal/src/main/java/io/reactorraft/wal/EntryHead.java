package io.reactorraft.wal;

/**
 * Term and index of an entry as it lies on disk, without its data: all that recovery wants of most of them.
 *
 * <p>Protobuf writes fields in the order of their numbers, and the log writes its own entries: whatever has these two has
 * them at its beginning. Not thread-safe.
 */
final class EntryHead {
    private static final int TERM = 1 << 3;
    private static final int INDEX = 2 << 3;

    private long term;
    private long index;
    private long at;

    /** Takes on what stands there; index 0, which no entry has, where it is not that of an entry. */
    void read(FileWindow window, long from, int length) {
        long end = from + length;
        at = from;
        term = field(window, TERM, end);
        index = field(window, INDEX, end);
    }

    /** Takes on what was read before. */
    void set(long knownTerm, long knownIndex) {
        term = knownTerm;
        index = knownIndex;
    }

    long term() {
        return term;
    }

    long index() {
        return index;
    }

    private long field(FileWindow window, int tag, long end) {
        if (at >= end || window.get(at) != tag) {
            return 0;
        }
        at++;
        long value = 0;
        for (int shift = 0; shift < Long.SIZE && at < end; shift += 7) {
            byte next = window.get(at++);
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
        return 0;
    }
}
