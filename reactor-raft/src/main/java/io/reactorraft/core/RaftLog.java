package io.reactorraft.core;

import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The log as one: the durable part behind a {@link LogView}, and the {@link UnstableLog} on top of it.
 *
 * <p>Invariant: {@code applied <= handed out <= commit <= lastIndex()}, and commit never goes back.
 */
final class RaftLog {

    /** How much of the log is looked at in one go. */
    private static final long SCAN_BYTES = 1 << 20;

    private final LogView view;
    private final UnstableLog unstable;
    private final Applying applying;
    private final EntrySize size;
    private long commit;
    private long restoredIndex;

    RaftLog(LogView view, Applying applying, long commit, EntrySize size) {
        this.view = view;
        this.unstable = new UnstableLog(view.lastIndex());
        this.applying = applying;
        this.commit = commit;
        this.size = size;
    }

    UnstableLog unstable() {
        return unstable;
    }

    Applying applying() {
        return applying;
    }

    long applied() {
        return applying.applied();
    }

    long commit() {
        return commit;
    }

    long firstIndex() {
        SnapshotMetadata snapshot = unstable.snapshot();
        return snapshot == null ? view.firstIndex() : snapshot.getIndex() + 1;
    }

    long lastIndex() {
        return unstable.lastIndex();
    }

    long lastTerm() {
        long term = term(lastIndex());
        if (term == LogView.UNKNOWN_TERM) {
            throw new BrokenInvariantException("the log does not know the term of its last index " + lastIndex());
        }
        return term;
    }

    /** The term at {@code index}, or {@link LogView#UNKNOWN_TERM} where it was compacted or is not there yet. */
    long term(long index) {
        if (index > lastIndex()) {
            return LogView.UNKNOWN_TERM;
        }
        if (index >= unstable.offset()) {
            return unstable.term(index);
        }
        SnapshotMetadata snapshot = unstable.snapshot();
        if (snapshot != null && index <= snapshot.getIndex()) {
            // What the view still shows down there is about to be replaced.
            return index == snapshot.getIndex() ? snapshot.getTerm() : LogView.UNKNOWN_TERM;
        }
        return index + 1 < view.firstIndex() ? LogView.UNKNOWN_TERM : view.term(index);
    }

    boolean matches(long index, long term) {
        return term(index) == term;
    }

    /**
     * "If the logs have last entries with different terms, then the log with the later term is more up-to-date. If the
     * logs end with the same term, then whichever log is longer is more up-to-date" (§5.4.1).
     */
    boolean isUpToDate(long otherLastIndex, long otherLastTerm) {
        long lastTerm = lastTerm();
        return otherLastTerm > lastTerm || (otherLastTerm == lastTerm && otherLastIndex >= lastIndex());
    }

    /** The newest snapshot there is; null: none just now. */
    @Nullable
    SnapshotMetadata snapshot() {
        SnapshotMetadata pending = unstable.snapshot();
        return pending != null ? pending : view.snapshot();
    }

    /** Whether a snapshot waits to be installed, or is being installed. */
    boolean hasPendingSnapshot() {
        return unstable.snapshot() != null;
    }

    /** The first of these indexes at which this log has another entry or none; 0: it has them all. */
    long firstConflict(List<Entry> entries) {
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            if (!matches(entry.getIndex(), entry.getTerm())) {
                return entry.getIndex();
            }
        }
        return 0;
    }

    /** Appends; a conflicting suffix goes, "the existing entry and all that follow it" (figure 2). */
    void append(List<Entry> entries) {
        long from = entries.get(0).getIndex();
        if (from <= commit) {
            throw new BrokenInvariantException(
                    "append at index " + from + " would replace entries committed up to " + commit);
        }
        unstable.truncateAndAppend(entries);
    }

    /**
     * The highest index, up to {@code index}, whose entry has at most this term or an unknown one: no entry behind it
     * can match a log that has this term there. Terms only grow along a log, so halving finds it.
     */
    long lastIndexWithTermUpTo(long index, long term) {
        long low = firstIndex() - 1;
        if (index > lastIndex() || index < low || term(index) <= term) {
            return index;
        }
        if (term(low) > term) {
            // Even the entry below the first one is too new: what came before is not known any more.
            return Math.max(low - 1, 0);
        }
        long high = index;
        while (high - low > 1) {
            long middle = (low + high) >>> 1;
            if (term(middle) <= term) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

    void commitTo(long index) {
        if (index <= commit) {
            return;
        }
        if (index > lastIndex()) {
            throw new BrokenInvariantException("commit of index " + index + " is beyond the last index " + lastIndex());
        }
        commit = index;
    }

    /** The index of the last snapshot that took the place of this log since the node started; 0: none did. */
    long restoredIndex() {
        return restoredIndex;
    }

    void restore(SnapshotMetadata snapshot) {
        commit = snapshot.getIndex();
        restoredIndex = snapshot.getIndex();
        unstable.restore(snapshot);
    }

    /**
     * Entries of {@code [from, to)}, as many from the start as fit into {@code maxBytes} but at least one; null where
     * the first of them is not in memory.
     */
    @Nullable
    List<Entry> slice(long from, long to, long maxBytes) {
        long offset = unstable.offset();
        if (from >= offset) {
            return unstable.slice(from, to, maxBytes, size);
        }
        long stableEnd = Math.min(to, offset);
        // 0 would mean "no limit" to the view, and "one entry" here.
        List<Entry> stored = view.entries(from, stableEnd, Math.max(maxBytes, 1));
        if (stored == null || from + stored.size() < stableEnd || to <= offset) {
            return stored;
        }
        long left = maxBytes - size.of(stored);
        if (left < size.of(unstable.slice(offset, offset + 1, 0, size))) {
            return stored;
        }
        List<Entry> joined = new ArrayList<>(stored);
        joined.addAll(unstable.slice(offset, to, left, size));
        return joined;
    }

    /** Where applying could go to now: nothing that is committed but not durable here, unless allowed. */
    private long appliableIndex(boolean allowUnstable) {
        return allowUnstable ? commit : Math.min(commit, unstable.offset() - 1);
    }

    boolean hasCommittedToApply(boolean allowUnstable) {
        // While a snapshot is pending it would be unclear what is applied first.
        return !applying.isPaused() && !hasPendingSnapshot() && applying.handedOut() < appliableIndex(allowUnstable);
    }

    /** The next entries to apply; null where they are not in memory. Call only where there are some. */
    @Nullable
    List<Entry> committedToApply(boolean allowUnstable) {
        return slice(applying.handedOut() + 1, appliableIndex(allowUnstable) + 1, applying.budget());
    }

    /** The last index of the range to apply that is not in memory, at most {@code maxEntries} long. */
    long endOfRangeToApply(int maxEntries) {
        return Math.min(appliableIndex(false), applying.handedOut() + maxEntries);
    }

    void handOut(List<Entry> entries, boolean allowUnstable) {
        long last = entries.get(entries.size() - 1).getIndex();
        applying.handOut(last, size.of(entries), last < appliableIndex(allowUnstable));
    }

    /**
     * Whether a change of the configuration may stand between what is applied and what is committed. Where the entries
     * are not in memory the answer is yes: it is asked before campaigning, and waiting is safe.
     */
    boolean mayHaveUnappliedConfChange() {
        long from = applying.applied() + 1;
        while (from <= commit) {
            List<Entry> page = slice(from, commit + 1, SCAN_BYTES);
            if (page == null) {
                return true;
            }
            for (Entry entry : page) {
                if (entry.getType() != EntryType.ENTRY_NORMAL) {
                    return true;
                }
            }
            from += page.size();
        }
        return false;
    }
}
