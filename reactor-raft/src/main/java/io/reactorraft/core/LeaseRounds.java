package io.reactorraft.core;

/**
 * What a leader's lease rests on (thesis §6.4.1): rounds of heartbeats, numbered from 1 in each term. The core has no
 * clock; who has one keeps the lease.
 *
 * <p>Note the monotonic time for each new {@code begun} <em>before</em> the messages of that round leave. Every member of
 * a quorum has heard this leader after the beginning of round {@code confirmed}, and elects nobody for an election timeout
 * after that, so that no newer leader can commit anything: up to 0.8 election timeouts after that beginning, the rest
 * being for clocks that differ, what is applied here up to this leader's commit index is not stale. Look at the clock
 * once more when the state has been read, and at these rounds: they are void as soon as this node leads no more.
 *
 * @param begun the latest round begun in this term; 0: none
 * @param confirmed the latest round that a quorum has answered, {@code confirmed <= begun}; 0: no lease
 * @param unlimited the only voter: nobody else can lead, whatever the clock says
 */
public record LeaseRounds(long begun, long confirmed, boolean unlimited) {

    /** No lease: this node does not lead, or must not rely on one. */
    public static final LeaseRounds NONE = new LeaseRounds(0, 0, false);
}
