package io.reactorraft.rsocket;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.Message;
import io.reactorraft.spi.Metric;
import io.reactorraft.spi.PeerStatus;
import io.reactorraft.spi.Transport.Refusal;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.context.Context;

/**
 * Our way to one peer: dials it, and again whenever the connection is lost, until it is let go of. At most one attempt
 * is under way at any time.
 *
 * <p>While no connection stands, messages are dropped at once: what waited for a dead peer would be stale when it comes
 * back, and Raft has better to send by then.
 *
 * <p><b>Threads.</b> {@link #send}, {@link #session}, {@link #status} and {@link #groups} may be used from any thread;
 * everything else runs on the control loop, and so do the reports to the receivers.
 */
final class PeerLink {

    private static final Logger LOG = LoggerFactory.getLogger(PeerLink.class);

    /** From so many connections on that stood only briefly, one after another, they are no longer told of singly. */
    private static final int FLAPPING = 3;

    /** A connection that stood for so many of the shortest waits may be dialled again without one. */
    private static final int WAITS_STOOD = 5;

    private final String peerId;
    private final Wiring wiring;
    private final Set<String> groups = new CopyOnWriteArraySet<>();
    private final AtomicLong nextReportNanos = new AtomicLong(System.nanoTime());
    private final Sinks.Empty<Void> ended = Sinks.empty();
    private final Addresses addresses = new Addresses();
    private final PeerHealth health = new PeerHealth();
    private final PeerProcess process = new PeerProcess();
    private final Prober prober;
    private final Undecided undecided;
    private volatile @Nullable Way way;

    // All below belongs to the control loop. Each attempt and each wait has a ticket; a late answer to an older one
    // means nothing any more.
    private final Backoff backoff;
    private @Nullable Disposable attempt;
    private @Nullable Refusal lastRefusal;
    private int briefConnections;
    private boolean stoodForAWhile = true;
    private long ticket;
    private boolean awake;
    private boolean moving;
    private boolean released;
    private boolean cut;

    PeerLink(String peerId, Wiring wiring) {
        this.peerId = peerId;
        this.wiring = wiring;
        prober = new Prober(peerId, wiring, health, groups);
        undecided = new Undecided(wiring.config().maxRedialDelay());
        backoff =
                new Backoff(wiring.config().minRedialDelay(), wiring.config().maxRedialDelay(), new SplittableRandom());
    }

    /** The groups that name this peer; none: only a connection of its own holds it. */
    Set<String> groups() {
        return groups;
    }

    /** The connection that stands; null: none does. */
    @Nullable
    Session session() {
        Way standing = way;
        return standing == null ? null : standing.session();
    }

    boolean isAt(String address) {
        return addresses.contains(address);
    }

    List<String> namedAddresses() {
        return addresses.named();
    }

    /** Where the peer is reached, else where it should be; null where nobody said. */
    @Nullable
    String address() {
        Session standing = session();
        return standing != null ? standing.address() : addresses.current();
    }

    /** Asks the peer where it stands, now. */
    void ask() {
        Session standing = session();
        if (standing != null) {
            prober.ask(standing).subscribe(null, unanswered -> {}); // the next probe comes
        }
    }

    PeerStatus status(String groupId) {
        return health.status(peerId, groupId, address());
    }

    /** Hands the message to the connection, or drops it and says so. Any thread; never waits. */
    void send(String groupId, Message message) {
        Way standing = way;
        boolean tooLarge = Batch.sizeOf(message) > wiring.config().maxMessageBytes();
        if (standing != null && !tooLarge && standing.offer(message)) {
            return;
        }
        Lane lane = Lane.of(message);
        wiring.groups().record(lane.dropped(), groupId, peerId, 1);
        if (tooLarge) {
            wiring.log()
                    .warn(
                            "too large for " + peerId,
                            "dropped a " + message.getType() + " of " + Batch.sizeOf(message) + " bytes to '" + peerId
                                    + "': more than maxMessageBytes="
                                    + wiring.config().maxMessageBytes());
        }
        if (standing == null ? reportIsDue() : standing.lane(lane).firstOverflow()) {
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

    /**
     * Where the group says that the peer is to be found. A connection to anywhere else is replaced, in order, once the
     * peer was found to answer at the new address.
     */
    void locate(List<String> named) {
        if (released || !addresses.name(named)) {
            return;
        }
        Way standing = way;
        if (standing == null) {
            cancelAttempt();
            dialNow();
        } else {
            cancelAttempt();
            backoff.reset();
            dial();
        }
    }

    /** Tells the group, which has only now named the peer, what the others know already. */
    void introduceTo(String groupId) {
        Session standing = session();
        wiring.groups().record(Metric.PEER_UP, groupId, peerId, standing == null ? 0 : 1);
        if (standing != null) {
            wiring.groups().met(groupId, standing.remote().getSelf());
        }
    }

    /** The peer dialled us, so it is there. If it was started anew, what we are connected to is there no more. */
    void awake(Member peer, ByteString bootId) {
        reportGone(process.arrived(bootId));
        Way standing = way;
        boolean anew =
                standing != null && !standing.session().remote().getBootId().equals(bootId);
        addresses.tell(peer.getAddressesList(), standing == null || anew);
        if (standing != null && anew) {
            standing.session().connection().dispose();
            lost(standing, "it was restarted");
        }
        dialNow();
    }

    /** Lets what waits out, and dials anew. */
    void hangUp() {
        Way standing = way;
        if (standing != null) {
            standing.finish(wiring.config().closeGrace());
        }
    }

    /** The peer's connection to us is gone. */
    void left() {
        reportGone(process.left());
        if (process.isInDoubt() && stoodForAWhile) {
            dialAtOnce();
        }
    }

    private void reportGone(boolean gone) {
        if (gone) {
            wiring.groups().gone(groups, peerId);
        }
    }

    private void dialNow() {
        backoff.reset();
        dialAtOnce();
    }

    private void dialAtOnce() {
        awake = attempt != null;
        if (attempt == null && way == null) {
            dial();
        }
    }

    /** Dials where the peer should be; while a connection stands, only to find out whether it is there. */
    private void dial() {
        String address = addresses.current();
        Way standing = way;
        boolean fine = standing != null && addresses.contains(standing.session().address());
        if (released || cut || fine || address == null) {
            return;
        }
        long mine = ++ticket;
        Purpose purpose = standing == null ? Purpose.MESSAGES : Purpose.REQUESTS;
        // The attempt may end before the field is set, but what follows comes by way of the control loop, busy here.
        attempt = wiring.dialler()
                .dial(address, peerId, purpose)
                .subscribe(
                        established -> wiring.loops().execute(() -> answered(established, purpose, mine)),
                        error -> wiring.loops().execute(() -> failed(error, mine)),
                        null,
                        LateErrors.ignored(Context.empty())); // it may fail as it is cancelled
    }

    private void answered(Session established, Purpose purpose, long ticketOfIt) {
        if (ticketOfIt != ticket) {
            established.connection().dispose();
            return;
        }
        attempt = null;
        Way standing = way;
        Refusal since = wiring.groups().of(established.remote().getSelf());
        if (since != null) { // the members changed since it was judged, and nobody might judge it again
            established.connection().dispose();
            failed(new Handshake.RefusedException(false, established.address(), since), ticketOfIt);
        } else if (purpose == Purpose.MESSAGES) {
            connected(established);
        } else {
            established.connection().dispose();
            if (standing != null) {
                moving = true;
                standing.finish(wiring.config().closeGrace());
            }
        }
    }

    private void connected(Session established) {
        awake = false;
        lastRefusal = null;
        noLongerUndecided();
        Way opened = new Way(established, wiring.config());
        opened.open();
        FrameConnection connection = established.connection();
        connection
                .onClose()
                .subscribe(
                        null,
                        error -> wiring.loops().execute(() -> lost(opened, reason(error))),
                        () -> wiring.loops().execute(() -> lost(opened, "connection closed")));
        health.connected();
        way = opened;
        reportGone(process.connected(established.remote().getBootId()));
        if (briefConnections < FLAPPING && !groups.isEmpty()) {
            wiring.log().forget("unreachable " + peerId);
            LOG.info("'{}' is connected to '{}' at {}", wiring.selfId(), peerId, established.address());
        }
        groups.forEach(groupId -> wiring.groups().record(Metric.PEER_UP, groupId, peerId, 1));
        wiring.groups().metByAll(established.remote().getSelf());
        prober.probe(established);
    }

    private void failed(Throwable error, long ticketOfIt) {
        if (ticketOfIt != ticket) {
            return;
        }
        attempt = null;
        addresses.failed();
        health.failed(reason(error), way != null);
        reportGone(process.missed(error instanceof Dialler.DialException dialled && dialled.isNobodyThere()));
        if (error instanceof Handshake.RefusedException refusal) {
            refused(refusal);
        } else {
            wiring.log().warn(kind("unreachable"), "'" + peerId + "' is not connected: " + error.getMessage());
        }
        if (awake) {
            awake = false;
            dial();
        } else {
            redialLater(error instanceof Handshake.RefusedException refusal
                    && !refusal.refusal().isNotYet());
        }
    }

    /** Whom no group names shares a kind with all others like it: anybody who connects may claim to be one of them. */
    private String kind(String what) {
        return groups.isEmpty() ? what + " stranger" : what + " " + peerId;
    }

    /**
     * Told once for each verdict, and when it rests on more of the log: every redial meets the same one until somebody changes
     * something.
     */
    private void refused(Handshake.RefusedException refused) {
        Refusal refusal = refused.refusal();
        Refusal last = lastRefusal;
        if (refusal.isNotYet()) {
            lastRefusal = null;
            stillUndecided(refused);
        } else if (last == null || last.verdict() != refusal.verdict()) {
            noLongerUndecided();
            lastRefusal = refusal;
            String line = "'" + wiring.selfId() + "' cannot talk to '" + peerId + "': " + refused.getMessage();
            if (groups.isEmpty()) {
                wiring.log().warn(kind("refused"), line);
            } else {
                LOG.warn(line);
            }
        } else if (refusal.knownIndex() > last.knownIndex()) {
            lastRefusal = refusal;
        } else {
            return;
        }
        if (refused.byPeer()) {
            wiring.groups().refusedByPeer(groups, peerId, refusal);
        }
    }

    private void stillUndecided(Handshake.RefusedException refused) {
        LOG.debug("'{}' is to call '{}' again: {}", wiring.selfId(), peerId, refused.getMessage());
        boolean isPeer = !groups.isEmpty(); // anybody may call and then never say who its members are
        if (isPeer && undecided.isToBeSaid(System.nanoTime())) {
            LOG.warn(
                    "'{}' and '{}' have had no verdict on each other for {} ms: {}. Nothing passes between them: look at the"
                            + " log of the one that is still starting, at its disk and its state machine, and start it"
                            + " again if it does not get on",
                    wiring.selfId(),
                    peerId,
                    undecided.patience().toMillis(),
                    refused.getMessage());
        }
    }

    private void noLongerUndecided() {
        if (undecided.ends()) {
            LOG.info("'{}' waits no longer for a verdict on or of '{}'", wiring.selfId(), peerId);
        }
    }

    private void redialLater(boolean refused) {
        long due = ++ticket;
        wiring.loops()
                .schedule(
                        () -> {
                            if (due == ticket && attempt == null) {
                                dial();
                            }
                        },
                        backoff.next(refused));
    }

    private void lost(Way gone, String reason) {
        if (way != gone) {
            return;
        }
        way = null;
        health.failed(reason, false);
        groups.forEach(groupId -> wiring.groups().record(Metric.PEER_UP, groupId, peerId, 0));
        if (released) {
            ended.tryEmitEmpty();
            return;
        }
        boolean moved = moving;
        moving = false;
        tellOfLoss(gone, reason, moved);
        // What was on its way may or may not have arrived.
        reportUnreachable();
        reportGone(process.disconnected());
        cancelAttempt();
        // Else a process and its successor, whose connections take each other's place, would dial in turns without a
        // pause.
        stoodForAWhile = gone.age().compareTo(wiring.config().minRedialDelay().multipliedBy(WAITS_STOOD)) >= 0;
        if (moved || briefConnections == 0) {
            dialNow(); // the connection broke, or the process behind it ended: the groups want to know which
        } else if (stoodForAWhile) {
            dialAtOnce(); // and goes on with longer waits, should it break again and again
        } else {
            redialLater(false);
        }
    }

    private void tellOfLoss(Way gone, String reason, boolean moved) {
        if (moved) {
            LOG.info("'{}' moves from {} to {}", peerId, gone.session().address(), addresses.current());
            return;
        }
        boolean brief = gone.age().compareTo(wiring.config().keepAliveTimeout()) < 0;
        briefConnections = brief ? briefConnections + 1 : 0;
        String line = "'" + wiring.selfId() + "' lost '" + peerId + "' at "
                + gone.session().address() + ": " + reason;
        if (briefConnections < FLAPPING && !groups.isEmpty()) {
            LOG.warn(line);
        } else {
            wiring.log().warn(kind("flapping"), line);
        }
    }

    private static String reason(Throwable error) {
        return error.getMessage() == null ? "connection closed" : error.getMessage();
    }

    /** As if the network lost all that goes there, until {@link #mend}. */
    void cut() {
        cut = true;
        cancelAttempt();
        Way standing = way;
        if (standing != null) {
            standing.session().connection().fail(new IllegalStateException("cut off"));
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
            Way standing = way;
            if (standing == null) {
                ended.tryEmitEmpty();
            } else {
                standing.finish(grace);
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
