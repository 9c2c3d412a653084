package io.reactorraft;

import io.reactorraft.proto.Member;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.proto.Standing;
import io.reactorraft.spi.Metric;
import io.reactorraft.spi.Transport;
import io.reactorraft.spi.Transport.Refusal;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
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
        if (message.getType() == MessageType.MSG_HEARTBEAT_RESPONSE) {
            runtime.peerWatch().heard(message.getFrom());
        }
        if (!runtime.receive(message)) {
            services.metrics().record(Metric.INBOX_DROPPED, settings.groupId(), message.getFrom(), 1);
        }
    }

    @Override
    public void unreachable(String peerId) {
        runtime.post(core -> core.reportUnreachable(peerId));
    }

    @Override
    public void gone(String peerId) {
        runtime.peerWatch().gone(peerId);
    }

    @Override
    public void met(Member peer) {
        runtime.peerWatch().met(peer);
    }

    @Override
    public @Nullable Refusal judge(Member peer) {
        return runtime.peerWatch().judge(peer);
    }

    @Override
    public boolean knows(Member peer) {
        return runtime.peerWatch().knows(peer);
    }

    @Override
    public void refused(String peerId, Refusal refusal) {
        runtime.peerWatch().refused(peerId, refusal);
    }

    @Override
    public Standing standing() {
        return runtime.peerWatch().standing();
    }

    @Override
    public Mono<ByteBuffer> request(ByteBuffer body) {
        return requests.answer(body);
    }

    @Override
    public Mono<Void> snapshot(SnapshotMetadata metadata, Flux<ByteBuffer> content) {
        return runtime.transfers().receive(metadata, content);
    }
}
