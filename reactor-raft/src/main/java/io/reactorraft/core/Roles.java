package io.reactorraft.core;

/** The roles of §5.1 and figure 4, and what turns a node from one into another. */
final class Roles {

    private final NodeState node;
    private final RaftLog log;
    private final ProgressTracker tracker;
    private final Ticks ticks;
    private final Replication replication;
    private final ReadOnly readOnly;
    private final LeaderLease lease;
    private final LeadershipTransfer transfer;
    private final Proposals proposals;
    private final Election election;

    Roles(RaftCore core, Proposals proposals, Election election) {
        node = core.node;
        log = core.log;
        tracker = core.tracker;
        ticks = core.ticks;
        replication = core.replication;
        readOnly = core.readOnly;
        lease = core.lease;
        transfer = core.transfer;
        this.proposals = proposals;
        this.election = election;
    }

    void becomeFollower(long term, String leaderId) {
        reset(term);
        node.leaderId(leaderId);
        node.role(RaftRole.FOLLOWER);
    }

    private void becomePreCandidate() {
        // Neither term nor vote change: a pre-vote binds nobody (thesis §9.6).
        tracker.resetVotes();
        node.leaderId(NodeState.NOBODY);
        node.role(RaftRole.PRE_CANDIDATE);
    }

    /** "On conversion to candidate, start election: increment currentTerm, vote for self" (figure 2). */
    private void becomeCandidate() {
        reset(node.term() + 1);
        node.vote(node.id());
        node.role(RaftRole.CANDIDATE);
    }

    private void becomeLeader() {
        reset(node.term());
        node.leaderId(node.id());
        node.role(RaftRole.LEADER);
        Progress self = tracker.progress(node.id());
        if (self != null) {
            self.becomeReplicate();
            self.recentActive(true);
        }
        // "Having each leader commit a blank no-op entry into the log at the start of its term" (§8).
        proposals.becomeLeader();
        replication.broadcastAppend();
    }

    private void reset(long term) {
        node.term(term);
        node.leaderId(NodeState.NOBODY);
        ticks.reset();
        transfer.abort();
        tracker.reset(node.id(), log.lastIndex());
        proposals.reset();
        replication.reset();
        readOnly.reset();
        lease.reset();
    }

    /** Whether this node may lead: a voter that has all it needs. */
    boolean isPromotable() {
        Progress self = tracker.progress(node.id());
        return self != null && !self.isLearner() && !log.hasPendingSnapshot();
    }

    /** Stands for election, where this node may: the timeout is over, or somebody wants it to. */
    void campaign(Election.Campaign campaign) {
        // A change that is committed but not applied may have taken the vote from those we would count.
        if (!node.isLeader() && isPromotable() && !log.mayHaveUnappliedConfChange()) {
            standForElection(campaign);
        }
    }

    private void standForElection(Election.Campaign campaign) {
        if (campaign == Election.Campaign.PRE_ELECTION) {
            becomePreCandidate();
            election.requestVotes(campaign, node.term() + 1);
        } else {
            becomeCandidate();
            election.requestVotes(campaign, node.term());
        }
    }

    /** A voter has answered this candidate, or pre-candidate. */
    void voteHeard(String from, boolean granted) {
        switch (election.poll(from, granted)) {
            case WON -> {
                if (node.role() == RaftRole.PRE_CANDIDATE) {
                    standForElection(Election.Campaign.ELECTION);
                } else {
                    becomeLeader();
                }
            }
            case LOST -> becomeFollower(node.term(), NodeState.NOBODY);
            case PENDING -> {
                // Others have yet to answer.
            }
        }
    }
}
