package io.reactorraft.torture;

import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One group as it must be found: what was written up to some record, and no further. */
final class GroupModel {
    private HardState hardState = HardState.getDefaultInstance();

    /** A commit index alone is not synced: it may be found as it was at the last sync, or at anything since. */
    private long commitAtLeast;

    private long markIndex;
    private long markTerm;
    private String markId = "";
    private long previousMark;
    private long base;
    private List<Long> prints = new ArrayList<>();
    private long released;
    private boolean injured;

    GroupModel copy() {
        GroupModel copy = new GroupModel();
        copy.hardState = hardState;
        copy.commitAtLeast = commitAtLeast;
        copy.markIndex = markIndex;
        copy.markTerm = markTerm;
        copy.markId = markId;
        copy.previousMark = previousMark;
        copy.base = base;
        copy.prints = new ArrayList<>(prints);
        copy.released = released;
        copy.injured = injured;
        return copy;
    }

    long last() {
        return base + prints.size();
    }

    HardState hardState() {
        return hardState;
    }

    void hardState(HardState next) {
        if (!next.equals(HardState.getDefaultInstance())) {
            hardState = next;
        }
    }

    /** A sync was acknowledged: nothing from before it may be missing. */
    void synced() {
        commitAtLeast = hardState.getCommit();
    }

    void truncate(long after) {
        prints.subList((int) (after - base), prints.size()).clear();
    }

    void append(Entry entry) {
        if (entry.getIndex() != last() + 1) {
            throw new IllegalArgumentException("entry " + entry.getIndex() + " behind " + last());
        }
        prints.add(Content.print(entry));
    }

    void mark(Operation mark) {
        previousMark = markIndex;
        markIndex = mark.index();
        markTerm = mark.term();
        markId = mark.snapshotId();
        boolean held = markIndex <= last()
                && (markIndex > base ? Content.termOf(prints.get((int) (markIndex - base - 1))) == markTerm : false);
        if (!held) {
            base = markIndex;
            prints = new ArrayList<>();
            previousMark = 0;
        }
    }

    /** From the moment that the call is made, entries up to there may be gone. */
    void release(long upTo) {
        released = Math.max(released, upTo);
    }

    /** See {@link Model#injured}. */
    void injured() {
        injured = true;
        released = Long.MAX_VALUE;
    }

    /** What differs; null: it is as it must be. */
    @Nullable
    String difference(Found found) {
        if (found.hardState().getTerm() != hardState.getTerm()
                || !found.hardState().getVote().equals(hardState.getVote())) {
            return "term and vote are " + found.hardState().getTerm() + " and '"
                    + found.hardState().getVote() + "', not " + hardState.getTerm() + " and '" + hardState.getVote()
                    + "'";
        }
        long commit = found.hardState().getCommit();
        if (commit < commitAtLeast || commit > Math.max(commitAtLeast, hardState.getCommit())) {
            return "commit is " + commit + ", not " + commitAtLeast + " to " + hardState.getCommit();
        }
        if (found.mark().getIndex() != markIndex
                || found.mark().getTerm() != markTerm
                || !found.mark().getSnapshotId().equals(markId)) {
            return "the mark is " + found.mark().getIndex() + "/"
                    + found.mark().getTerm() + " " + found.mark().getSnapshotId() + ", not " + markIndex + "/"
                    + markTerm + " " + markId;
        }
        String snapshot = snapshotDifference(found);
        return snapshot == null ? entryDifference(found) : snapshot;
    }

    private @Nullable String snapshotDifference(Found found) {
        boolean rightOne = found.restored() == markIndex
                || (injured && (found.restored() == previousMark || found.restored() == 0));
        if (!rightOne) {
            return "snapshot " + found.restored() + " was restored, and " + markIndex + " was marked";
        }
        if (found.restored() + 1 < found.first()) {
            return "entries begin with " + found.first() + " behind snapshot " + found.restored();
        }
        return null;
    }

    private @Nullable String entryDifference(Found found) {
        if (found.last() != last()) {
            return "the last entry is " + found.last() + ", not " + last();
        }
        long latestFirst = Math.max(base, Math.min(released, markIndex)) + 1;
        if (found.first() > latestFirst) {
            return "the first entry is " + found.first() + ", and all from " + latestFirst + " on are needed";
        }
        if (found.first() <= base) {
            return "the first entry is " + found.first() + ", and the log was seen to begin with " + (base + 1);
        }
        for (long index = found.first(); index <= last(); index++) {
            if (!prints.get((int) (index - base - 1)).equals(found.prints().get((int) (index - found.first())))) {
                return "entry " + index + " is another";
            }
        }
        return null;
    }

    /** What was found is what counts from here on. */
    void adopt(Found found) {
        hardState = found.hardState();
        commitAtLeast = hardState.getCommit();
        base = found.first() - 1;
        prints = new ArrayList<>(found.prints());
    }
}
