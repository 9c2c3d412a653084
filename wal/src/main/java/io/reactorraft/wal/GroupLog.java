package io.reactorraft.wal;

import io.reactorraft.proto.Entry;
import io.reactorraft.proto.GroupStart;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.proto.Truncation;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One group as it is written, which runs ahead of its {@link GroupView}, what is durable, by at most one batch.
 *
 * <p>Used on the log's thread alone, except for {@link #view}, {@link #waiting} and {@link #groupId}.
 */
final class GroupLog {
    private final String groupId;
    private final GroupView view;
    private final AtomicInteger waiting = new AtomicInteger();
    private final TermRuns terms = new TermRuns();
    private int number;
    private HardState hardState = HardState.getDefaultInstance();
    private SnapshotMetadata mark = SnapshotMetadata.getDefaultInstance();
    private long released;

    GroupLog(String groupId, long cacheBytes) {
        this.groupId = groupId;
        this.view = new GroupView(cacheBytes);
    }

    String groupId() {
        return groupId;
    }

    GroupView view() {
        return view;
    }

    /** How many of its writes were taken and are not done; from any thread. */
    AtomicInteger waiting() {
        return waiting;
    }

    /** In the heads of records; 0: nothing of this group was written yet. */
    int number() {
        return number;
    }

    void number(int number) {
        this.number = number;
    }

    HardState hardState() {
        return hardState;
    }

    long last() {
        return terms.last();
    }

    long term(long index) {
        return terms.term(index);
    }

    /** Entries up to here are needed no more: never beyond the snapshot that stands in for them. */
    long releasable() {
        return Math.min(released, mark.getIndex());
    }

    void release(long upTo) {
        released = Math.max(released, upTo);
    }

    /** Whether that is something to write. */
    boolean changes(HardState next) {
        return !next.equals(HardState.getDefaultInstance()) && !next.equals(hardState);
    }

    /** Whether that may be lost: a commit index alone is told again by the leader. */
    boolean mustSync(HardState next) {
        return next.getTerm() != hardState.getTerm() || !next.getVote().equals(hardState.getVote());
    }

    /** Refuses what would make a log with holes. */
    void check(List<Entry> entries) {
        long first = entries.get(0).getIndex();
        if (first > terms.last() + 1 || first <= terms.base()) {
            throw new IllegalArgumentException("group " + groupId + ": entries from " + first
                    + " do not connect to the log [" + (terms.base() + 1) + ", " + terms.last() + "]");
        }
        for (int i = 1; i < entries.size(); i++) {
            long expected = first + i;
            Entry entry = entries.get(i);
            if (entry.getIndex() != expected) {
                throw new IllegalArgumentException(
                        "group " + groupId + ": entry " + entry.getIndex() + " stands where " + expected + " belongs");
            }
        }
    }

    /** Refuses what would claim that entries are committed which the log does not hold. */
    void check(HardState next, List<Entry> entries) {
        long end = entries.isEmpty()
                ? terms.last()
                : entries.get(entries.size() - 1).getIndex();
        if (next.getCommit() > end) {
            throw new IllegalArgumentException("group " + groupId + ": a commit index of " + next.getCommit()
                    + " runs ahead of the log, which ends at " + end);
        }
    }

    /** Refuses a mark that would take the log back. */
    void check(SnapshotMetadata snapshot) {
        if (snapshot.getIndex() < 1 || snapshot.getIndex() < mark.getIndex()) {
            throw new IllegalArgumentException("group " + groupId + ": a snapshot at " + snapshot.getIndex()
                    + " cannot be marked behind the one at " + mark.getIndex());
        }
    }

    void hardState(HardState written) {
        hardState = written;
    }

    void append(long term) {
        terms.append(term);
    }

    void truncate(long after) {
        terms.truncate(after);
    }

    /** Whether the log does not hold the snapshot's last entry: it then begins anew behind the snapshot (§7). */
    boolean lacks(SnapshotMetadata snapshot) {
        return terms.term(snapshot.getIndex()) != snapshot.getTerm();
    }

    void mark(SnapshotMetadata written, boolean logBegins) {
        mark = written;
        if (logBegins) {
            terms.reset(written.getIndex(), written.getTerm());
        }
    }

    /** The compaction point follows that of what is on disk. */
    void compact(long base) {
        if (base > terms.base()) {
            terms.compact(base);
        }
    }

    /** Takes on what the head of a segment says of a group that was not known before. */
    void start(GroupStart start) {
        terms.reset(start.getLastIndex(), start.getLastTerm());
        view.reset(start.getLastIndex(), start.getLastTerm());
        goOn(start);
    }

    /** Whether the log that was replayed so far ends where the head of a segment says. */
    boolean endsAt(GroupStart start) {
        return start.getNumber() == number
                && start.getLastIndex() == terms.last()
                && start.getLastTerm() == terms.lastTerm();
    }

    /** Takes on HardState and mark as the head of a segment repeats them. */
    void goOn(GroupStart start) {
        number = start.getNumber();
        hardState = start.getHardState();
        mark = start.getSnapshotMark();
    }

    /** As it stands, for the head of a segment. */
    GroupStart start() {
        return start(mark);
    }

    /** As it would stand with another mark. */
    GroupStart start(SnapshotMetadata otherMark) {
        GroupStart.Builder start = GroupStart.newBuilder()
                .setNumber(number)
                .setGroupId(groupId)
                .setLastIndex(terms.last())
                .setLastTerm(terms.lastTerm())
                .setHardState(hardState);
        if (otherMark.getIndex() > 0) {
            start.setSnapshotMark(otherMark);
        }
        return start.build();
    }

    /** An entry as it is replayed; false where it does not connect. */
    boolean replay(long index, long term, long position) {
        if (index > terms.last() + 1 || index <= terms.base()) {
            return false;
        }
        if (index <= terms.last()) {
            terms.truncate(index - 1);
        }
        terms.append(term);
        view.replay(index, term, position);
        return true;
    }

    /** A truncation as it is replayed; false where it does not connect. */
    boolean replay(Truncation truncation) {
        long after = truncation.getAfter();
        if (after < terms.base()) {
            // What it cut was compacted since, so the log begins anew where it says.
            terms.reset(after, truncation.getTerm());
            view.reset(after, truncation.getTerm());
            return true;
        }
        if (terms.term(after) != truncation.getTerm()) {
            return false;
        }
        terms.truncate(after);
        view.truncate(after);
        return true;
    }

    /** A mark as it is replayed. */
    void replay(SnapshotMetadata snapshot, boolean logBegins) {
        mark(snapshot, logBegins);
        view.mark(snapshot, logBegins);
    }

    /** Whether entries are missing that no snapshot stands in for. */
    boolean lacksEntries() {
        return terms.base() > mark.getIndex();
    }

    /** Shows what was recovered; a commit index whose entries were torn away goes with them. */
    void recovered() {
        if (hardState.getCommit() > terms.last()) {
            hardState = hardState.toBuilder().setCommit(terms.last()).build();
        }
        view.recovered(hardState, mark);
    }
}
