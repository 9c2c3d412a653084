package io.reactorraft.core;

import io.reactorraft.proto.HardState;

/** Who this node is, in which term, and whom it follows (figure 2, "State"). Changed by {@link RaftCore} alone. */
final class NodeState {

    /** Nobody: no vote, no leader. */
    static final String NOBODY = "";

    private final String id;
    private long term;
    private String vote;
    private String leaderId = NOBODY;
    private RaftRole role = RaftRole.FOLLOWER;

    NodeState(String id, HardState hardState) {
        this.id = id;
        this.term = hardState.getTerm();
        this.vote = hardState.getVote();
    }

    String id() {
        return id;
    }

    boolean isSelf(String other) {
        return id.equals(other);
    }

    long term() {
        return term;
    }

    /** "currentTerm ... increases monotonically"; a new one begins without a vote (figure 2). */
    void term(long newTerm) {
        if (newTerm < term) {
            throw new BrokenInvariantException("term would go back from " + term + " to " + newTerm);
        }
        if (newTerm != term) {
            term = newTerm;
            vote = NOBODY;
        }
    }

    String vote() {
        return vote;
    }

    void vote(String candidate) {
        vote = candidate;
    }

    String leaderId() {
        return leaderId;
    }

    void leaderId(String leader) {
        leaderId = leader;
    }

    boolean hasLeader() {
        return !leaderId.isEmpty();
    }

    RaftRole role() {
        return role;
    }

    void role(RaftRole newRole) {
        role = newRole;
    }

    boolean isLeader() {
        return role == RaftRole.LEADER;
    }
}
