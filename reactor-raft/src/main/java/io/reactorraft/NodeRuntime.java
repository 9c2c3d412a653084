package io.reactorraft;

import com.google.protobuf.ByteString;
import io.reactorraft.core.RawNode;
import io.reactorraft.core.Ready;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.MemberRequest;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.proto.Payload;
import io.reactorraft.proto.SnapshotMetadata;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The parts of a node, wired together.
 *
 * <p>Everything that touches the core happens as an event of the {@link RunLoop}. Until the log is recovered there is no
 * loop: proposals and reads that come before it wait in their queues.
 */
final class NodeRuntime<C, R>
        implements Lifecycle.Steps,
                NodeStop.Work,
                Proposer.Entrance<R>,
                GroupMembers.Around<R>,
                LeadershipHandover.Node {
    private final NodeSettings settings;
    private final NodeServices services;
    private final NodeThreads threads;
    private final SerialQueue signals;
    private final Scheduler.Worker loopWorker;
    private final NodeStart start;
    private final NodeStop stop;
    private final Lifecycle lifecycle;
    private final LeadershipBroadcaster broadcaster;
    private final MemberDirectory members;
    private final LeadershipHandover handover;
    private final Forwarding<R> forwarding;
    private final PendingProposals<R> proposals;
    private final PeerRequests<R> requests;
    private final Proposer<C, R> proposer;
    private final Applier<C, R> applier;
    private final SnapshotTransfers transfers;
    private final SnapshotTaker taker;
    private final Lease lease;
    private final PendingReads reads;
    private final Reader reader;
    private final GroupMembers<R> groupMembers;
    private final PeerWatch peerWatch;
    private final Disposable.Composite running = Disposables.composite();
    private final AtomicBoolean tickWaits = new AtomicBoolean();
    private final AtomicReference<@Nullable Engine> engine = new AtomicReference<>();

    /** What exists from the recovered log on. */
    private record Engine(RawNode core, RunLoop loop, LoopSide side) {}

    NodeRuntime(NodeSettings settings, NodeServices services, StateMachine<C, R> stateMachine, NodeThreads threads) {
        this.settings = settings;
        this.services = services;
        this.threads = threads;
        this.signals = new SerialQueue(threads.signals());
        this.loopWorker = threads.loop().createWorker();
        ByteString bootId = NodeStart.bootId(threads.seed());
        this.members = new MemberDirectory(settings.self());
        this.start = new NodeStart(settings, services, members, bootId);
        this.stop = new NodeStop(settings, services, threads.timers(), this);
        this.lifecycle = new Lifecycle(settings.logPrefix(), this, signals);
        this.broadcaster = new LeadershipBroadcaster(settings.groupId(), signals);
        this.handover = new LeadershipHandover(settings, services, members, broadcaster, threads.timers(), this);
        ProposalBudget budget = new ProposalBudget(settings.config());
        this.forwarding = new Forwarding<>(
                settings, services, members, stateMachine.resultCodec(), this::tryAgain, signals::post);
        EntryStamp stamp = new EntryStamp(threads.wallClock(), stateMachine.version());
        this.proposals = new PendingProposals<>(settings, services, budget, stamp::around, forwarding);
        this.requests = new PeerRequests<>(settings, services.tracing(), budget, forwarding, this, start::dataId);
        this.proposer = new Proposer<>(settings, services, budget, threads, stateMachine, this);
        this.applier = new Applier<>(settings, services, stateMachine, threads, new AppliedHere());
        this.transfers =
                new SnapshotTransfers(settings, services, threads.nanoTime(), applier.state()::logBytes, new Sent());
        this.taker = new SnapshotTaker(settings, services, threads.nanoTime(), applier, transfers);
        this.lease = new Lease(
                settings.config(),
                threads.nanoTime(),
                () -> applier.sharedSettings().leaseReads());
        this.peerWatch = new PeerWatch(settings, services, members, threads, signals, this::post);
        this.reads = new PendingReads(settings, services, threads.nanoTime(), applier, lease, bootId);
        this.reader = new Reader(settings, threads, signals, reads, () -> refusal(Payload.Kind.COMMAND), this::wake);
        this.groupMembers = new GroupMembers<>(settings, services, threads, members, broadcaster, this);
    }

    @Override
    public Lifecycle lifecycle() {
        return lifecycle;
    }

    LeadershipBroadcaster broadcaster() {
        return broadcaster;
    }

    MemberDirectory members() {
        return members;
    }

    GroupMembers<R> groupMembers() {
        return groupMembers;
    }

    Proposer<C, R> proposer() {
        return proposer;
    }

    Applier<C, R> applier() {
        return applier;
    }

    RaftStatus status() {
        Engine now = engine.get();
        return now == null
                ? new RaftStatus(
                        broadcaster.latest(),
                        0,
                        0,
                        0,
                        0,
                        List.of(),
                        List.of(),
                        null,
                        threads.nanoTime().getAsLong())
                : now.side.status();
    }

    @Override
    public SerialQueue signals() {
        return signals;
    }

    /** An event for the core; false, and forgotten, where there is no loop, before the start. */
    @Override
    public boolean post(Inbox.Event event) {
        Engine now = engine.get();
        if (now != null) {
            now.loop.post(event);
        }
        return now != null;
    }

    /** A message from a peer; false where it was dropped. */
    boolean receive(Message message) {
        Engine now = engine.get();
        Message taken = message.getType() == MessageType.MSG_SNAPSHOT ? transfers.localized(message) : message;
        return now != null && taken != null && now.side.mayTake(taken) && now.loop.receive(taken);
    }

    SnapshotTransfers transfers() {
        return transfers;
    }

    /** Takes a snapshot of this node's state. */
    Mono<SnapshotMeta> snapshot() {
        return Mono.defer(() -> {
                    RaftException refused = notRunning();
                    return refused == null ? taker.take() : Mono.error(refused);
                })
                .publishOn(Schedulers.fromExecutor(signals::post));
    }

    private void wake() {
        Engine now = engine.get();
        if (now != null) {
            now.loop.wake();
        }
    }

    // ------------------------------------------------------------------------------------------ proposals and reads

    @Override
    public @Nullable RaftException refusal(Payload.Kind kind) {
        RaftException refused = notRunning();
        AppliersHalt halt = applier.halt();
        return refused != null || halt == null || kind == Payload.Kind.SKIP ? refused : halt.refusal();
    }

    /** Why nothing can be asked of this node; null: it can. */
    @Override
    public @Nullable RaftException notRunning() {
        return switch (lifecycle.state()) {
            case NEW -> new RaftException.Stopped("the node was not started yet: subscribe to start()", null);
            case STARTING, RUNNING -> null;
            case STOPPING, CLOSED -> lifecycle.why();
        };
    }

    @Override
    public void submit(PendingProposal<R> proposal) {
        proposals.submit(proposal);
        wake();
    }

    @Override
    public void proposeForwarded(List<Payload> drafts, long limitNanos, PendingProposal.Outcome<R> outcome) {
        submit(new PendingProposal<>(drafts, threads.nanoTime().getAsLong() + limitNanos, true, outcome));
    }

    private void tryAgain(PendingProposal<R> proposal) {
        post(core -> proposals.park(proposal, threads.nanoTime().getAsLong()));
    }

    Reader reader() {
        return reader;
    }

    // --------------------------------------------------------------------------------------------------- leadership

    LeadershipHandover handover() {
        return handover;
    }

    @Override
    public Mono<Void> beginHandover(String toId) {
        return handover.begin(toId);
    }

    // --------------------------------------------------------------------------------------------------- membership

    @Override
    public Mono<Void> changeMembers(MemberRequest request, long limitNanos) {
        return groupMembers.changeMembers(request, limitNanos);
    }

    @Override
    public void onLoop(Runnable work) {
        post(core -> work.run());
    }

    // ------------------------------------------------------------------------------------------------ start and end

    @Override
    public Mono<Void> open() {
        long beat = settings.config().heartbeatInterval().toNanos();
        running.add(loopWorker.schedulePeriodically(this::tick, beat, beat, TimeUnit.NANOSECONDS));
        return start.open()
                .then(Mono.defer(() -> taker.recover(start.snapshot())))
                .then(Mono.<Void>fromRunnable(this::begin).subscribeOn(threads.loop()));
    }

    /** On the loop's thread: from here on the core lives. */
    private void begin() {
        RawNode core = start.core(threads.seed());
        LoopSide side = new LoopSide(
                settings,
                services,
                threads.nanoTime(),
                core,
                new LoopSide.Parts(
                        proposals,
                        reads,
                        lease,
                        applier,
                        new LeadershipWatch(settings, services, broadcaster),
                        broadcaster,
                        new Configurations(settings, services, members),
                        members,
                        peerWatch,
                        taker,
                        transfers,
                        signals));
        RunLoop loop = new RunLoop(core, loopWorker, side);
        ReadyPipeline pipeline =
                new ReadyPipeline(settings, services, loop, applier, threads.nanoTime(), new Outgoing(side));
        if (applier.state().index() > 0) {
            side.restored(applier.state().roster());
        }
        running.add(groupMembers.begin(start.dataId(), start.isToJoin()));
        SettingsAgreement<R> agreement = new SettingsAgreement<>(settings, applier, this);
        side.watch(pipeline, () -> {
            agreement.look();
            groupMembers.lead(core);
        });
        engine.set(new Engine(core, loop, side));
        reads.wakeWith(loop::wake);
        loop.subscribe(pipeline);
        running.add(pipeline);
        peerWatch.begin(
                side, (wait, event) -> loopWorker.schedule(() -> post(event), wait.toNanos(), TimeUnit.NANOSECONDS));
        running.add(services.transport().join(settings.groupId(), new PeerGate<>(this, settings, services, requests)));
        reads.submit(new FirstCatchUp(lifecycle, threads.nanoTime().getAsLong()));
        wake();
    }

    /** Ticks do not pile up: a loop that is late has lost that time. */
    private void tick() {
        Engine now = engine.get();
        if (now == null) {
            long nanos = threads.nanoTime().getAsLong();
            proposals.tickBeforeStart(nanos);
            reads.tickBeforeStart(nanos);
        } else if (tickWaits.compareAndSet(false, true)) {
            now.loop.post(core -> {
                tickWaits.set(false);
                now.side.tick();
                groupMembers.tick(core);
                peerWatch.tick(core, now.side, lifecycle);
            });
        }
    }

    @Override
    public PeerWatch peerWatch() {
        return peerWatch;
    }

    @Override
    public Mono<Void> shutDown(boolean inOrder, RaftException.Stopped why) {
        proposals.refuse(why);
        reads.refuse(why);
        return stop.run(inOrder);
    }

    @Override
    public void endLeaderWork(Runnable cancelled) {
        broadcaster.endLeaderWork(cancelled);
    }

    @Override
    public void handOver() {
        Engine now = engine.get();
        if (now != null) {
            now.loop.post(core -> now.side.handOver());
        }
    }

    @Override
    public boolean leads() {
        return broadcaster.latest().role() == Role.LEADER;
    }

    @Override
    public boolean drained() {
        return proposals.drained();
    }

    @Override
    public Mono<Void> silence() {
        return Mono.defer(this::tellEveryone).subscribeOn(threads.loop());
    }

    /** On the loop's thread: nothing happens to the core any more. Completes once the apply thread is idle. */
    private Mono<Void> tellEveryone() {
        RaftException.Stopped why = lifecycle.why();
        running.dispose();
        groupMembers.end();
        taker.end(why);
        transfers.end(why);
        proposals.refuse(why);
        reads.refuse(why);
        Engine last = engine.get();
        broadcaster.end(last == null ? 0 : last.core.term());
        peerWatch.end();
        proposals.end(why);
        reads.end(why);
        if (last != null) {
            last.side.refresh();
        }
        return applier.end(why);
    }

    @Override
    public Duration signalsShare() {
        return stop.share(1);
    }

    @Override
    public Scheduler timers() {
        return threads.timers();
    }

    @Override
    public void signalsEnded() {
        threads.disposeWorkers();
        threads.disposeSignals();
    }

    /** What becomes of snapshots on their way to followers, on any thread. */
    private final class Sent implements SnapshotTransfers.Report {
        @Override
        public void ended(String peer, boolean there) {
            post(core -> core.reportSnapshot(peer, there));
        }

        @Override
        public void unreadable(SnapshotMetadata snapshot) {
            taker.unreadable(snapshot);
        }
    }

    /** What the pipeline tells us, on the loop. */
    private final class Outgoing implements ReadyPipeline.Observer {
        private final LoopSide side;

        Outgoing(LoopSide side) {
            this.side = side;
        }

        @Override
        public void saw(Ready ready) {
            side.saw(ready);
        }

        @Override
        public boolean maySend(Message message) {
            return side.maySend(message);
        }

        @Override
        public void sendSnapshot(Message install) {
            transfers.send(install);
        }

        @Override
        public void installing() {
            taker.giveUp();
        }

        @Override
        public void failed(Throwable error) {
            lifecycle.fail(error);
        }
    }

    /** What the applier tells us, on its thread. */
    private final class AppliedHere implements Applier.Progress<R> {
        @Override
        public @Nullable PendingProposal<R> waiter(long term, long index) {
            return proposals.waiter(term, index);
        }

        @Override
        public void told(long index) {
            proposals.told(index);
        }

        @Override
        public void applied(Message work, List<Entry> changes, Roster roster) {
            Engine now = engine.get();
            if (now != null) {
                now.loop.post(core -> {
                    now.side.applied(work, changes, roster);
                    groupMembers.are(roster);
                });
            }
            taker.consider();
        }

        @Override
        public void restored(SnapshotMetadata snapshot, Roster roster) {
            taker.beginsWith(snapshot);
            Engine now = engine.get();
            if (now != null) {
                now.loop.post(core -> now.side.restored(roster));
            }
        }

        @Override
        public void halted(@Nullable AppliersHalt at) {
            post(core -> {
                proposals.applierHalted(at);
                reads.applierHalted(at);
            });
        }

        @Override
        public void failed(Throwable error) {
            lifecycle.fail(error);
        }
    }
}
