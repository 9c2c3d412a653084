package io.reactorraft;

import com.google.protobuf.ByteString;
import io.reactorraft.core.RaftRole;
import io.reactorraft.core.RawNode;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.MemberRequest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.util.retry.Retry;

/** A node's part in who belongs to its group: as the leader, as somebody who asks, and as one who may be removed. */
final class GroupMembers<R> implements LocalMembership.Port {
    private static final Logger LOG = LoggerFactory.getLogger(GroupMembers.class);

    /**
     * For so many ticks a leader that has removed itself tells the others, with each heartbeat, that this is committed. Else
     * they go on with a configuration that they cannot leave without it, as its end needs a majority of those that go, too.
     */
    private static final int FAREWELL_TICKS = 3;

    private final NodeSettings settings;
    private final NodeServices services;
    private final NodeThreads threads;
    private final MemberDirectory directory;
    private final Around<R> around;
    private final LocalMembership membership;
    private final MembershipOffice<R> office;
    private final Disposable.Swap joining = Disposables.swap();
    private final OwnAddress ownAddress;
    private ByteString ownDataId = ByteString.EMPTY;
    private boolean isToJoin;
    private boolean asks;
    private boolean removed;
    private int ticksRemoved;

    /** The rest of the node. */
    interface Around<R> extends PeerRequests.Entrance<R> {
        @Nullable
        RaftException notRunning();

        SerialQueue signals();

        Lifecycle lifecycle();

        PeerWatch peerWatch();

        /** An event for the core; false, and forgotten, where there is no loop. */
        boolean post(Inbox.Event event);
    }

    GroupMembers(
            NodeSettings settings,
            NodeServices services,
            NodeThreads threads,
            MemberDirectory directory,
            LeadershipBroadcaster broadcaster,
            Around<R> around) {
        this.settings = settings;
        this.services = services;
        this.threads = threads;
        this.directory = directory;
        this.around = around;
        this.membership = new LocalMembership(settings, services, threads, directory, broadcaster, this);
        this.office = new MembershipOffice<>(settings, around, directory);
        this.ownAddress = new OwnAddress(settings, threads, directory, membership);
    }

    /** What applications see of it. */
    LocalMembership membership() {
        return membership;
    }

    @Override
    public @Nullable RaftException notRunning() {
        return around.notRunning();
    }

    @Override
    public SerialQueue signals() {
        return around.signals();
    }

    @Override
    public PeerWatch peerWatch() {
        return around.peerWatch();
    }

    @Override
    public Mono<Void> changeMembers(MemberRequest request, long limitNanos) {
        if (request.getKind() == MemberRequest.Kind.JOIN && !request.getRelayed()) {
            return membership
                    .passOn(request.toBuilder().setRelayed(true).build(), limitNanos)
                    .then();
        }
        Mono<Void> asked = Mono.create(sink -> {
            boolean posted = around.post(core -> office.request(core, request, deadline(limitNanos), telling(sink)));
            if (!posted) {
                sink.error(new RaftException.NotLeader("this node is still starting", null));
            }
        });
        Duration late = Duration.ofNanos(limitNanos).plus(settings.config().electionTimeout());
        return membership
                .reached(request)
                .then(asked)
                .timeout(
                        late,
                        Mono.error(() -> new RaftException.OutcomeUnknown("the node is stopping, or its loop hangs")),
                        threads.timers());
    }

    private long deadline(long limitNanos) {
        return threads.nanoTime().getAsLong() + limitNanos;
    }

    private static MembershipOffice.Told telling(MonoSink<Void> sink) {
        return new MembershipOffice.Told() {
            @Override
            public void done() {
                sink.success();
            }

            @Override
            public void failed(RaftException why) {
                sink.error(why);
            }
        };
    }

    /** At every tick of this node's leadership. Loop only. */
    void lead(RawNode core) {
        office.look(core, directory.roster(), threads.nanoTime().getAsLong());
    }

    /** At every tick. Loop only. */
    void tick(RawNode core) {
        if (core.role() != RaftRole.LEADER) {
            office.leadershipLost();
        }
        if (isToJoin && core.leaderId().isEmpty() != asks) {
            askOrWait(!asks);
        }
        ownAddress.tick(core, ownDataId);
        if (removed && (core.role() != RaftRole.LEADER || ++ticksRemoved > FAREWELL_TICKS)) {
            around.lifecycle()
                    .removed(() -> LOG.info(
                            "{} was removed from its group, and stops; its data directory is not to be used again",
                            settings.logPrefix()));
        }
    }

    /**
     * This node's disk is this one; where it belongs to no group so far it asks to be let in, once peers can reach it. Loop
     * only.
     */
    Disposable begin(ByteString dataId, boolean toJoin) {
        ownDataId = dataId;
        if (!toJoin) {
            return Disposables.disposed();
        }
        isToJoin = true;
        asks = true;
        joining.update(asking().subscribe(nothing -> {}, around.lifecycle()::fail));
        return joining;
    }

    private Mono<Void> asking() {
        Member self = settings.self().toProto().toBuilder().setDataId(ownDataId).build();
        return Mono.delay(Duration.ZERO, threads.timers()) // not before the group receives, and not on the loop
                .then(Mono.defer(() -> new Joining(settings, services, threads.timers(), self).run()));
    }

    /**
     * No leader talks to whom it has not let in, so what says so is on its way; unless it was removed since, and who has read
     * nothing so far is told of that by nobody.
     */
    private void askOrWait(boolean ask) {
        asks = ask;
        joining.update(
                ask
                        ? asking().retryWhen(Retry.indefinitely().filter(RaftException.NotLeader.class::isInstance))
                                .subscribe(nothing -> {}, around.lifecycle()::fail)
                        : Disposables.disposed());
    }

    /** The members are these now: it may have been this one that left. Loop only. */
    void are(Roster roster) {
        Member here = roster.members().get(settings.id());
        if (here != null && (here.getDataId().isEmpty() || here.getDataId().equals(ownDataId))) {
            isToJoin = false;
            joining.dispose(); // it is in, whatever becomes of the answer
        }
        Member gone = roster.removed().get(settings.id());
        if (gone == null || roster.members().containsKey(settings.id())) {
            return;
        }
        // Whoever came later under this id sees an earlier one's removal go by in the log.
        removed |= gone.getDataId().isEmpty()
                ? settings.isFounder()
                : gone.getDataId().equals(ownDataId);
    }

    /** Nobody is to wait any more. Loop only. */
    void end() {
        ownAddress.end();
        office.leadershipLost();
    }
}
