package io.reactorraft;

import io.reactorraft.core.RaftRole;
import io.reactorraft.core.RawNode;
import io.reactorraft.core.ReadState;
import io.reactorraft.core.Ready;
import io.reactorraft.core.Status;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.Standing;
import io.reactorraft.spi.Metric;
import io.reactorraft.spi.RaftMetrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node does on its loop's thread, around the core: gives waiting proposals and reads their turn, watches
 * leadership, passes time on, and keeps the status. Loop only.
 */
final class LoopSide implements RunLoop.Turn {
    private static final Logger LOG = LoggerFactory.getLogger(LoopSide.class);

    /** While it reads its log back, peers whose disk the log has not named yet wait no longer than so many election timeouts. */
    static final int REPLAY_TIMEOUTS = 10;

    /**
     * So often in an election timeout the peers are looked at and everything is measured. At every tick that was a quarter of
     * what an idle cluster cost.
     */
    static final int LOOKS_PER_TIMEOUT = 2;

    private final NodeSettings settings;
    private final NodeServices services;
    private final LongSupplier nanoTime;
    private final RawNode core;
    private final Parts parts;
    private final long committedAtStart;
    private final long startedNanos;
    private final Fitness fitness;
    private final SignalWatchdog signalWatchdog;
    private Disk disk = Disk.NONE;
    private List<Peer> peers = List.of();
    private @Nullable Leadership lookedAt;
    private int ticksToLook;
    private String triedLast = "";
    private boolean silent;
    private volatile long leaderHeardNanos;
    private List<Alarm> warnedOf = List.of();
    private Runnable whileLeading = () -> {};
    private volatile RaftStatus status;
    private volatile boolean fresh;
    private volatile Standing standing = Standing.getDefaultInstance();

    /** Who takes part in each turn. */
    record Parts(
            PendingProposals<?> proposals,
            PendingReads reads,
            Lease lease,
            Applier<?, ?> applier,
            LeadershipWatch watch,
            LeadershipBroadcaster broadcaster,
            Configurations configurations,
            MemberDirectory members,
            PeerWatch peers,
            SnapshotTaker taker,
            SnapshotTransfers transfers,
            SerialQueue signals) {}

    LoopSide(NodeSettings settings, NodeServices services, LongSupplier nanoTime, RawNode core, Parts parts) {
        this.settings = settings;
        this.services = services;
        this.nanoTime = nanoTime;
        this.core = core;
        this.parts = parts;
        this.committedAtStart = core.commitIndex();
        this.startedNanos = nanoTime.getAsLong();
        this.fitness = new Fitness(settings, services);
        this.signalWatchdog = new SignalWatchdog(settings.logPrefix(), parts.signals);
        this.status = snapshot();
        this.leaderHeardNanos = nanoTime.getAsLong();
    }

    /** What the log's writer knows of the disk. */
    interface Disk {
        Disk NONE = new Disk() {
            @Override
            public long quietNanos(long nowNanos) {
                return 0;
            }

            @Override
            public boolean holdsUp() {
                return false;
            }

            @Override
            public void tick() {}
        };

        /** For how long it has not answered. */
        long quietNanos(long nowNanos);

        /** Whether it has refused what the core wants written. */
        boolean holdsUp();

        /** Time has passed: what was refused may be tried again. */
        void tick();
    }

    /** Where to learn of the disk, and what to do at every tick while this node leads. */
    void watch(Disk itsDisk, Runnable everyTickOfLeadership) {
        disk = itsDisk;
        whileLeading = everyTickOfLeadership;
    }

    /**
     * Whether the message may come in: who is not fit to lead does not campaign because somebody says so. And who has
     * nothing but the first entry may have had more, on a disk that was emptied; it elects nobody who has more, until a
     * leader, who knows whether it is the member that it says, has made contact. Any thread.
     */
    boolean mayTake(Message message) {
        return switch (message.getType()) {
            case MSG_TIMEOUT_NOW -> fitness.mayCampaign() && !isUnwelcome();
            case MSG_VOTE, MSG_PRE_VOTE -> !fresh || (message.getIndex() <= Genesis.INDEX && !isUnwelcome());
            case MSG_VOTE_RESPONSE, MSG_PRE_VOTE_RESPONSE -> !isUnwelcome();
            case MSG_APPEND, MSG_HEARTBEAT, MSG_SNAPSHOT -> {
                leaderHeardNanos = nanoTime.getAsLong();
                yield true;
            }
            default -> true;
        };
    }

    /** Leases rest on it that nobody stands for election before an election timeout has passed (design §3). */
    boolean mayCampaignEarly() {
        boolean leases =
                settings.config().leaseReads() || parts.applier.sharedSettings().leaseReads();
        return !leases && fitness.mayCampaign();
    }

    Set<String> voters() {
        return parts.configurations.voters();
    }

    /** Whether it has nothing but the first entry, and somebody knows that it was, or is, somebody else. Any thread. */
    private boolean isUnwelcome() {
        return fresh && parts.peers.isRefused();
    }

    /**
     * Whether the message may leave: who is not fit to lead asks nobody for a vote, nor holds others off for ever. And
     * nobody passes on what another member has asked, though the core would: peers take a message from its sender alone,
     * and end the connection of anybody else. Who asked an old leader asks the next one. On the loop; what answers for
     * something durable on the log's thread.
     */
    boolean maySend(Message message) {
        return message.getFrom().equals(settings.id()) && isFitToSend(message);
    }

    private boolean isFitToSend(Message message) {
        return switch (message.getType()) {
            case MSG_PRE_VOTE -> fitness.mayCampaign() && !isUnwelcome();
            case MSG_VOTE, MSG_PRE_VOTE_RESPONSE, MSG_VOTE_RESPONSE -> !isUnwelcome();
            case MSG_APPEND, MSG_HEARTBEAT -> !silent;
            default -> true;
        };
    }

    /**
     * Whether it has yet to apply what it knew to be committed when it started, and so may not know who its members are.
     * Any thread.
     */
    boolean isBehind() {
        return status.appliedIndex() < committedAtStart;
    }

    /** The same, for a bounded time: a state machine may take long, or halt. Any thread. */
    boolean isReplaying() {
        long patience = REPLAY_TIMEOUTS * settings.config().electionTimeout().toNanos();
        return isBehind() && parts.applier.halt() == null && nanoTime.getAsLong() - startedNanos < patience;
    }

    /** The node at this moment. Any thread. */
    RaftStatus status() {
        return status;
    }

    @Override
    public boolean take(RawNode theCore) {
        long now = nanoTime.getAsLong();
        parts.proposals.takeTurn(core, now);
        parts.reads.takeTurn(core, now);
        return parts.proposals.moreWaits();
    }

    /** A Ready is about to be carried out. Signals first: what it shows must not come after what it causes. */
    void saw(Ready ready) {
        parts.lease.update(core);
        look();
        ready.readStates().forEach((ReadState state) -> parts.reads.confirmed(state));
        status = snapshot();
    }

    /** The applier is done with {@code work}. */
    void applied(Message work, List<Entry> changes, Roster roster) {
        parts.configurations.apply(core, changes, roster);
        work.getResponsesList().forEach(core::step);
        parts.lease.update(core);
        look();
        if (!changes.isEmpty()) {
            parts.configurations.leadAlone(core); // not before the change counts as applied: the core would refuse
            peers = peers();
        }
        status = snapshot();
    }

    /** The state was replaced by a snapshot's. */
    void restored(Roster roster) {
        parts.configurations.are(roster);
        look();
        peers = peers();
        status = snapshot();
    }

    void tick() {
        long now = nanoTime.getAsLong();
        long readable = Math.min(
                core.commitIndex(), services.log().view(settings.groupId()).lastIndex());
        disk.tick();
        fitness.look(
                disk.quietNanos(now),
                services.log().isFull() || disk.holdsUp(),
                parts.applier.tick(now, readable),
                signalWatchdog.look(now),
                parts.applier.halt());
        if (core.role() == RaftRole.LEADER || fitness.mayVote()) {
            core.tick(); // time that does not pass brings no election
        }
        if (core.role() == RaftRole.LEADER && fitness.isHandoverDue(now)) {
            if (!fitness.alarms().equals(warnedOf)) {
                warnedOf = fitness.alarms();
                LOG.warn("{} hands leadership over where it can: {}", settings.logPrefix(), warnedOf);
            }
            handOver();
        }
        fallSilent();
        forgetSilentLeader(now);
        if (parts.broadcaster.latest().leading()) {
            whileLeading.run();
        }
        if (core.wantsSnapshot()) {
            parts.taker.wanted();
        }
        String leader = core.leaderId();
        if (!leader.equals(standing.getLeaderId())) {
            services.transport().ask(settings.groupId()); // for whom the others voted
        }
        parts.proposals.tick(now);
        parts.reads.tick(now, () -> parts.members.find(leader));
        lookAround();
        status = snapshot();
        stand(status.leadership().role().name(), core.term(), core.vote(), leader);
    }

    /** What is for people to see; at once where leadership changed. */
    private void lookAround() {
        Leadership leadership = parts.broadcaster.latest();
        ticksToLook--;
        if (ticksToLook <= 0 || !leadership.equals(lookedAt)) {
            ticksToLook = Math.max(1, settings.config().electionTicks() / LOOKS_PER_TIMEOUT);
            lookedAt = leadership;
            peers = peers();
            measure();
        }
    }

    private void stand(String role, long term, String vote, String leader) {
        Standing before = standing;
        boolean same = before.getTerm() == term
                && before.getRole().equals(role)
                && before.getVote().equals(vote)
                && before.getLeaderId().equals(leader);
        if (!same) {
            standing = Standing.newBuilder()
                    .setRole(role)
                    .setTerm(term)
                    .setVote(vote)
                    .setLeaderId(leader)
                    .build();
        }
    }

    /** Once the others hear nothing any more, and are enough, they elect one of their own. */
    private void fallSilent() {
        boolean inVain = core.role() == RaftRole.LEADER && fitness.handsOverInVain();
        silent = inVain && (silent || othersAreEnough());
    }

    /**
     * Who may not stand for election, because of a change that it has yet to apply, keeps to its leader in the core, and
     * refuses others its vote; so it must be told that nobody is there. Anybody else has asked for votes itself by then.
     */
    private void forgetSilentLeader(long now) {
        long patience = 2 * settings.config().electionTimeout().toNanos();
        if (core.role() == RaftRole.FOLLOWER && !core.leaderId().isEmpty() && now - leaderHeardNanos > patience) {
            core.forgetLeader();
        }
    }

    private boolean othersAreEnough() {
        List<Status.PeerProgress> others = core.progress().entrySet().stream()
                .filter(each ->
                        !each.getKey().equals(settings.id()) && !each.getValue().learner())
                .map(Map.Entry::getValue)
                .toList();
        return others.stream().filter(Status.PeerProgress::recentActive).count() > (others.size() + 1) / 2;
    }

    private void measure() {
        RaftMetrics metrics = services.metrics();
        String group = settings.groupId();
        metrics.record(Metric.TERM, group, null, core.term());
        metrics.record(Metric.HAS_LEADER, group, null, core.leaderId().isEmpty() ? 0 : 1);
        metrics.record(Metric.IS_LEADER, group, null, parts.broadcaster.latest().leading() ? 1 : 0);
        metrics.record(Metric.COMMIT_INDEX, group, null, core.commitIndex());
        metrics.record(Metric.APPLIED_INDEX, group, null, core.appliedIndex());
        metrics.record(Metric.SESSIONS_OPEN, group, null, parts.applier.openSessions());
        metrics.record(Metric.SIGNALS_WAITING, group, null, parts.signals.backlog());
        for (Peer peer : peers) {
            Peer.Progress progress = peer.progress();
            if (progress != null && !peer.member().id().equals(settings.id())) {
                metrics.record(
                        Metric.PEER_LAG, group, peer.member().id(), Math.max(0, core.lastIndex() - progress.match()));
            }
        }
    }

    /** Hands leadership to the voter that is furthest, where this node leads and there is one; best effort. */
    void handOver() {
        if (core.role() != RaftRole.LEADER) {
            return;
        }
        core.progress().entrySet().stream()
                .filter(each -> !each.getKey().equals(settings.id()))
                .filter(each -> !each.getValue().learner())
                .max(Comparator.comparing((Map.Entry<String, Status.PeerProgress> each) ->
                                each.getValue().recentActive())
                        .thenComparing(each -> !each.getKey().equals(triedLast))
                        .thenComparingLong(each -> each.getValue().match()))
                .map(Map.Entry::getKey)
                .ifPresent(next -> {
                    triedLast = next; // who would not, or could not, comes last the next time
                    core.transferLeadership(next);
                });
    }

    private void look() {
        boolean lost = parts.watch.look(core, parts.configurations.selfIsLearner());
        if (lost) {
            parts.transfers.leadershipLost();
            parts.proposals.leadershipLost(core.role() == RaftRole.LEADER ? core.term() : Long.MAX_VALUE);
        }
    }

    /** Shows the latest of everything. */
    void refresh() {
        status = snapshot();
    }

    /** Where the group stood here at the latest tick. Any thread. */
    Standing standing() {
        return standing;
    }

    private RaftStatus snapshot() {
        fresh = core.lastIndex() <= Genesis.INDEX;
        return new RaftStatus(
                parts.broadcaster.latest(),
                services.log().view(settings.groupId()).firstIndex(),
                core.lastIndex(),
                core.commitIndex(),
                core.appliedIndex(),
                peers,
                alarms(),
                timers(),
                nanoTime.getAsLong());
    }

    private List<Alarm> alarms() {
        List<Alarm> ofPeers = parts.peers.alarms();
        if (ofPeers.isEmpty()) {
            return fitness.alarms();
        }
        List<Alarm> all = new ArrayList<>(fitness.alarms());
        all.addAll(ofPeers);
        return List.copyOf(all);
    }

    private RaftStatus.Timers timers() {
        Duration tick = settings.config().heartbeatInterval();
        return new RaftStatus.Timers(
                tick.multipliedBy(core.electionTicksLeft()),
                core.role() == RaftRole.LEADER ? tick.multipliedBy(core.heartbeatTicksLeft()) : null);
    }

    private List<Peer> peers() {
        Peer.Standing own = new Peer.Standing(
                parts.broadcaster.latest().role(),
                core.term(),
                PeerView.nullIfEmpty(core.vote()),
                PeerView.nullIfEmpty(core.leaderId()));
        return parts.peers.view().look(core, nanoTime.getAsLong(), own);
    }
}
