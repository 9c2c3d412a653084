package io.reactorraft;

/** How fresh a read must be. */
public enum Consistency {
    /** No older than anything acknowledged before the read began; a quorum confirms it (thesis §6.4). */
    LINEARIZABLE,
    /** The same, trusting clocks instead of asking a quorum; where the group has not switched leases on: LINEARIZABLE. */
    LEASE,
    /** Whatever this node has applied. */
    STALE
}
