package io.reactorraft.spi;

import io.reactorraft.proto.Standing;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a transport knows of a peer, at the moment it is asked. Times are of this node's wall clock, for people alone.
 *
 * @param reachable whether a connection to it stands
 * @param since when it became reachable, or unreachable
 * @param address where it is reached, else where it is looked for; null: nobody said
 * @param lastFailure why it was last lost or could not be reached, in one line; null: that never happened
 * @param lastFailureAt when that was
 * @param roundTrip from the latest question to its answer; null: none was answered yet
 * @param clockSkew how far its wall clock is ahead of ours, negative where behind; null as before
 * @param standing where the group stands there, as it last said; null as before
 */
public record PeerStatus(
        String peerId,
        boolean reachable,
        Instant since,
        @Nullable String address,
        @Nullable String lastFailure,
        @Nullable Instant lastFailureAt,
        @Nullable Duration roundTrip,
        @Nullable Duration clockSkew,
        @Nullable Standing standing) {}
