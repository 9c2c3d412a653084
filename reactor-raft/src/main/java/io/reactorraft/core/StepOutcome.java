package io.reactorraft.core;

/** What became of a message handed to the core. Only proposals and reads are dropped so that their sender must hear of it. */
public enum StepOutcome {
    /** The message was taken, even if only to be ignored as stale. */
    TAKEN,
    /**
     * A proposal was not appended: no leader, a transfer under way, or too much uncommitted. Or a read was not taken: no
     * leader, or too many wait. Nothing happened.
     */
    PROPOSAL_DROPPED,
    /**
     * A message that no correct peer sends: a response from outside the configuration, a local message from outside, one
     * for somebody else, or one that contradicts itself or what is committed. Ignored; it changed nothing but perhaps the
     * term.
     */
    REFUSED
}
