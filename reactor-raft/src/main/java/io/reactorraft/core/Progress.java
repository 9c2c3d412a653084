package io.reactorraft.core;

import io.reactorraft.core.Status.PeerProgress;
import io.reactorraft.core.Status.ProgressState;
import org.jspecify.annotations.Nullable;

/**
 * A follower as its leader sees it: how far their logs are known to match, and what to send next (§5.3, nextIndex and
 * matchIndex of figure 2).
 *
 * <p>Invariants: {@code 0 <= match < next}; {@code match} never goes back within a term; in {@code SNAPSHOT}, {@code
 * next == pendingSnapshot + 1}.
 */
final class Progress {

    private long match;
    private long next;

    /** The highest commit index sent to it that was not lost for sure. */
    private long sentCommit;

    private ProgressState state = ProgressState.PROBE;

    /** The index of the snapshot on its way; 0 unless in {@code SNAPSHOT}. */
    private long pendingSnapshot;

    private boolean recentActive;

    /** The latest round of heartbeats of this term that it has answered; 0: none. */
    private long confirmedRound;

    /** No append is sent until a response or a heartbeat's response shows that the follower is there. */
    private boolean flowPaused;

    /** The read of the log that this follower waits for; null: none. */
    private @Nullable LogRead awaitedRead;

    private final Inflights inflights;
    private final boolean learner;

    Progress(long match, long next, Inflights inflights, boolean learner) {
        this.match = match;
        this.next = next;
        this.inflights = inflights;
        this.learner = learner;
    }

    /** The same follower with another right to vote. The two share their window, so use only one of them. */
    Progress as(boolean newLearner) {
        Progress copy = new Progress(match, next, inflights, newLearner);
        copy.sentCommit = sentCommit;
        copy.state = state;
        copy.pendingSnapshot = pendingSnapshot;
        copy.recentActive = recentActive;
        copy.confirmedRound = confirmedRound;
        copy.flowPaused = flowPaused;
        copy.awaitedRead = awaitedRead;
        return copy;
    }

    long match() {
        return match;
    }

    long next() {
        return next;
    }

    ProgressState state() {
        return state;
    }

    boolean isLearner() {
        return learner;
    }

    boolean recentActive() {
        return recentActive;
    }

    void recentActive(boolean active) {
        recentActive = active;
    }

    long confirmedRound() {
        return confirmedRound;
    }

    void confirmedRound(long round) {
        confirmedRound = round;
    }

    boolean inflightsFull() {
        return inflights.isFull();
    }

    @Nullable
    LogRead awaitedRead() {
        return awaitedRead;
    }

    void awaitedRead(@Nullable LogRead read) {
        awaitedRead = read;
    }

    /** From here on one message at a time, until it is known where the logs meet. */
    void becomeProbe() {
        // After a snapshot the follower is known to have what the snapshot holds, if only the sender reported success.
        long behindSnapshot = state == ProgressState.SNAPSHOT ? pendingSnapshot + 1 : 0;
        enter(ProgressState.PROBE);
        next = Math.max(match + 1, behindSnapshot);
        sentCommit = Math.min(sentCommit, next - 1);
    }

    /** From here on optimistically, a window of messages at a time. */
    void becomeReplicate() {
        enter(ProgressState.REPLICATE);
        next = match + 1;
    }

    /** From here on nothing, until the snapshot of {@code index} is reported or acknowledged. */
    void becomeSnapshot(long index) {
        enter(ProgressState.SNAPSHOT);
        pendingSnapshot = index;
        next = index + 1;
        sentCommit = index;
    }

    /** The snapshot was lost: the next attempt starts where the follower was before it. */
    void abandonSnapshot() {
        pendingSnapshot = 0;
    }

    private void enter(ProgressState newState) {
        flowPaused = false;
        pendingSnapshot = 0;
        state = newState;
        inflights.reset();
    }

    /** An append with this many entries, of this many bytes, left. */
    void sentEntries(int entries, long bytes) {
        switch (state) {
            case REPLICATE -> {
                if (entries > 0) {
                    next += entries;
                    inflights.add(next - 1, bytes);
                }
                // What fills the window, or is sent into a full one, is a probe: wait for a sign of life after it.
                flowPaused = inflights.isFull();
            }
            case PROBE -> flowPaused = flowPaused || entries > 0;
            case SNAPSHOT -> throw new BrokenInvariantException("append to a follower that waits for a snapshot");
        }
    }

    void sentCommit(long commit) {
        sentCommit = commit;
    }

    /** Whether telling this commit index can move the follower's, given what it was told already. */
    boolean canBumpCommit(long commit) {
        return commit > sentCommit && sentCommit < next - 1;
    }

    /** The follower has acknowledged {@code index}; false where that is old news. */
    boolean maybeUpdate(long index) {
        if (index <= match) {
            return false;
        }
        match = index;
        next = Math.max(next, index + 1);
        flowPaused = false;
        return true;
    }

    /**
     * The follower has rejected the append after {@code rejected}, and the logs can match at {@code hint} at most;
     * false where the rejection answers an older message.
     */
    boolean maybeDecreaseTo(long rejected, long hint) {
        if (state == ProgressState.REPLICATE) {
            if (rejected <= match) {
                return false;
            }
            next = match + 1;
            sentCommit = Math.min(sentCommit, next - 1);
            return true;
        }
        // A probe is sent after next - 1 alone, so any other rejection belongs to an earlier one.
        if (next - 1 != rejected) {
            return false;
        }
        next = Math.max(Math.min(rejected, hint + 1), match + 1);
        sentCommit = Math.min(sentCommit, next - 1);
        flowPaused = false;
        return true;
    }

    void freeInflightsUpTo(long index) {
        inflights.freeUpTo(index);
    }

    void resumeFlow() {
        flowPaused = false;
    }

    void pauseFlow() {
        flowPaused = true;
    }

    /** Whether nothing is sent just now: it waits for a sign of life, or for a snapshot. */
    boolean isPaused() {
        return flowPaused || state == ProgressState.SNAPSHOT;
    }

    PeerProgress view() {
        return new PeerProgress(
                match,
                next,
                state,
                learner,
                recentActive,
                isPaused(),
                inflights.count(),
                inflights.isFull(),
                pendingSnapshot);
    }
}
