package io.reactorraft.testkit;

import io.reactorraft.proto.Entry;
import java.util.Arrays;
import java.util.List;

/** The terms of a log as its node handed it to the disk, synced or not. */
final class HandedLog {
    private long[] terms = new long[256];
    long base;
    private long baseTerm;
    private int count;
    long term;
    String vote = "";
    long ledTerm; // by this start of the process; 0: none
    long offered; // to others, in that term
    long commit;

    long last() {
        return base + count;
    }

    void leads(long newTerm) {
        offered = newTerm == ledTerm ? offered : 0;
        ledTerm = newTerm;
    }

    void offers(long index) {
        offered = Math.max(offered, index);
    }

    /** -1: not held. */
    long termAt(long index) {
        if (index == base) {
            return baseTerm;
        }
        return index < base || index > last() ? -1 : terms[(int) (index - base - 1)];
    }

    void append(List<Entry> appended) {
        if (appended.isEmpty()) {
            return;
        }
        count = (int) Math.max(0, Math.min(count, appended.get(0).getIndex() - base - 1));
        if (count + appended.size() > terms.length) {
            terms = Arrays.copyOf(terms, (count + appended.size()) * 2);
        }
        for (Entry entry : appended) {
            terms[count++] = entry.getTerm();
        }
    }

    void compact(long upTo) {
        baseTerm = termAt(upTo);
        int gone = (int) (upTo - base);
        System.arraycopy(terms, gone, terms, 0, count - gone);
        count -= gone;
        base = upTo;
    }

    void reset(long newBase, long newBaseTerm) {
        base = newBase;
        baseTerm = newBaseTerm;
        count = 0;
    }
}
