package io.reactorraft;

import io.reactorraft.proto.Payload;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The node behind the API: turns calls into proposals and reads, and leaves the rest to {@link NodeRuntime}, which is
 * there from start to stop, and {@link Lifecycle}.
 */
final class LocalNode<C, R> implements RaftNode<C, R> {
    private final NodeSettings settings;
    private final NodeRuntime<C, R> runtime;
    private final NodeThreads threads;
    private final LeaderWork leaderWork;

    LocalNode(NodeSettings settings, NodeServices services, StateMachine<C, R> stateMachine, NodeThreads threads) {
        this.settings = settings;
        this.threads = threads;
        this.runtime = new NodeRuntime<>(settings, services, stateMachine, threads);
        this.leaderWork = new LeaderWork(runtime.broadcaster(), runtime.members());
    }

    @Override
    public String id() {
        return settings.id();
    }

    @Override
    public String groupId() {
        return settings.groupId();
    }

    @Override
    public RaftStatus status() {
        return runtime.status();
    }

    @Override
    public Mono<Void> start() {
        return runtime.lifecycle().start();
    }

    @Override
    public Mono<Void> ready() {
        return runtime.lifecycle().ready();
    }

    @Override
    public Mono<Void> stop() {
        return runtime.lifecycle().stop();
    }

    @Override
    public Mono<Ending> closed() {
        return runtime.lifecycle().closed();
    }

    @Override
    public Flux<Leadership> leadership() {
        return runtime.broadcaster().flux();
    }

    @Override
    public <T> Flux<T> whileLeader(Function<? super Leadership, ? extends Publisher<? extends T>> work) {
        return leaderWork.whileLeader(work);
    }

    @Override
    public <T> Mono<T> leaderOnly(Function<? super Leadership, ? extends Mono<? extends T>> work) {
        return Mono.defer(() -> {
            RaftException refused = runtime.notRunning();
            return refused == null ? leaderWork.leaderOnly(work) : Mono.error(refused);
        });
    }

    @Override
    public Mono<Leadership> transferLeadership(String toId) {
        if (toId.isBlank()) {
            throw new IllegalArgumentException("leadership can only be handed to somebody: the id is empty");
        }
        return runtime.handover().transfer(toId);
    }

    @Override
    public Mono<Applied<R>> propose(C command) {
        return runtime.proposer().propose(command);
    }

    @Override
    public Flux<Applied<R>> proposeAll(Publisher<? extends C> commands) {
        return new CommandStream<>(
                commands, settings.config(), runtime.proposer(), threads.nanoTime(), threads.timers());
    }

    @Override
    public Mono<Session<C, R>> session() {
        return LocalSession.open(runtime.proposer(), settings.config());
    }

    @Override
    public Mono<Void> skip(long index) {
        if (index < 1) {
            throw new IllegalArgumentException("entries have an index of 1 and more, got " + index);
        }
        Payload skip = Payload.newBuilder()
                .setKind(Payload.Kind.SKIP)
                .setSkippedIndex(index)
                .build();
        return LocalSession.entry(runtime.proposer(), skip).then();
    }

    @Override
    public Membership membership() {
        return runtime.groupMembers().membership();
    }

    @Override
    public Mono<SnapshotMeta> snapshot() {
        return runtime.snapshot();
    }

    @Override
    public <T> Mono<T> read(Consistency consistency, Supplier<? extends @Nullable T> query) {
        return runtime.reader().read(consistency, index -> query.get());
    }

    @Override
    public Mono<Long> readIndex(Consistency consistency) {
        return runtime.reader().read(consistency, index -> index);
    }
}
