package io.reactorraft.quorum;

/** What the votes heard so far mean for an election (§5.2). */
public enum VoteResult {
    /** Neither a majority for nor a majority against; those who are silent may still decide it. */
    PENDING,
    /** So many voted against that the others cannot make a majority any more. */
    LOST,
    /** A majority voted for it; what the others say changes nothing. */
    WON
}
