package io.reactorraft.server;

import io.reactorraft.Applied;
import io.reactorraft.Committed;
import io.reactorraft.Consistency;
import io.reactorraft.Ending;
import io.reactorraft.Leadership;
import io.reactorraft.Member;
import io.reactorraft.Membership;
import io.reactorraft.Peer;
import io.reactorraft.RaftException;
import io.reactorraft.RaftNode;
import io.reactorraft.RaftStatus;
import io.reactorraft.Role;
import io.reactorraft.Session;
import io.reactorraft.SnapshotMeta;
import io.reactorraft.server.kv.KeyValueStore;
import io.reactorraft.server.kv.proto.Command;
import io.reactorraft.server.kv.proto.Result;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * A cluster of one without a log or a network, for tests: applies at once, on an apply thread of its own, and fails or
 * waits where it is told to. Everything crosses the codecs, as it would between nodes.
 */
public final class FakeNode implements RaftNode<Command, Result> {

    /** Its members. */
    public final FakeMembership membership = new FakeMembership();

    private final KeyValueStore store;
    private final Scheduler applyThread = Schedulers.newSingle("fake-apply", true);
    private final Sinks.Many<Leadership> leadership;
    private final Sinks.One<Ending> closed = Sinks.one();
    private final AtomicInteger stops = new AtomicInteger();
    private final AtomicLong taken = new AtomicLong();
    private volatile Mono<Void> start = Mono.empty();
    private volatile Mono<Void> before = Mono.empty();
    private volatile Leadership current = new Leadership("default", 3, Role.LEADER, "n1");
    private volatile @Nullable Consistency lastConsistency;
    private volatile Instant time = Instant.parse("2026-01-01T00:00:00Z");
    private volatile Duration silence = Duration.ZERO;
    private long index;

    public FakeNode(KeyValueStore store) {
        this.store = store;
        this.leadership = Sinks.many().replay().latestOrDefault(current);
    }

    /** From now on every proposal and read waits for this, or fails with it, before anything happens. */
    public FakeNode before(Mono<Void> gate) {
        before = gate;
        return this;
    }

    /** The log's time from now on. */
    public void time(Instant now) {
        time = now;
    }

    /** Every proposal and read fails. */
    public FakeNode failing(Throwable error) {
        return before(Mono.error(error));
    }

    /** What {@link #start} waits for or fails with. */
    public FakeNode starting(Mono<Void> when) {
        start = when;
        return this;
    }

    /** What everybody sees from now on. */
    public void leadership(long term, Role role, @Nullable String leader) {
        current = new Leadership("default", term, role, leader);
        leadership.emitNext(current, Sinks.EmitFailureHandler.FAIL_FAST);
    }

    /** The node breaks down. */
    public void fail(Throwable error) {
        closed.emitError(error, Sinks.EmitFailureHandler.FAIL_FAST);
    }

    /** The node ends by itself. */
    public void end(Ending ending) {
        closed.emitValue(ending, Sinks.EmitFailureHandler.FAIL_FAST);
    }

    /** The loop has not gone round for this long. */
    public void stall(Duration time) {
        silence = time;
    }

    /** How fresh the last read had to be. */
    public @Nullable Consistency lastConsistency() {
        return lastConsistency;
    }

    /** How many leaderships subscribers took, all together. */
    public long taken() {
        return taken.get();
    }

    /** How often it was stopped. */
    public int stops() {
        return stops.get();
    }

    @Override
    public String id() {
        return "n1";
    }

    @Override
    public String groupId() {
        return "default";
    }

    @Override
    public RaftStatus status() {
        Member self = new Member("n1", "127.0.0.1:7001", false, Map.of("http", "http://127.0.0.1:8001"));
        boolean leads = current.role() == Role.LEADER;
        return new RaftStatus(
                current,
                1,
                9,
                8,
                7,
                List.of(
                        new Peer(self, true, leads ? new Peer.Progress(9, 10, "replicate") : null),
                        new Peer(
                                Member.learner("n2", "127.0.0.1:7002"),
                                false,
                                leads ? new Peer.Progress(4, 5, "probe") : null)),
                List.of(),
                new RaftStatus.Timers(Duration.ofMillis(1_500), leads ? Duration.ofMillis(100) : null),
                System.nanoTime() - silence.toNanos());
    }

    @Override
    public Mono<Void> start() {
        return Mono.defer(() -> start);
    }

    @Override
    public Mono<Void> ready() {
        return Mono.empty();
    }

    @Override
    public Mono<Void> stop() {
        return Mono.fromRunnable(() -> {
            stops.incrementAndGet();
            leadership.tryEmitComplete();
            closed.tryEmitValue(Ending.STOPPED);
        });
    }

    @Override
    public Mono<Ending> closed() {
        return closed.asMono();
    }

    @Override
    public Flux<Leadership> leadership() {
        return leadership.asFlux().onBackpressureLatest().doOnNext(shown -> taken.incrementAndGet());
    }

    @Override
    public Mono<Applied<Result>> propose(Command command) {
        return Mono.defer(() -> before)
                .then(Mono.fromCallable(() -> apply(command)).subscribeOn(applyThread));
    }

    private Applied<Result> apply(Command command) {
        index++;
        ByteBuffer entry = store.commandCodec().encode(command);
        Committed<Command> committed = new Committed<>(
                current.term(), index, time, 1, store.commandCodec().decode(entry));
        return new Applied<>(current.term(), index, store.apply(committed));
    }

    @Override
    public <T> Mono<T> read(Consistency consistency, Supplier<? extends @Nullable T> query) {
        return Mono.defer(() -> {
            lastConsistency = consistency;
            return before.then(Mono.<T>fromSupplier(query).subscribeOn(applyThread));
        });
    }

    @Override
    public Mono<Long> readIndex(Consistency consistency) {
        return Mono.defer(() -> before).thenReturn(7L);
    }

    @Override
    public <T> Flux<T> whileLeader(Function<? super Leadership, ? extends Publisher<? extends T>> work) {
        return Flux.error(new UnsupportedOperationException("the server does not use it"));
    }

    @Override
    public <T> Mono<T> leaderOnly(Function<? super Leadership, ? extends Mono<? extends T>> work) {
        return Mono.error(new UnsupportedOperationException("the server does not use it"));
    }

    @Override
    public Mono<Leadership> transferLeadership(String toId) {
        return toId.equals("n1")
                ? Mono.just(new Leadership("default", 3, Role.LEADER, toId))
                : Mono.error(new RaftException.Rejected("there is no member '" + toId + "'; members: n1"));
    }

    @Override
    public Flux<Applied<Result>> proposeAll(Publisher<? extends Command> commands) {
        return Flux.from(commands).concatMap(this::propose);
    }

    @Override
    public Mono<Session<Command, Result>> session() {
        return Mono.error(new UnsupportedOperationException("the server does not use it"));
    }

    @Override
    public Membership membership() {
        return membership;
    }

    @Override
    public Mono<SnapshotMeta> snapshot() {
        return Mono.defer(() -> before).thenReturn(new SnapshotMeta(3, 7, 4_096));
    }

    @Override
    public Mono<Void> skip(long poison) {
        return Mono.error(new UnsupportedOperationException("the server does not use it"));
    }
}
