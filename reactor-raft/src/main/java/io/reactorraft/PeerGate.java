package io.reactorraft;

import io.reactorraft.proto.Member;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.Metric;
import io.reactorraft.spi.Transport;
import java.nio.ByteBuffer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What peers say, on its way in. Called on the transport's threads; only posts.
 */
final class PeerGate<C, R> implements Transport.Receiver {
    private final NodeRuntime<C, R> runtime;
    private final NodeSettings settings;
    private final NodeServices services;
    private final PeerRequests<R> requests;

    PeerGate(NodeRuntime<C, R> runtime, NodeSettings settings, NodeServices services, PeerRequests<R> requests) {
        this.runtime = runtime;
        this.settings = settings;
        this.services = services;
        this.requests = requests;
    }

    @Override
    public void receive(Message message) {
        if (!runtime.receive(message)) {
            services.metrics().record(Metric.INBOX_DROPPED, settings.groupId(), message.getFrom(), 1);
        }
    }

    @Override
    public void unreachable(String peerId) {
        runtime.post(core -> core.reportUnreachable(peerId));
    }

    @Override
    public void met(Member peer) {
        runtime.members().met(peer);
    }

    @Override
    public Mono<ByteBuffer> request(ByteBuffer body) {
        return requests.answer(body);
    }

    @Override
    public Mono<Void> snapshot(SnapshotMetadata metadata, Flux<ByteBuffer> content) {
        return runtime.takeSnapshot(metadata, content);
    }
}
