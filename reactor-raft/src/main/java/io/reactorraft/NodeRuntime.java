package io.reactorraft;

import com.google.protobuf.ByteString;
import io.reactorraft.core.RawNode;
import io.reactorraft.core.Ready;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.Message;
import io.reactorraft.spi.Metric;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Scheduler;

/**
 * The parts of a node, wired together.
 *
 * <p>Everything that touches the core happens as an event of the {@link RunLoop}. Until the log is recovered there is no
 * loop: proposals and reads that come before it wait in their queues.
 */
final class NodeRuntime<C, R> implements Lifecycle.Steps {

    /** Signals that may wait before refusals are told on the caller's own thread. */
    static final int MAX_QUEUED_REFUSALS = 100_000;

    private final NodeSettings settings;
    private final NodeServices services;
    private final NodeThreads threads;
    private final SerialQueue signals;
    private final Scheduler.Worker loopWorker;
    private final NodeStart start;
    private final Lifecycle lifecycle;
    private final LeadershipBroadcaster broadcaster;
    private final MemberDirectory members;
    private final ProposalBudget budget;
    private final Forwarding<R> forwarding;
    private final PendingProposals<R> proposals;
    private final Applier<C, R> applier;
    private final PendingReads reads;
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
        this.start = new NodeStart(settings, services, bootId);
        this.lifecycle = new Lifecycle(settings.logPrefix(), this, signals);
        this.broadcaster = new LeadershipBroadcaster(settings.groupId(), signals);
        this.members = new MemberDirectory(settings.self());
        this.budget = new ProposalBudget(settings.config());
        this.forwarding = new Forwarding<>(
                settings, services, members, stateMachine.resultCodec(), this::tryAgain, signals::post);
        EntryStamp stamp = new EntryStamp(threads.wallClock(), stateMachine.version());
        this.proposals = new PendingProposals<>(settings, services, budget, stamp::around, forwarding);
        this.applier = new Applier<>(settings, services, stateMachine, threads, new AppliedHere());
        this.reads = new PendingReads(settings, services, applier, bootId);
    }

    Lifecycle lifecycle() {
        return lifecycle;
    }

    Flux<Leadership> leadership() {
        return broadcaster.flux();
    }

    MemberDirectory members() {
        return members;
    }

    Forwarding<R> forwarding() {
        return forwarding;
    }

    ProposalBudget budget() {
        return budget;
    }

    RaftStatus status() {
        Engine now = engine.get();
        return now == null ? new RaftStatus(broadcaster.latest(), 0, 0, 0, 0, List.of()) : now.side.status();
    }

    /** Runs a task where subscribers are signalled. */
    void signal(Runnable task) {
        signals.post(task);
    }

    /** An event for the core; forgotten where there is no loop, before the start and after the end. */
    void post(Inbox.Event event) {
        Engine now = engine.get();
        if (now != null) {
            now.loop.post(event);
        }
    }

    /** A message from a peer; false where it was dropped. */
    boolean receive(Message message) {
        Engine now = engine.get();
        return now != null && now.loop.receive(message);
    }

    private void wake() {
        Engine now = engine.get();
        if (now != null) {
            now.loop.wake();
        }
    }

    // ------------------------------------------------------------------------------------------ proposals and reads

    /** A proposal of this process. */
    void propose(ByteString command, MonoSink<Applied<R>> sink) {
        RaftException refused = notRunning();
        if (refused == null) {
            refused = budget.reserve(command.size());
        }
        if (refused != null) {
            services.metrics().record(Metric.PROPOSALS_REFUSED, settings.groupId(), null, 1);
            refuse(sink, refused);
            return;
        }
        long now = threads.nanoTime().getAsLong();
        PendingProposal<R> proposal = new PendingProposal<>(
                command, now + settings.config().requestTimeout().toNanos(), false, outcome(command, sink, now));
        sink.onCancel(proposal::withdraw);
        proposals.submit(proposal);
        wake();
    }

    private @Nullable RaftException notRunning() {
        return switch (lifecycle.state()) {
            case NEW -> new RaftException.Stopped("the node was not started yet: subscribe to start()", null);
            case STARTING, RUNNING -> null;
            case STOPPING, CLOSED -> lifecycle.why();
        };
    }

    private void refuse(MonoSink<?> sink, RaftException refused) {
        if (signals.backlog() > MAX_QUEUED_REFUSALS) {
            sink.error(refused); // the signal worker is blocked: better on the caller's thread than without a bound
        } else {
            signals.post(() -> sink.error(refused));
        }
    }

    /** A proposal that another member hands to us: taken by a leader alone. */
    void proposeForwarded(ByteString command, long limitNanos, PendingProposal.Outcome<R> outcome) {
        proposals.submit(new PendingProposal<>(command, threads.nanoTime().getAsLong() + limitNanos, true, outcome));
        wake();
    }

    private void tryAgain(PendingProposal<R> proposal) {
        post(core -> proposals.park(proposal, threads.nanoTime().getAsLong()));
    }

    private PendingProposal.Outcome<R> outcome(ByteString command, MonoSink<Applied<R>> sink, long sinceNanos) {
        return new PendingProposal.Outcome<>() {
            @Override
            public void applied(Applied<R> applied) {
                services.metrics().record(Metric.PROPOSALS_APPLIED, settings.groupId(), null, 1);
                services.metrics()
                        .record(
                                Metric.PROPOSAL_DURATION,
                                settings.groupId(),
                                null,
                                threads.nanoTime().getAsLong() - sinceNanos);
                told(() -> sink.success(applied));
            }

            @Override
            public void failed(RaftException failure) {
                told(() -> sink.error(failure));
            }

            @Override
            public void withdrawn() {
                budget.release(command.size());
            }

            /** Room is made once the subscriber has been told: a slow one must not pile up results. */
            private void told(Runnable signal) {
                signals.post(() -> {
                    try {
                        signal.run();
                    } finally {
                        budget.release(command.size());
                    }
                });
            }
        };
    }

    /** A read; {@code query} runs on the apply thread with the applied index. */
    <T> void read(Consistency consistency, LongFunction<? extends @Nullable T> query, MonoSink<T> sink) {
        RaftException refused = notRunning();
        if (refused == null) {
            refused = reads.reserve();
        }
        if (refused != null) {
            refuse(sink, refused);
            return;
        }
        long now = threads.nanoTime().getAsLong();
        QueryRead<T> read = new QueryRead<>(
                query,
                sink,
                signals,
                reads,
                now + settings.config().requestTimeout().toNanos());
        sink.onCancel(read::leave);
        if (consistency == Consistency.STALE) {
            RaftException.Overloaded full = reads.submitStale(read);
            if (full != null) {
                read.fail(full);
            }
        } else {
            reads.submit(read);
            wake();
        }
    }

    // ------------------------------------------------------------------------------------------------ start and end

    @Override
    public Mono<Void> open() {
        return start.open().then(Mono.<Void>fromRunnable(this::begin).subscribeOn(threads.loop()));
    }

    /** On the loop's thread: from here on the core lives. */
    private void begin() {
        RawNode core = start.core(threads.seed());
        LeadershipWatch watch = new LeadershipWatch(settings, services, broadcaster);
        Configurations configurations = new Configurations(settings, services, members);
        LoopSide side = new LoopSide(
                settings,
                services,
                threads.nanoTime(),
                core,
                new LoopSide.Parts(proposals, reads, applier, watch, broadcaster, configurations, members));
        RunLoop loop = new RunLoop(core, loopWorker, side);
        ReadyPipeline pipeline = new ReadyPipeline(settings, services, loop, applier, new ReadyPipeline.Observer() {
            @Override
            public void saw(Ready ready) {
                side.saw(ready);
            }

            @Override
            public void failed(Throwable error) {
                lifecycle.fail(error);
            }
        });
        engine.set(new Engine(core, loop, side));
        loop.subscribe(pipeline);
        running.add(pipeline);
        running.add(services.transport().join(settings.groupId(), new PeerGate<>(this, settings, services)));
        long beat = settings.config().heartbeatInterval().toNanos();
        running.add(loopWorker.schedulePeriodically(this::tick, beat, beat, TimeUnit.NANOSECONDS));
        reads.submit(new FirstCatchUp(lifecycle, threads.nanoTime().getAsLong()));
        wake();
    }

    /** Ticks do not pile up: a loop that is late has lost that time. */
    private void tick() {
        Engine now = engine.get();
        if (now != null && tickWaits.compareAndSet(false, true)) {
            now.loop.post(core -> {
                tickWaits.set(false);
                now.side.tick();
            });
        }
    }

    @Override
    public Mono<Void> shutDown(boolean inOrder, RaftException.Stopped why) {
        proposals.refuse(why);
        reads.refuse(why);
        Mono<Void> leave = inOrder ? handOver().then(drain()) : Mono.empty();
        return leave.then(Mono.defer(() -> close(why)));
    }

    private Mono<Void> handOver() {
        post(core -> {
            Engine now = engine.get();
            if (now != null) {
                now.side.handOver();
            }
        });
        Duration patience = shortest(settings.config().electionTimeout(), grace().dividedBy(5));
        return until(() -> broadcaster.latest().role() != Role.LEADER, patience);
    }

    private Mono<Void> drain() {
        return until(proposals::drained, grace().dividedBy(5));
    }

    /** Looks once a heartbeat whether something came true, for as long as patience lasts. */
    private Mono<Void> until(BooleanSupplier reached, Duration patience) {
        Duration beat = shortest(settings.config().heartbeatInterval(), Duration.ofMillis(20));
        return Flux.interval(Duration.ZERO, beat, threads.loop())
                .onBackpressureDrop()
                .takeUntil(beats -> reached.getAsBoolean())
                .take(patience, threads.loop())
                .then();
    }

    private Mono<Void> close(RaftException.Stopped why) {
        // Cached: everyone who waits is told even where it takes longer than this stop can wait.
        Mono<Void> silence =
                Mono.defer(() -> tellEveryone(why)).subscribeOn(threads.loop()).cache();
        return within(silence)
                .then(services.ownsTransport() ? within(Mono.defer(services.transport()::close)) : Mono.empty())
                .then(services.ownsLog() ? within(Mono.defer(services.log()::close)) : Mono.empty());
    }

    /** On the loop's thread: nothing happens to the core any more. Completes once the apply thread is idle. */
    private Mono<Void> tellEveryone(RaftException.Stopped why) {
        running.dispose();
        proposals.refuse(why);
        reads.refuse(why);
        Engine last = engine.get();
        broadcaster.end(last == null ? 0 : last.core.term());
        proposals.end(why);
        reads.end(why);
        return applier.end(why);
    }

    /** A step of the stop, and its share of the time: what hangs is left behind. */
    private Mono<Void> within(Mono<Void> step) {
        return step.timeout(grace().dividedBy(5), threads.timers()).onErrorComplete();
    }

    @Override
    public void signalsEnded() {
        threads.disposeWorkers();
        threads.disposeSignals();
    }

    /** The shares that the steps of a stop take of it add up to the whole. */
    private Duration grace() {
        return settings.config().stopGrace();
    }

    private static Duration shortest(Duration one, Duration other) {
        return one.compareTo(other) <= 0 ? one : other;
    }

    /** What the applier tells us, on its thread. */
    private final class AppliedHere implements Applier.Progress<R> {
        @Override
        public @Nullable PendingProposal<R> waiter(long term, long index) {
            return proposals.applied(term, index);
        }

        @Override
        public void applied(Message work, List<Entry> changes) {
            Engine now = engine.get();
            if (now != null) {
                now.loop.post(core -> now.side.applied(work, changes));
            }
        }

        @Override
        public void failed(Throwable error) {
            lifecycle.fail(error);
        }
    }
}
