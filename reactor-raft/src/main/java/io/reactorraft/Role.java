package io.reactorraft;

/** What a node shows of its part in the group. */
public enum Role {
    /** Leads its term, and has applied everything that earlier terms committed. */
    LEADER,
    /** Follows a leader, or waits for one. */
    FOLLOWER,
    /** Stands for election; also a winner that has not yet caught up. */
    CANDIDATE,
    /** Receives the log and has no vote. */
    LEARNER
}
