package io.reactorraft.wal;

import io.reactorraft.core.LogView;
import java.util.Arrays;

/**
 * The terms of a log as runs: few, however long the log, as a term rarely changes.
 *
 * <p>Invariant: {@code base <= last}; run {@code i} covers the indexes from {@code starts[i]} up to the next run's start,
 * the last one up to {@code last}; {@code base} is the compaction point, whose term is still known. Not thread-safe.
 */
final class TermRuns {
    private long base;
    private long baseTerm;
    private long last;
    private long[] starts = new long[8];
    private long[] terms = new long[8];
    private int count;

    long base() {
        return base;
    }

    long last() {
        return last;
    }

    long lastTerm() {
        return count == 0 ? baseTerm : terms[count - 1];
    }

    /** The term at {@code index}, for {@code base <= index <= last}; else {@link LogView#UNKNOWN_TERM}. */
    long term(long index) {
        if (index == base) {
            return baseTerm;
        }
        if (index < base || index > last) {
            return LogView.UNKNOWN_TERM;
        }
        return terms[run(index)];
    }

    void append(long term) {
        last++;
        if (count > 0 && terms[count - 1] == term) {
            return;
        }
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, count * 2);
            terms = Arrays.copyOf(terms, count * 2);
        }
        starts[count] = last;
        terms[count] = term;
        count++;
    }

    /** Drops the suffix behind {@code after}; {@code base <= after <= last}. */
    void truncate(long after) {
        if (after < base || after > last) {
            throw new IllegalArgumentException("cannot truncate after " + after + " in " + this);
        }
        while (count > 0 && starts[count - 1] > after) {
            count--;
        }
        last = after;
    }

    /** Drops the prefix up to {@code upTo}; {@code base <= upTo <= last}. */
    void compact(long upTo) {
        long term = term(upTo);
        if (term == LogView.UNKNOWN_TERM) {
            throw new IllegalArgumentException("cannot compact to " + upTo + " in " + this);
        }
        int keep = 0;
        while (keep + 1 < count && starts[keep + 1] <= upTo + 1) {
            keep++;
        }
        if (count > 0 && upTo == last) {
            keep = count;
        }
        System.arraycopy(starts, keep, starts, 0, count - keep);
        System.arraycopy(terms, keep, terms, 0, count - keep);
        count -= keep;
        base = upTo;
        baseTerm = term;
    }

    /** Becomes an empty log behind {@code index}. */
    void reset(long index, long term) {
        base = index;
        baseTerm = term;
        last = index;
        count = 0;
    }

    private int run(long index) {
        int found = Arrays.binarySearch(starts, 0, count, index);
        return found >= 0 ? found : -found - 2;
    }

    @Override
    public String toString() {
        return "log (" + base + ", " + last + "]";
    }
}
