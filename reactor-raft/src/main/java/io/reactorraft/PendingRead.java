package io.reactorraft;

/** A read that waits for its index to be confirmed, and applied here. Exactly one of the two methods is called, once. */
interface PendingRead {

    /** This node has applied everything up to {@code index}, and may answer. Called on the apply thread. */
    void answer(long index);

    /** There will be no answer. Called on the loop. */
    void fail(RaftException failure);

    /** When it gives up, by the node's monotonic clock. */
    long deadlineNanos();

    /** Whether nobody waits for it any more. */
    boolean left();

    /** Whether the leader's lease is enough for it. */
    default boolean trustsLease() {
        return false;
    }

    /** A quorum is asked about it, so that no lease matters any more. */
    default void asksQuorum() {}

    /** Whether it goes on waiting where the applier halts, which may be freed again. */
    default boolean isPatient() {
        return false;
    }
}
