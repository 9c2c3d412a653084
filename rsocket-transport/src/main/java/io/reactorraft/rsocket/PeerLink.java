package io.reactorraft.rsocket;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.proto.Message;
import io.reactorraft.spi.Metric;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Our way to one peer: dials it, and again whenever the connection is lost, until it is let go of.
 *
 * <p>While no connection stands, messages are dropped at once: what waited for a dead peer would be stale when it comes
 * back, and Raft has better to send by then.
 *
 * <p><b>Threads.</b> {@link #send}, {@link #session} and {@link #groups} may be used from any thread; everything else
 * runs on the control loop, and so do the reports to the receivers.
 */
final class PeerLink {

    private static final Logger LOG = LoggerFactory.getLogger(PeerLink.class);
    private static final int REFUSED_FACTOR = 5;
    private static final int MAX_DOUBLINGS = 10;

    private final String peerId;
    private final Wiring wiring;
    private final Set<String> groups = new CopyOnWriteArraySet<>();
    private final AtomicLong nextReportNanos = new AtomicLong(System.nanoTime());
    private final Sinks.Empty<Void> ended = Sinks.empty();
    private volatile @Nullable Outbox outbox;
    private volatile @Nullable Session session;
    private volatile List<String> addresses = List.of();

    // All below belongs to the control loop. Each attempt and each wait has a ticket; a late answer to an older one
    // means nothing any more.
    private @Nullable Disposable attempt;
    private @Nullable Verdict lastVerdict;
    private int addressIndex;
    private int failures;
    private long ticket;
    private boolean awake;
    private boolean released;
    private boolean cut;

    PeerLink(String peerId, Wiring wiring) {
        this.peerId = peerId;
        this.wiring = wiring;
    }

    /** The groups that name this peer; none: only a connection of its own holds it. */
    Set<String> groups() {
        return groups;
    }

    /** The connection that stands; null: none does. */
    @Nullable
    Session session() {
        return session;
    }

    boolean isAt(String address) {
        return addresses.contains(address);
    }

    /** Where the peer is reached, else where it should be; null where nobody said. */
    @Nullable
    String address() {
        Session standing = session;
        List<String> known = addresses;
        return standing != null ? standing.address() : known.isEmpty() ? null : known.get(0);
    }

    /** Hands the message to the connection, or drops it and says so. Any thread; never waits. */
    void send(String groupId, Message message) {
        Outbox box = outbox;
        if (box != null && Batch.sizeOf(message) <= wiring.config().maxMessageBytes() && box.offer(message)) {
            return;
        }
        wiring.groups().record(Metric.PEER_DROPPED, groupId, peerId, 1);
        if (Batch.sizeOf(message) > wiring.config().maxMessageBytes()) {
            wiring.log()
                    .warn(
                            "too large for " + peerId,
                            "dropped a " + message.getType() + " of " + Batch.sizeOf(message) + " bytes to '" + peerId
                                    + "': more than maxMessageBytes="
                                    + wiring.config().maxMessageBytes());
        }
        if (box == null ? reportIsDue() : box.firstOverflow()) {
            wiring.loops().execute(() -> {
                reportUnreachable();
                if (!groups.contains(groupId)) {
                    wiring.groups().unreachable(groupId, peerId);
                }
            });
        }
    }

    /** Every group asks for much while a peer is down; one report for each redial is enough for all of it. */
    private boolean reportIsDue() {
        long due = nextReportNanos.get();
        long now = System.nanoTime();
        long next = now + wiring.config().minRedialDelay().toNanos();
        return now - due >= 0 && nextReportNanos.compareAndSet(due, next);
    }

    private void reportUnreachable() {
        groups.forEach(groupId -> wiring.groups().unreachable(groupId, peerId));
    }

    /** Where the peer is to be found from now on; a connection to any other address is replaced. */
    void locate(List<String> addresses) {
        if (released || addresses.isEmpty() || addresses.equals(this.addresses)) {
            return;
        }
        this.addresses = List.copyOf(addresses);
        addressIndex = 0;
        Session standing = session;
        if (standing != null && !addresses.contains(standing.address())) {
            standing.connection().dispose();
            lost(standing, "its address changed to " + addresses.get(0));
        } else if (standing == null) {
            cancelAttempt();
        }
        dialNow();
    }

    /** Tells the group, which has only now named the peer, what the others know already. */
    void introduceTo(String groupId) {
        Session standing = session;
        wiring.groups().record(Metric.PEER_UP, groupId, peerId, standing == null ? 0 : 1);
        if (standing != null) {
            wiring.groups().met(groupId, standing.remote().getSelf());
        }
    }

    /** The peer dialled us, so it is there. If it was started anew, what we are connected to is there no more. */
    void awake(ByteString bootId) {
        Session standing = session;
        if (standing != null && !standing.remote().getBootId().equals(bootId)) {
            standing.connection().dispose();
            lost(standing, "it was restarted");
        }
        dialNow();
    }

    private void dialNow() {
        failures = 0;
        awake = attempt != null;
        if (attempt == null && session == null) {
            dial();
        }
    }

    private void dial() {
        if (released || cut || addresses.isEmpty()) {
            return;
        }
        long mine = ++ticket;
        String address = addresses.get(addressIndex % addresses.size());
        // The attempt may end before the field is set, but what follows comes by way of the control loop, busy here.
        attempt = wiring.dialler()
                .dial(address, peerId, Purpose.MESSAGES)
                .subscribe(
                        established -> wiring.loops().execute(() -> connected(established, mine)),
                        error -> wiring.loops().execute(() -> failed(error, mine)));
    }

    private void connected(Session established, long answered) {
        if (answered != ticket) {
            established.connection().dispose();
            return;
        }
        attempt = null;
        awake = false;
        failures = 0;
        lastVerdict = null;
        FrameConnection connection = established.connection();
        Outbox box = new Outbox(
                connection, wiring.config().maxQueuedMessages(), wiring.config().maxQueuedBytes());
        established
                .socket()
                .requestChannel(box)
                .contextWrite(LateErrors::ignored)
                .subscribe(ignored -> {}, connection::fail, connection::dispose);
        connection
                .onClose()
                .subscribe(
                        null,
                        error -> wiring.loops().execute(() -> lost(established, reason(error))),
                        () -> wiring.loops().execute(() -> lost(established, "connection closed")));
        session = established;
        outbox = box;
        wiring.log().forget("unreachable " + peerId);
        LOG.info("'{}' is connected to '{}' at {}", wiring.selfId(), peerId, established.address());
        groups.forEach(groupId -> wiring.groups().record(Metric.PEER_UP, groupId, peerId, 1));
        wiring.groups().metByAll(established.remote().getSelf());
    }

    private void failed(Throwable error, long answered) {
        if (answered != ticket) {
            return;
        }
        attempt = null;
        failures++;
        addressIndex = (addressIndex + 1) % addresses.size();
        boolean refused = error instanceof Handshake.RefusedException;
        if (error instanceof Handshake.RefusedException refusal) {
            // Once for each verdict: every redial meets the same one until somebody changes something.
            if (refusal.verdict() != lastVerdict) {
                LOG.warn("'{}' cannot talk to '{}': {}", wiring.selfId(), peerId, error.getMessage());
            }
            lastVerdict = refusal.verdict();
        } else {
            wiring.log().warn("unreachable " + peerId, "'" + peerId + "' is not connected: " + error.getMessage());
        }
        if (awake) {
            awake = false;
            dial();
        } else {
            redialLater(refused);
        }
    }

    private void redialLater(boolean refused) {
        long min = wiring.config().minRedialDelay().toMillis();
        long max = wiring.config().maxRedialDelay().toMillis() * (refused ? REFUSED_FACTOR : 1);
        long delay = Math.min(max, min << Math.min(MAX_DOUBLINGS, Math.max(0, failures - 1)));
        long jittered = ThreadLocalRandom.current().nextLong(delay / 2, delay + 1);
        long due = ++ticket;
        wiring.loops()
                .schedule(
                        () -> {
                            if (due == ticket && session == null && attempt == null) {
                                dial();
                            }
                        },
                        jittered);
    }

    private void lost(Session gone, String reason) {
        Session standing = session;
        if (standing == null || standing.connection() != gone.connection()) {
            return;
        }
        outbox = null;
        session = null;
        groups.forEach(groupId -> wiring.groups().record(Metric.PEER_UP, groupId, peerId, 0));
        if (released) {
            ended.tryEmitEmpty();
            return;
        }
        LOG.warn("'{}' lost '{}' at {}: {}", wiring.selfId(), peerId, gone.address(), reason);
        // What was on its way may or may not have arrived.
        reportUnreachable();
        redialLater(false);
    }

    private static String reason(Throwable error) {
        return error.getMessage() == null ? "connection closed" : error.getMessage();
    }

    /** As if the network lost all that goes there, until {@link #mend}. */
    void cut() {
        cut = true;
        cancelAttempt();
        Session standing = session;
        if (standing != null) {
            standing.connection().fail(new IllegalStateException("cut off"));
            lost(standing, "cut off");
        }
    }

    void mend() {
        if (cut) {
            cut = false;
            dialNow();
        }
    }

    /** Lets what waits out, up to the grace, and never dials again. Completes when nothing of it is left. */
    Mono<Void> release(Duration grace) {
        if (!released) {
            released = true;
            cancelAttempt();
            Session standing = session;
            Outbox box = outbox;
            if (standing == null || box == null) {
                ended.tryEmitEmpty();
            } else {
                box.finish();
                standing.connection()
                        .schedule(
                                () -> standing.connection().fail(new IllegalStateException("does not read to the end")),
                                grace);
            }
        }
        return ended.asMono();
    }

    private void cancelAttempt() {
        ticket++;
        if (attempt != null) {
            attempt.dispose();
            attempt = null;
        }
    }
}
