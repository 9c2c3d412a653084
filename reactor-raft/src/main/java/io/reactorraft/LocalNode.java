package io.reactorraft;

import com.google.protobuf.ByteString;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * The node behind the API: turns calls into proposals and reads, and leaves the rest to {@link NodeRuntime}, which is
 * there from start to stop, and {@link Lifecycle}.
 */
final class LocalNode<C, R> implements RaftNode<C, R> {
    private final NodeSettings settings;
    private final NodeRuntime<C, R> runtime;
    private final Codec<C> commandCodec;

    LocalNode(NodeSettings settings, NodeServices services, StateMachine<C, R> stateMachine, NodeThreads threads) {
        this.settings = settings;
        this.commandCodec = stateMachine.commandCodec();
        this.runtime = new NodeRuntime<>(settings, services, stateMachine, threads);
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
        return runtime.leadership();
    }

    @Override
    public Mono<Applied<R>> propose(C command) {
        return Mono.create(sink -> propose(command, sink));
    }

    private void propose(C command, MonoSink<Applied<R>> sink) {
        ByteString encoded;
        try {
            encoded = ByteString.copyFrom(commandCodec.encode(command));
        } catch (RuntimeException unwritable) {
            runtime.signal(() -> sink.error(unwritable));
            return;
        }
        long limit = settings.config().maxProposalBytes();
        if (encoded.size() > limit) {
            runtime.signal(() -> sink.error(new RaftException.Rejected(
                    "the command has " + encoded.size() + " bytes, more than maxProposalBytes=" + limit)));
            return;
        }
        runtime.propose(encoded, sink);
    }

    @Override
    public <T> Mono<T> read(Consistency consistency, Supplier<? extends @Nullable T> query) {
        return Mono.create(sink -> runtime.read(consistency, index -> query.get(), sink));
    }

    @Override
    public Mono<Long> readIndex(Consistency consistency) {
        return Mono.create(sink -> runtime.read(consistency, index -> index, sink));
    }
}
