package io.reactorraft;

import org.jspecify.annotations.Nullable;

/**
 * What this node knows of a member, itself included.
 *
 * @param active whether the leader heard from it within an election timeout; known on the leader alone
 * @param progress how far its log is known to match; null where this node does not lead
 */
public record Peer(Member member, boolean active, @Nullable Progress progress) {

    /**
     * A follower's progress as its leader tracks it.
     *
     * @param match the highest index known to be durable there; {@code 0 <= match < next}
     * @param next the next index to send
     * @param state {@code probe}, {@code replicate} or {@code snapshot}
     */
    public record Progress(long match, long next, String state) {}
}
