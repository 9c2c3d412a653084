package io.reactorraft;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * How many proposals, and how many of their bytes, may wait on this node: from the subscription until the subscriber has
 * been told, so that a slow subscriber cannot pile up results either. Any thread.
 */
final class ProposalBudget {
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();
    private final RaftConfig config;

    ProposalBudget(RaftConfig config) {
        this.config = config;
    }

    /** Makes room for so many entries, or says why there is none. */
    RaftException.@Nullable Overloaded reserve(int entries, long size) {
        if (count.addAndGet(entries) > config.maxPendingProposals()) {
            count.addAndGet(-entries);
            return overloaded(
                    "too many proposals wait on this node (maxPendingProposals=" + config.maxPendingProposals() + ")");
        }
        if (bytes.addAndGet(size) > config.maxPendingBytes()) {
            release(entries, size);
            return overloaded(
                    "too many bytes of proposals wait on this node (maxPendingBytes=" + config.maxPendingBytes() + ")");
        }
        return null;
    }

    void release(int entries, long size) {
        count.addAndGet(-entries);
        bytes.addAndGet(-size);
    }

    int count() {
        return count.get();
    }

    /** What a proposer is told where it might succeed a moment later. */
    RaftException.Overloaded overloaded(String why) {
        return new RaftException.Overloaded(why + "; try again shortly", config.heartbeatInterval());
    }

    /** What a proposer is told by a leader whose disk has no room: it hands over, where there is somebody else. */
    RaftException.Overloaded diskFull(String leaderId) {
        return RaftException.Overloaded.diskFull(
                "the disk of the leader " + leaderId + " is full, and it hands over where it can; make room there,"
                        + " or try again shortly",
                config.electionTimeout());
    }
}
