package io.reactorraft.rsocket;

import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.ProbeReply;
import io.reactorraft.spi.Metric;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;
import reactor.core.publisher.Mono;

/**
 * Asks a connected peer, now and then, where its groups stand and what time it is: that tells the round trip and how far
 * its clock is off. That a peer is dead the keepalive finds out, sooner.
 */
final class Prober {

    /** Clocks that are further apart are warned of: leases, and whoever reads logs side by side, rely on them. */
    static final Duration MAX_SKEW = Duration.ofSeconds(1);

    private final String peerId;
    private final Wiring wiring;
    private final PeerHealth health;
    private final Set<String> groups;

    Prober(String peerId, Wiring wiring, PeerHealth health, Set<String> groups) {
        this.peerId = peerId;
        this.wiring = wiring;
        this.health = health;
        this.groups = groups;
    }

    /** Asks at once and then in intervals, until the connection is gone. Signals on the control loop. */
    void probe(Session session) {
        FrameConnection connection = session.connection();
        if (connection.isDisposed()) {
            return;
        }
        ask(session).subscribe(null, error -> again(session), () -> again(session));
    }

    /** Asks once; completes with the answer, or fails without one. */
    Mono<Void> ask(Session session) {
        return Mono.defer(() -> {
                    long askedMillis = System.currentTimeMillis();
                    long askedNanos = System.nanoTime();
                    return session.socket()
                            .requestResponse(Route.PROBE.payload(ByteBuffer.allocate(0)))
                            .doOnNext(payload -> {
                                long trip = System.nanoTime() - askedNanos;
                                ByteBuffer data = payload.getData();
                                wiring.loops().execute(() -> answered(data, askedMillis, trip));
                            });
                })
                .timeout(wiring.config().keepAliveTimeout(), wiring.loops().scheduler())
                .contextWrite(LateErrors::ignored)
                .then();
    }

    private void again(Session session) {
        wiring.loops()
                .schedule(() -> probe(session), wiring.config().probeInterval().toMillis());
    }

    private void answered(ByteBuffer data, long askedMillis, long tripNanos) {
        ProbeReply reply;
        try {
            reply = ProbeReply.parseFrom(data);
        } catch (InvalidProtocolBufferException garbled) {
            return; // it will be asked again
        }
        Duration skew = health.answered(reply, askedMillis, tripNanos);
        for (String groupId : groups) {
            wiring.groups().record(Metric.PEER_ROUND_TRIP, groupId, peerId, tripNanos);
            wiring.groups().record(Metric.PEER_CLOCK_SKEW, groupId, peerId, skew.toMillis());
        }
        if (skew.abs().compareTo(MAX_SKEW) > 0) {
            wiring.log()
                    .warn(
                            "skew of " + peerId,
                            "the clock of '" + peerId + "' is " + skew.abs().toMillis() + " ms "
                                    + (skew.isNegative() ? "behind" : "ahead of") + " that of '" + wiring.selfId()
                                    + "': synchronise both");
        }
    }
}
