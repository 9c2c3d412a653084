package io.reactorraft.core;

/** What a node is to its group in its current term (§5.1), with the pre-candidate of the thesis, §9.6. */
public enum RaftRole {
    /** Answers leaders and candidates. */
    FOLLOWER,
    /** Asks whether it could win, without disturbing anybody's term. */
    PRE_CANDIDATE,
    /** Asks for votes in a new term. */
    CANDIDATE,
    /** Takes proposals and replicates them. */
    LEADER
}
