package io.reactorraft;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What this node knows of a member, itself included.
 *
 * @param active whether the leader heard from it within an election timeout; known on the leader alone
 * @param progress how far its log is known to match; null where this node does not lead
 * @param silence how long ago it answered a heartbeat last; null where this node does not lead, or it never did
 * @param contact how it can be reached; null for this node itself, and where the transport does not know
 * @param standing where it says that it stands; null where it was not asked, or has not answered
 */
public record Peer(
        Member member,
        boolean active,
        @Nullable Progress progress,
        @Nullable Duration silence,
        @Nullable Contact contact,
        @Nullable Standing standing) {

    /** A peer of whose connection nothing is known. */
    public Peer(Member member, boolean active, @Nullable Progress progress) {
        this(member, active, progress, null, null, null);
    }

    /**
     * A follower's progress as its leader tracks it.
     *
     * @param match the highest index known to be durable there; {@code 0 <= match < next}
     * @param next the next index to send
     * @param state {@code probe}, {@code replicate} or {@code snapshot}
     */
    public record Progress(long match, long next, String state) {}

    /**
     * Our connection to a peer.
     *
     * @param since when it became reachable, or unreachable
     * @param lastFailure why it was last lost or could not be reached, in one line; null: that never happened
     * @param lastFailureAt when that was
     * @param roundTrip of the latest question; null: none was answered since it is reachable
     * @param clockSkew how far its wall clock is ahead of ours, negative where behind; null as before
     */
    public record Contact(
            boolean reachable,
            Instant since,
            @Nullable String lastFailure,
            @Nullable Instant lastFailureAt,
            @Nullable Duration roundTrip,
            @Nullable Duration clockSkew) {}

    /**
     * Where the group stands on a member, by its own account.
     *
     * @param votedFor whom it voted for in that term; null: nobody
     * @param leaderId whom it believes to lead; null: nobody
     */
    public record Standing(
            Role role,
            long term,
            @Nullable String votedFor,
            @Nullable String leaderId) {}
}
