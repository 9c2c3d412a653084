package io.reactorraft.core;

/** What became of a message handed to the core. Only proposals can be dropped in a way their sender must hear of. */
public enum StepOutcome {
    /** The message was taken, even if only to be ignored as stale. */
    TAKEN,
    /** A proposal was not appended: no leader, a transfer under way, or too much uncommitted. Nothing happened. */
    PROPOSAL_DROPPED,
    /** A response from a peer that is not in the configuration, or a local message from outside; ignored. */
    REFUSED
}
