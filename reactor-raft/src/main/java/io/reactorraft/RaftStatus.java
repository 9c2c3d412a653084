package io.reactorraft;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A node at one moment. The fields belong together: they were taken on the loop between two batches.
 *
 * @param firstIndex the lowest index in the log
 * @param lastIndex the highest index in the log, durable or not
 * @param commitIndex the highest index known to be committed
 * @param appliedIndex the highest index that the state machine has seen; at most {@code commitIndex}
 * @param peers every member, this node included; refreshed where leadership changes, and else about twice an
 *     election timeout
 * @param alarms what an operator should look at; empty: nothing
 * @param timers what is still to run; null before the node was started
 * @param takenNanos when it was taken, by {@link System#nanoTime}; at least once a heartbeat while the loop goes round
 */
public record RaftStatus(
        Leadership leadership,
        long firstIndex,
        long lastIndex,
        long commitIndex,
        long appliedIndex,
        List<Peer> peers,
        List<Alarm> alarms,
        @Nullable Timers timers,
        long takenNanos) {

    /**
     * The time-outs of this node that are still to run, to a tick, which is a heartbeat interval.
     *
     * @param election until it stands for election unless it hears of a leader; while it leads, until it looks whether it
     *     still reaches a quorum
     * @param heartbeat until its next heartbeat; null: it does not lead
     */
    public record Timers(Duration election, @Nullable Duration heartbeat) {}

    /** How long ago it was taken. A running node's loop stalls where that is much more than a heartbeat. */
    public Duration age() {
        return Duration.ofNanos(Math.max(0, System.nanoTime() - takenNanos));
    }
}
