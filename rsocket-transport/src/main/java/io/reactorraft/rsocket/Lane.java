package io.reactorraft.rsocket;

import io.reactorraft.proto.Message;
import io.reactorraft.spi.Metric;

/**
 * The classes of messages, each with a channel and a bounded queue of its own on the connection to a peer, so that bulk
 * neither takes the place of what keeps a leader in office nor goes ahead of it.
 *
 * <p>Order is kept within a lane. Across them it need not be: a heartbeat that overtakes appends tells of a commit no
 * higher than what the follower has acknowledged already, and MSG_TIMEOUT_NOW is sent to nobody whose log is behind.
 */
enum Lane {
    /** Heartbeats, votes, answers and reads: small, and written first. */
    CONTROL(Metric.PEER_DROPPED_CONTROL),
    /** What replicates entries. */
    APPENDS(Metric.PEER_DROPPED_APPENDS);

    private final Metric dropped;

    Lane(Metric dropped) {
        this.dropped = dropped;
    }

    /** What counts the messages that this lane drops. */
    Metric dropped() {
        return dropped;
    }

    static Lane of(Message message) {
        return switch (message.getType()) {
            case MSG_APPEND, MSG_PROPOSE, MSG_SNAPSHOT -> APPENDS;
            default -> CONTROL;
        };
    }
}
