package io.reactorraft;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.ForwardReply;
import io.reactorraft.proto.ForwardRequest;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.Metric;
import io.reactorraft.spi.Transport;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * What peers say, on its way in. Called on the transport's threads; only posts.
 */
final class PeerGate<C, R> implements Transport.Receiver {
    private final NodeRuntime<C, R> runtime;
    private final NodeSettings settings;
    private final NodeServices services;

    PeerGate(NodeRuntime<C, R> runtime, NodeSettings settings, NodeServices services) {
        this.runtime = runtime;
        this.settings = settings;
        this.services = services;
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
        ForwardRequest request;
        try {
            request = ForwardRequest.parseFrom(body);
        } catch (InvalidProtocolBufferException garbled) {
            return Mono.just(rejected("the request could not be read: " + garbled.getMessage()));
        }
        if (!request.hasPropose()) {
            return Mono.just(rejected("this version does not know the request"));
        }
        return Mono.create(sink -> propose(request, sink));
    }

    private void propose(ForwardRequest request, MonoSink<ByteBuffer> sink) {
        ByteString command = request.getPropose().getBody();
        if (command.size() > settings.config().maxProposalBytes()) {
            sink.success(rejected("the command has " + command.size() + " bytes, more than maxProposalBytes="
                    + settings.config().maxProposalBytes()));
            return;
        }
        RaftException.Overloaded full = runtime.budget().reserve(command.size());
        if (full != null) {
            sink.success(Forwarding.failedReply(full).toByteString().asReadOnlyByteBuffer());
            return;
        }
        long own = settings.config().requestTimeout().toNanos();
        long limit = Math.min(own, TimeUnit.MILLISECONDS.toNanos(request.getTimeoutMillis()));
        runtime.proposeForwarded(command, Math.max(0, limit), new PendingProposal.Outcome<>() {
            @Override
            public void applied(Applied<R> applied) {
                sink.success(runtime.forwarding()
                        .appliedReply(applied)
                        .toByteString()
                        .asReadOnlyByteBuffer());
                runtime.budget().release(command.size());
            }

            @Override
            public void failed(RaftException failure) {
                sink.success(Forwarding.failedReply(failure).toByteString().asReadOnlyByteBuffer());
                runtime.budget().release(command.size());
            }

            @Override
            public void withdrawn() {
                runtime.budget().release(command.size());
            }
        });
    }

    private static ByteBuffer rejected(String reason) {
        return ForwardReply.newBuilder()
                .setOutcome(ForwardReply.Outcome.REJECTED)
                .setReason(reason)
                .build()
                .toByteString()
                .asReadOnlyByteBuffer();
    }

    @Override
    public Mono<Void> snapshot(SnapshotMetadata metadata, Flux<ByteBuffer> content) {
        return Mono.error(new IllegalStateException("nobody of this version sends snapshots"));
    }
}
