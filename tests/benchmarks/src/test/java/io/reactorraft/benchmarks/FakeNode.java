package io.reactorraft.benchmarks;

import io.reactorraft.Applied;
import io.reactorraft.Consistency;
import io.reactorraft.Ending;
import io.reactorraft.Leadership;
import io.reactorraft.RaftNode;
import io.reactorraft.RaftStatus;
import io.reactorraft.Role;
import io.reactorraft.Session;
import io.reactorraft.SnapshotMeta;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A node without a cluster: what is proposed is applied at once, unless the test wants it to fail. */
final class FakeNode implements RaftNode<byte[], Long> {
    private Role role = Role.FOLLOWER;
    private @Nullable RuntimeException failure;
    private int failuresLeft;
    private int lastSize;
    private long proposals;
    private long reads;

    void role(Role role) {
        this.role = role;
    }

    /** So many proposals from now on end with this error. */
    void failNext(int count, RuntimeException error) {
        failuresLeft = count;
        failure = error;
    }

    long proposals() {
        return proposals;
    }

    long reads() {
        return reads;
    }

    int lastSize() {
        return lastSize;
    }

    @Override
    public synchronized Mono<Applied<Long>> propose(byte[] command) {
        RuntimeException error = failure;
        if (failuresLeft > 0 && error != null) {
            failuresLeft--;
            return Mono.error(error);
        }
        lastSize = command.length;
        proposals++;
        return Mono.just(new Applied<>(1, proposals, proposals));
    }

    @Override
    public synchronized <T> Mono<T> read(Consistency consistency, Supplier<? extends @Nullable T> query) {
        reads++;
        return Mono.fromSupplier(query);
    }

    @Override
    public RaftStatus status() {
        return new RaftStatus(leadershipNow(), 1, 1, 1, 1, List.of(), List.of(), null, System.nanoTime());
    }

    @Override
    public Flux<Leadership> leadership() {
        return Flux.just(leadershipNow());
    }

    private Leadership leadershipNow() {
        return new Leadership("default", 1, role, role == Role.LEADER ? "n1" : null);
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
    public io.reactorraft.Membership membership() {
        throw new UnsupportedOperationException("nobody asks");
    }

    @Override
    public Mono<Void> start() {
        return Mono.empty();
    }

    @Override
    public Mono<Void> ready() {
        return Mono.empty();
    }

    @Override
    public Mono<Void> stop() {
        return Mono.empty();
    }

    @Override
    public Mono<Ending> closed() {
        return Mono.never();
    }

    @Override
    public Mono<Long> readIndex(Consistency consistency) {
        return Mono.just(1L);
    }

    @Override
    public <T> Flux<T> whileLeader(Function<? super Leadership, ? extends Publisher<? extends T>> work) {
        return Flux.error(new UnsupportedOperationException("no benchmark uses it"));
    }

    @Override
    public <T> Mono<T> leaderOnly(Function<? super Leadership, ? extends Mono<? extends T>> work) {
        return Mono.error(new UnsupportedOperationException("no benchmark uses it"));
    }

    @Override
    public Mono<SnapshotMeta> snapshot() {
        return Mono.error(new UnsupportedOperationException("no benchmark uses it"));
    }

    @Override
    public Mono<Leadership> transferLeadership(String toId) {
        return Mono.error(new UnsupportedOperationException("no benchmark uses it"));
    }

    @Override
    public Flux<Applied<Long>> proposeAll(Publisher<? extends byte[]> commands) {
        return Flux.from(commands).concatMap(this::propose);
    }

    @Override
    public Mono<Session<byte[], Long>> session() {
        return Mono.error(new UnsupportedOperationException("no benchmark uses it"));
    }

    @Override
    public Mono<Void> skip(long index) {
        return Mono.error(new UnsupportedOperationException("no benchmark uses it"));
    }
}
