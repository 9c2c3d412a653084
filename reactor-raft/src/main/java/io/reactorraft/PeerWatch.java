package io.reactorraft;

import io.reactorraft.core.RawNode;
import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.proto.Standing;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.Transport;
import io.reactorraft.spi.Transport.Refusal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;

/**
 * What this node learns of its peers beside their messages, and what follows from it: one that is refused for good ends,
 * and one whose leader's process is gone hurries.
 *
 * <p><b>Threads.</b> The transport's threads tell; all else is on the loop.
 */
final class PeerWatch {
    private static final Logger LOG = LoggerFactory.getLogger(PeerWatch.class);

    private final NodeSettings settings;
    private final MemberDirectory members;
    private final Transport transport;
    private final NodeThreads threads;
    private final Consumer<Inbox.Event> loop;
    private final Refusals refusals;
    private final MistakenPeers mistaken;
    private final DataIds dataIds;
    private final PeerView view;
    private final PeerBroadcaster broadcaster;
    private @Nullable FastFailover failover;
    private List<Alarm> alarms = List.of();
    private volatile @Nullable LoopSide side;
    private boolean behind;

    PeerWatch(
            NodeSettings settings,
            NodeServices services,
            MemberDirectory members,
            NodeThreads threads,
            SerialQueue signals,
            Consumer<Inbox.Event> loop) {
        this.settings = settings;
        this.members = members;
        this.transport = services.transport();
        this.threads = threads;
        this.loop = loop;
        this.refusals = new Refusals(settings.config().electionTicks());
        this.mistaken = new MistakenPeers(settings.config().electionTicks());
        this.dataIds = new DataIds(settings, members, threads.wallClock());
        this.view = new PeerView(settings, services, members);
        this.broadcaster = new PeerBroadcaster(signals);
    }

    PeerView view() {
        return view;
    }

    /** How all members are; see {@link Membership#peers}. */
    Flux<List<Peer>> peers() {
        return broadcaster.flux();
    }

    /** The loop runs from now on. */
    void begin(LoopSide now, FastFailover.Timer timer) {
        side = now;
        behind = now.isBehind();
        failover = new FastFailover(settings.id(), now::mayCampaignEarly, timer);
    }

    void end() {
        broadcaster.end();
    }

    /** The peer answered a heartbeat. Any thread. */
    void heard(String peerId) {
        view.heard(peerId, threads.nanoTime().getAsLong());
    }

    /** Where this node stands, as peers are told. Any thread. */
    Standing standing() {
        LoopSide now = side;
        return now == null ? Standing.getDefaultInstance() : now.standing();
    }

    /** Somebody's handshake succeeded. Any thread. */
    void met(io.reactorraft.proto.Member peer) {
        members.met(peer);
        loop.accept(core -> {
            refusals.welcomed(peer.getId());
            mistaken.welcomed(peer.getId());
        });
    }

    /** What there is against a peer. Any thread. */
    @Nullable
    Refusal judge(io.reactorraft.proto.Member peer) {
        LoopSide now = side;
        if (now == null || now.isBehind()) {
            return members.notes(peer) || (now != null && isWelcomeByNow(now, peer))
                    ? null
                    : new Refusal(
                            Verdict.NOT_YET,
                            "'" + settings.id() + "' is still starting, and has yet to read who its members are");
        }
        long knownIndex = now.status().appliedIndex(); // before the members: they may know more, not less
        Refusal refusal = members.judge(peer);
        return refusal == null ? null : new Refusal(refusal.verdict(), refusal.reason(), knownIndex);
    }

    /** Who is not known by its disk waits for as long as a replay may take; what speaks against it, for all of it. */
    private boolean isWelcomeByNow(LoopSide now, io.reactorraft.proto.Member peer) {
        return !now.isReplaying() && members.judge(peer) == null;
    }

    /** Whether a peer is a member. Any thread. */
    boolean knows(io.reactorraft.proto.Member peer) {
        return members.knows(peer);
    }

    /** A peer refuses this node. Any thread. */
    void refused(String peerId, Refusal refusal) {
        loop.accept(core -> {
            refusals.refused(peerId, refusal);
            mistaken.refused(peerId, refusal);
        });
    }

    /** Whether somebody refuses this node, and nobody leads it all the same. Any thread. */
    boolean isRefused() {
        return refusals.any();
    }

    /** What operators should know of it. Loop only. */
    List<Alarm> alarms() {
        return alarms;
    }

    /** A peer's process is gone. Any thread. */
    void gone(String peerId) {
        loop.accept(core -> {
            LoopSide now = side;
            if (now != null && failover != null) {
                failover.gone(core, peerId, now.voters());
            }
        });
    }

    /** Once a tick. */
    void tick(RawNode core, LoopSide now, Lifecycle lifecycle) {
        broadcaster.show(now.status().peers());
        if (now.status().leadership().leading()) {
            dataIds.record(core);
        }
        if (mistaken.tick(
                now.status().leadership().leading(),
                () -> members.roster().members().keySet())) {
            LOG.warn(
                    "{} hands leadership over where it can: a member still takes its disk for an emptied one",
                    settings.logPrefix());
            now.handOver();
        }
        if (behind) { // it does not know yet whether it belongs, so nobody's word ends it
            if (now.isBehind()) {
                return;
            }
            behind = false;
            transport.peers(settings.groupId(), members.roster().all()); // who was told to wait is dialled at once
        }
        Refusal refusal = refusals.any() ? refusals.tick(!core.leaderId().isEmpty(), own(core, now)) : null;
        lookForAnotherGroup();
        if (refusal == null) {
            return;
        }
        if (refusal.verdict() == Verdict.REMOVED) {
            String reason = refusal.reason();
            lifecycle.removed(() -> LOG.warn("{} ends: {}", settings.logPrefix(), reason));
        } else {
            boolean wiped = refusal.verdict() == Verdict.WIPED;
            lifecycle.fail(new StartRefusedException(
                    wiped ? StartRefusedException.Kind.WIPED : StartRefusedException.Kind.FOREIGN, refusal.reason()));
        }
    }

    private Refusals.Own own(RawNode core, LoopSide now) {
        Set<String> others = new HashSet<>(now.voters());
        others.remove(settings.id());
        return new Refusals.Own(core.lastIndex() <= Genesis.INDEX, members.knowsItself(), core.commitIndex(), others);
    }

    /**
     * A member that lags behind refuses others for a while. One that this group has never met, or that is of a later
     * generation, knows another group: founders whose disks were emptied, while it was away, have begun this one.
     */
    private void lookForAnotherGroup() {
        if (refusals.outweighed().isEmpty() && alarms.isEmpty()) {
            return;
        }
        Roster roster = members.roster();
        refusals.outweighed().keySet().retainAll(roster.members().keySet());
        List<Alarm> now = new ArrayList<>();
        refusals.outweighed().forEach((id, refusal) -> {
            io.reactorraft.proto.Member peer = roster.members().get(id);
            boolean knowsAnother =
                    peer != null && (peer.getDataId().isEmpty() || refusal.verdict() == Verdict.WRONG_GENERATION);
            if (knowsAnother) {
                now.add(new Alarm(
                        Alarm.Kind.TWO_GROUPS,
                        "two groups run under one name: '" + id + "' belongs to one that knows another disk of this"
                                + " member, or none (" + refusal.reason() + "). Stop the one that was begun by mistake,"
                                + " and have its members join the other with empty directories"));
            }
        });
        if (!now.isEmpty() && !now.equals(alarms)) {
            LOG.error("{} {}", settings.logPrefix(), now.get(0).message());
        }
        alarms = List.copyOf(now);
    }
}
