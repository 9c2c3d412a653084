package io.reactorraft;

import java.util.List;

/**
 * A node at one moment. The fields belong together: they were taken on the loop between two batches.
 *
 * @param firstIndex the lowest index in the log
 * @param lastIndex the highest index in the log, durable or not
 * @param commitIndex the highest index known to be committed
 * @param appliedIndex the highest index that the state machine has seen; at most {@code commitIndex}
 * @param peers every member, this node included; refreshed once a heartbeat
 */
public record RaftStatus(
        Leadership leadership,
        long firstIndex,
        long lastIndex,
        long commitIndex,
        long appliedIndex,
        List<Peer> peers) {}
