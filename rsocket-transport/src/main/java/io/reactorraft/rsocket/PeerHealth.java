package io.reactorraft.rsocket;

import io.reactorraft.proto.ProbeReply;
import io.reactorraft.proto.Standing;
import io.reactorraft.spi.PeerStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is known of a peer's way and clock. Changed on the control loop alone, read from any thread. */
final class PeerHealth {

    private volatile boolean reachable;
    private volatile Instant since = Instant.now();
    private volatile @Nullable Failure failure;
    private volatile @Nullable Measured measured;

    void connected() {
        reachable = true;
        since = Instant.now();
    }

    /** A connection was lost, or none came about; {@code standing} tells whether another one stands. */
    void failed(String reason, boolean standing) {
        Instant now = Instant.now();
        failure = new Failure(reason, now);
        if (reachable && !standing) {
            reachable = false;
            since = now;
            measured = null;
        }
    }

    /**
     * A probe was answered.
     *
     * @param askedMillis our wall clock at the question
     * @return how far the peer's clock is ahead, beyond what the round trip itself may explain
     */
    Duration answered(ProbeReply reply, long askedMillis, long roundTripNanos) {
        long tripMillis = Duration.ofNanos(roundTripNanos).toMillis();
        long skew = reply.getTimeMillis() - (askedMillis + tripMillis / 2);
        measured = new Measured(
                Duration.ofNanos(roundTripNanos), Duration.ofMillis(skew), List.copyOf(reply.getStandingsList()));
        long certain = Math.max(0, Math.abs(skew) - tripMillis / 2 - 1);
        return Duration.ofMillis(skew < 0 ? -certain : certain);
    }

    PeerStatus status(String peerId, String groupId, @Nullable String address) {
        Failure failed = failure;
        Measured latest = measured;
        return new PeerStatus(
                peerId,
                reachable,
                since,
                address,
                failed == null ? null : failed.reason(),
                failed == null ? null : failed.at(),
                latest == null ? null : latest.roundTrip(),
                latest == null ? null : latest.clockSkew(),
                latest == null ? null : latest.of(groupId));
    }

    private record Failure(String reason, Instant at) {}

    private record Measured(Duration roundTrip, Duration clockSkew, List<Standing> standings) {

        @Nullable
        Standing of(String groupId) {
            return standings.stream()
                    .filter(standing -> standing.getGroupId().equals(groupId))
                    .findFirst()
                    .orElse(null);
        }
    }
}
