package io.reactorraft.torture;

import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.torture.Operation.Batch;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * What one group asks of its log, from a seed: appends of all sizes, terms and votes, suffixes that are overridden, snapshots
 * and compactions. It runs ahead of what the store has acknowledged.
 */
final class Workload {
    private static final int LARGE_BYTES = 40 << 10;

    private final String group;
    private final SplittableRandom random;
    private final TreeMap<Long, Long> terms = new TreeMap<>();
    private long term;
    private String vote;
    private long commit;
    private long last;
    private long mark;

    /** Goes on where a store was found to be. */
    Workload(Found found, SplittableRandom random) {
        this.group = found.group();
        this.random = random;
        this.term = Math.max(1, found.hardState().getTerm());
        this.vote = found.hardState().getVote();
        this.mark = found.mark().getIndex();
        this.commit = Math.max(mark, found.hardState().getCommit());
        this.last = found.last();
        terms.put(found.first() - 1, found.mark().getTerm());
        for (int i = 0; i < found.prints().size(); i++) {
            note(found.first() + i, Content.termOf(found.prints().get(i)));
        }
        // Entries may be of a later term than the HardState that was found, where only they were written again.
        term = Math.max(term, terms.lastEntry().getValue());
    }

    /** The next append; a third of them in a new term, or over a suffix. */
    Operation append(long number) {
        int dice = random.nextInt(100);
        if (dice < 8) {
            elect();
            return Operation.append(number, group, hardState(), Batch.NONE);
        }
        if (dice < 14 && commit < last) {
            commit += random.nextLong(last - commit + 1);
            return Operation.append(number, group, hardState(), Batch.NONE);
        }
        long first = last + 1;
        boolean changed = dice < 50;
        if (dice < 22 && commit < last) {
            elect();
            first = commit + 1 + random.nextLong(last - commit);
        } else if (changed) {
            commit += random.nextLong(last - commit + 1);
        }
        int count = 1 + random.nextInt(random.nextInt(3) == 0 ? 60 : 8);
        int bytes = random.nextInt(40) == 0 ? 1 + random.nextInt(LARGE_BYTES) : random.nextInt(1_500);
        if (bytes > 4_000) {
            count = 1 + random.nextInt(3);
        }
        terms.tailMap(first, true).clear();
        note(first, term);
        last = first + count - 1;
        HardState state = changed ? hardState() : HardState.getDefaultInstance();
        return Operation.append(number, group, state, new Batch(first, count, term, random.nextInt() & 0xFFFF, bytes));
    }

    /** Whether enough was committed since the last snapshot for another. */
    boolean wantsSnapshot() {
        return commit >= mark + 40;
    }

    /** A snapshot of what is committed; or, rarely, one that a leader would install over a log that is far behind. */
    SnapshotMetadata snapshot() {
        boolean install = random.nextInt(6) == 0;
        if (install) {
            elect();
        }
        long index = install ? last + 1 + random.nextLong(50) : commit;
        return SnapshotMetadata.newBuilder()
                .setGroupId(group)
                .setIndex(index)
                .setTerm(install ? term : terms.floorEntry(index).getValue())
                .build();
    }

    /** Whether it may still be marked: something newer, or a log beyond an installed one, may have come. */
    boolean accepts(SnapshotMetadata snapshot) {
        return snapshot.getIndex() > mark
                && (snapshot.getIndex() > last || snapshot.getTerm() == termAt(snapshot.getIndex()));
    }

    /** Its mark is written. */
    void marked(SnapshotMetadata snapshot) {
        mark = snapshot.getIndex();
        if (mark > last) {
            terms.clear();
            terms.put(mark, snapshot.getTerm());
            last = mark;
        }
        commit = Math.max(commit, mark);
    }

    private long termAt(long index) {
        Map.Entry<Long, Long> run = terms.floorEntry(index);
        return run == null ? -1 : run.getValue();
    }

    private void note(long first, long ofTerm) {
        Map.Entry<Long, Long> before = terms.lastEntry();
        if (before == null || before.getValue() != ofTerm) {
            terms.put(first, ofTerm);
        }
    }

    private void elect() {
        term++;
        vote = "n" + (1 + random.nextInt(3));
    }

    private HardState hardState() {
        return HardState.newBuilder()
                .setTerm(term)
                .setVote(vote)
                .setCommit(commit)
                .build();
    }
}
