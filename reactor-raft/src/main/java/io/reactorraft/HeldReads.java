package io.reactorraft;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** Reads that wait for their index to be applied here. Apply thread, but for the count. */
final class HeldReads {
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private final AtomicInteger count = new AtomicInteger();

    private record Waiting(long index, List<PendingRead> reads) {}

    /** Reads that were handed over and are still kept, told or not. Any thread. */
    int count() {
        return count.get();
    }

    /** Reads are on their way to the apply thread. Any thread. */
    void announced(int reads) {
        count.addAndGet(reads);
    }

    void add(long index, List<PendingRead> announced) {
        waiting.add(new Waiting(index, announced));
    }

    /** A read that was announced is dealt with elsewhere. */
    void done() {
        count.decrementAndGet();
    }

    void answerUpTo(long applied) {
        for (Iterator<Waiting> each = waiting.iterator(); each.hasNext(); ) {
            Waiting next = each.next();
            if (next.index <= applied) {
                each.remove();
                count.addAndGet(-next.reads.size());
                next.reads.forEach(read -> read.answer(applied));
            }
        }
    }

    /** Forgets reads whose subscribers have been told or have left. */
    void purge() {
        removeIf(PendingRead::left);
    }

    /** Tells all but those that never give up. */
    void fail(RaftException why) {
        removeIf(read -> {
            boolean told = !read.isPatient();
            if (told) {
                read.fail(why);
            }
            return told;
        });
    }

    /** Tells all that there will be no answer. */
    void end(RaftException why) {
        waiting.forEach(each -> each.reads.forEach(read -> read.fail(why)));
        waiting.clear();
    }

    private void removeIf(Predicate<PendingRead> gone) {
        for (Iterator<Waiting> each = waiting.iterator(); each.hasNext(); ) {
            List<PendingRead> reads = each.next().reads;
            int before = reads.size();
            reads.removeIf(gone);
            count.addAndGet(reads.size() - before);
            if (reads.isEmpty()) {
                each.remove();
            }
        }
    }
}
