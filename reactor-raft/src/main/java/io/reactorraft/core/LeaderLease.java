package io.reactorraft.core;

/**
 * The rounds of heartbeats of a leader, as far as its lease rests on them (thesis §6.4.1); see {@link LeaseRounds}.
 *
 * <p>It stays safe while the configuration changes: a quorum of the configuration in force has a member in common with
 * every quorum of the next one, and there is no election in the one after that without a later leader in between. A member
 * that is added counts from the first round it answers.
 */
final class LeaderLease {

    private final boolean kept;
    private final NodeState node;
    private final RaftLog log;
    private final ProgressTracker tracker;
    private long begun;
    private boolean ended;

    LeaderLease(boolean kept, NodeState node, RaftLog log, ProgressTracker tracker) {
        this.kept = kept;
        this.node = node;
        this.log = log;
        this.tracker = tracker;
    }

    /** A new role or term. */
    void reset() {
        begun = 0;
        ended = false;
    }

    /** Heartbeats are about to leave; the number they carry. */
    long beginRound() {
        return kept ? ++begun : 0;
    }

    /** A member has answered a heartbeat of this round. */
    void heartbeatAnswered(Progress progress, long round) {
        // A round that was not begun yet is nobody's to answer.
        if (round > progress.confirmedRound() && round <= begun) {
            progress.confirmedRound(round);
        }
    }

    /** In this term nobody can be relied on any more: somebody was told to campaign. */
    void end() {
        ended = true;
    }

    LeaseRounds rounds() {
        if (!kept || ended || !node.isLeader()) {
            return LeaseRounds.NONE;
        }
        // "A leader must have the latest information on which entries are committed" (§8): none before its first
        // commit. What was begun is told all the same, for its time to be noted.
        if (!log.matches(log.commit(), node.term())) {
            return new LeaseRounds(begun, 0, false);
        }
        long confirmed = Math.min(tracker.configuration().voters().committedIndex(this::confirmedBy), begun);
        return new LeaseRounds(begun, confirmed, tracker.configuration().isSoleVoter(node.id()));
    }

    private long confirmedBy(String voter) {
        if (node.isSelf(voter)) {
            return begun;
        }
        Progress progress = tracker.progress(voter);
        return progress == null ? 0 : progress.confirmedRound();
    }
}
