package io.reactorraft;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.ForwardReply;
import io.reactorraft.proto.ForwardRequest;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.MemberList;
import io.reactorraft.proto.MemberRequest;
import io.reactorraft.proto.Payload;
import io.reactorraft.spi.Tracing;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/** What other members ask of this one because it leads, or did: answered by request and response, never passed on. */
final class PeerRequests<R> {
    private final NodeSettings settings;
    private final Tracing tracing;
    private final ProposalBudget budget;
    private final Forwarding<R> forwarding;
    private final Entrance<R> entrance;
    private final Supplier<ByteString> dataId;

    /** The way in, to the loop. */
    interface Entrance<R> {
        /** Takes a proposal that goes no further than this node. */
        void proposeForwarded(List<Payload> drafts, long limitNanos, PendingProposal.Outcome<R> outcome);

        /** Begins to hand leadership over, where this node leads; an error says why not. */
        Mono<Void> beginHandover(String toId);

        /** Has this node, where it leads, change the members. */
        Mono<Void> changeMembers(MemberRequest request, long limitNanos);

        /** Runs it soon on the loop, if there still is one. */
        void onLoop(Runnable work);
    }

    PeerRequests(
            NodeSettings settings,
            Tracing tracing,
            ProposalBudget budget,
            Forwarding<R> forwarding,
            Entrance<R> entrance,
            Supplier<ByteString> dataId) {
        this.settings = settings;
        this.tracing = tracing;
        this.budget = budget;
        this.forwarding = forwarding;
        this.entrance = entrance;
        this.dataId = dataId;
    }

    Mono<ByteBuffer> answer(ByteBuffer body) {
        ForwardRequest request;
        try {
            request = ForwardRequest.parseFrom(body);
        } catch (InvalidProtocolBufferException garbled) {
            return rejected("the request could not be read: " + garbled.getMessage());
        }
        long limit = TimeUnit.MILLISECONDS.toNanos(request.getTimeoutMillis());
        Map<String, String> carrier = request.getTraceMap();
        return switch (request.getCallCase()) {
            case PROPOSE -> propose(List.of(request.getPropose()), limit, carrier);
            case PROPOSE_ALL -> propose(request.getProposeAll().getPayloadsList(), limit, carrier);
            case TRANSFER_TO -> handOver(request.getTransferTo());
            case MEMBERS -> changeMembers(request.getMembers(), limit);
            case PING -> Mono.just(bytes(whoAnswers()));
            case CALL_NOT_SET -> rejected("this version does not know the request");
        };
    }

    private Mono<ByteBuffer> changeMembers(MemberRequest request, long limitNanos) {
        String objection = MemberTargets.objectionTo(request);
        if (objection != null) {
            return rejected(objection);
        }
        long limit = Math.min(settings.config().requestTimeout().toNanos(), limitNanos);
        return entrance.changeMembers(request, limit)
                .then(Mono.fromSupplier(
                        () -> done().setMembers(forwarding.members()).build()))
                .onErrorResume(RaftException.class, refused -> Mono.just(Forwarding.failedReply(refused)))
                .map(PeerRequests::bytes);
    }

    /** A node that was called back says who it is: another one may answer at the address. */
    private ForwardReply whoAnswers() {
        return done().setMembers(MemberList.newBuilder()
                        .addMembers(Member.newBuilder().setId(settings.id()).setDataId(dataId.get())))
                .build();
    }

    private static ForwardReply.Builder done() {
        return ForwardReply.newBuilder().setOutcome(ForwardReply.Outcome.APPLIED);
    }

    private Mono<ByteBuffer> handOver(String toId) {
        return entrance.beginHandover(toId)
                .thenReturn(done().build())
                .onErrorResume(RaftException.class, refused -> Mono.just(Forwarding.failedReply(refused)))
                .map(PeerRequests::bytes);
    }

    private Mono<ByteBuffer> propose(List<Payload> drafts, long limitNanos, Map<String, String> carrier) {
        long limit = settings.config().maxProposalBytes();
        for (Payload draft : drafts) {
            if (draft.getBody().size() > limit) {
                return rejected(
                        "the command has " + draft.getBody().size() + " bytes, more than maxProposalBytes=" + limit);
            }
            switch (draft.getKind()) {
                case COMMAND, SESSION_OPEN, SESSION_CLOSE, SKIP -> {}
                default -> {
                    return rejected("no member proposes this for another: kind " + draft.getKindValue());
                }
            }
        }
        return drafts.isEmpty()
                ? rejected("there is nothing to propose")
                : Mono.create(
                        sink -> propose(drafts, limitNanos, tracing.forwarded(settings.groupId(), carrier), sink));
    }

    private void propose(List<Payload> drafts, long limitNanos, Tracing.Span span, MonoSink<ByteBuffer> sink) {
        long bytes = PendingProposal.bytes(drafts);
        RaftException.Overloaded full = budget.reserve(drafts.size(), bytes);
        if (full != null) {
            span.failed(full);
            sink.success(bytes(Forwarding.failedReply(full)));
            return;
        }
        long limit = Math.min(settings.config().requestTimeout().toNanos(), limitNanos);
        entrance.proposeForwarded(asStream(drafts), Math.max(0, limit), new PendingProposal.Outcome<>() {
            private final List<ForwardReply> applied = new ArrayList<>();

            @Override
            public void applied(long term, long index, @Nullable R result) {
                ForwardReply reply = forwarding.appliedReply(term, index, result);
                if (drafts.size() == 1) {
                    span.applied(term, index);
                    end(reply);
                } else if (add(reply) == drafts.size()) {
                    span.applied(term, index);
                    end(all(ForwardReply.newBuilder().setOutcome(ForwardReply.Outcome.APPLIED)));
                }
            }

            private int add(ForwardReply reply) {
                synchronized (applied) { // the loop may give up while the apply thread adds
                    applied.add(reply);
                    return applied.size();
                }
            }

            @Override
            public void failed(RaftException failure) {
                span.failed(failure);
                end(all(Forwarding.failedReply(failure).toBuilder()));
            }

            @Override
            public void withdrawn() {
                span.cancelled();
                budget.release(drafts.size(), bytes);
            }

            private ForwardReply all(ForwardReply.Builder reply) {
                synchronized (applied) {
                    return reply.addAllApplied(applied).build();
                }
            }

            private void end(ForwardReply reply) {
                sink.success(bytes(reply));
                budget.release(drafts.size(), bytes);
            }
        });
    }

    /** The commands of one stream, each saying how many follow: a rejected one takes those with it. */
    static List<Payload> asStream(List<Payload> drafts) {
        List<Payload> stream = new ArrayList<>(drafts.size());
        for (int i = 0; i < drafts.size(); i++) {
            stream.add(drafts.get(i).toBuilder()
                    .setFollowers(drafts.size() - 1 - i)
                    .build());
        }
        return stream;
    }

    private static Mono<ByteBuffer> rejected(String reason) {
        return Mono.just(bytes(ForwardReply.newBuilder()
                .setOutcome(ForwardReply.Outcome.REJECTED)
                .setReason(reason)
                .build()));
    }

    private static ByteBuffer bytes(ForwardReply reply) {
        return reply.toByteString().asReadOnlyByteBuffer();
    }
}
