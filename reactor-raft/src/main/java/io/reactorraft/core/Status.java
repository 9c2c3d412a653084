package io.reactorraft.core;

import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.HardState;
import java.util.Map;

/**
 * A core at one moment, for people and tests.
 *
 * @param progress by id, in id order; empty unless this node leads
 * @param transferee whom leadership is being handed to; empty: nobody
 */
public record Status(
        String id,
        HardState hardState,
        SoftState softState,
        long applied,
        ConfState confState,
        Map<String, PeerProgress> progress,
        String transferee) {

    /** How a leader sends to a follower. */
    public enum ProgressState {
        /** One message at a time, to find out where the logs meet. */
        PROBE,
        /** Optimistically, a window of messages at a time. */
        REPLICATE,
        /** Nothing but a snapshot, which is on its way. */
        SNAPSHOT
    }

    /**
     * A follower as its leader sees it.
     *
     * @param match the highest index known to be replicated there; {@code 0 <= match < next}
     * @param next the index of the next entry to send
     * @param recentActive whether anything was heard of it since the last check of the quorum
     * @param paused whether nothing is sent to it just now
     * @param inflight append messages that are not yet answered
     * @param pendingSnapshot the index of the snapshot on its way; 0: none
     */
    public record PeerProgress(
            long match,
            long next,
            ProgressState state,
            boolean learner,
            boolean recentActive,
            boolean paused,
            int inflight,
            boolean inflightFull,
            long pendingSnapshot) {}
}
