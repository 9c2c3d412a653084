package io.reactorraft;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.ForwardReply;
import io.reactorraft.proto.ForwardRequest;
import io.reactorraft.proto.Payload;
import io.reactorraft.spi.Transport.NotSentException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Hands proposals to the leader and answers those that others hand to us: one hop, by request and response. The one who
 * is asked never passes it on, so that nothing is applied twice or runs in circles.
 */
final class Forwarding<R> {
    private final NodeSettings settings;
    private final NodeServices services;
    private final MemberDirectory members;
    private final Codec<R> resultCodec;
    private final NotTaken<R> notTaken;
    private final Executor signals;

    /** What happens, on the loop, to a proposal that the one we asked did certainly not append. */
    @FunctionalInterface
    interface NotTaken<R> {
        void tryAgain(PendingProposal<R> proposal);
    }

    Forwarding(
            NodeSettings settings,
            NodeServices services,
            MemberDirectory members,
            Codec<R> resultCodec,
            NotTaken<R> notTaken,
            Executor signals) {
        this.settings = settings;
        this.services = services;
        this.members = members;
        this.resultCodec = resultCodec;
        this.notTaken = notTaken;
        this.signals = signals;
    }

    @Nullable
    Member member(String id) {
        return members.find(id);
    }

    /** Asks {@code leader}; the proposal's outcome comes by itself. */
    void forward(PendingProposal<R> proposal, Member leader, long nowNanos) {
        if (!proposal.markAppended()) {
            return;
        }
        ByteBuffer request = ForwardRequest.newBuilder()
                .setGroupId(settings.groupId())
                .setFrom(settings.id())
                .setTimeoutMillis(TimeUnit.NANOSECONDS.toMillis(proposal.remainingNanos(nowNanos)))
                .setPropose(Payload.newBuilder().setBody(proposal.command()))
                .build()
                .toByteString()
                .asReadOnlyByteBuffer();
        services.transport()
                .request(settings.groupId(), leader.address(), request)
                .subscribe(
                        reply -> signals.execute(() -> settle(proposal, reply)), // decodes: never on a socket's thread
                        error -> failed(proposal, leader, error));
    }

    private void failed(PendingProposal<R> proposal, Member leader, Throwable error) {
        if (error instanceof NotSentException) {
            notTaken.tryAgain(proposal);
        } else {
            proposal.fail(new RaftException.OutcomeUnknown(
                    "the connection to the leader " + leader.id() + " failed; it may still be applied", error));
        }
    }

    private void settle(PendingProposal<R> proposal, ByteBuffer bytes) {
        try {
            ForwardReply reply = ForwardReply.parseFrom(bytes);
            switch (reply.getOutcome()) {
                case APPLIED ->
                    proposal.applied(new Applied<>(
                            reply.getTerm(),
                            reply.getIndex(),
                            resultCodec.decode(reply.getResult().asReadOnlyByteBuffer())));
                case NOT_LEADER, STOPPED -> notTaken.tryAgain(proposal);
                case OVERLOADED ->
                    proposal.fail(new RaftException.Overloaded(
                            reply.getReason(), Duration.ofMillis(reply.getRetryAfterMillis())));
                case REJECTED -> proposal.fail(new RaftException.Rejected(reply.getReason()));
                case UNKNOWN -> proposal.fail(new RaftException.OutcomeUnknown(reply.getReason()));
                case UNRECOGNIZED ->
                    proposal.fail(new RaftException.OutcomeUnknown(
                            "the leader answered in a way this version does not know: " + reply.getOutcomeValue()));
            }
        } catch (InvalidProtocolBufferException | RuntimeException unreadable) {
            proposal.fail(new RaftException.OutcomeUnknown("the leader's answer could not be read", unreadable));
        }
    }

    /** The answer to one who handed us a proposal that was applied. Apply thread; never throws. */
    ForwardReply appliedReply(Applied<R> applied) {
        try {
            return ForwardReply.newBuilder()
                    .setOutcome(ForwardReply.Outcome.APPLIED)
                    .setTerm(applied.term())
                    .setIndex(applied.index())
                    .setResult(ByteString.copyFrom(resultCodec.encode(applied.result())))
                    .build();
        } catch (RuntimeException unwritable) {
            return failedReply(new RaftException.OutcomeUnknown(
                    "applied at index " + applied.index() + ", but its result could not be encoded: " + unwritable));
        }
    }

    /** The answer to one who handed us a proposal that was not applied, as far as we know. */
    static ForwardReply failedReply(RaftException failure) {
        ForwardReply.Builder reply = ForwardReply.newBuilder().setReason(String.valueOf(failure.getMessage()));
        if (failure instanceof RaftException.NotLeader notLeader) {
            Member leader = notLeader.leader();
            return reply.setOutcome(ForwardReply.Outcome.NOT_LEADER)
                    .setLeaderId(leader == null ? "" : leader.id())
                    .build();
        } else if (failure instanceof RaftException.Overloaded overloaded) {
            return reply.setOutcome(ForwardReply.Outcome.OVERLOADED)
                    .setRetryAfterMillis(overloaded.retryAfter().toMillis())
                    .build();
        } else if (failure instanceof RaftException.Rejected) {
            return reply.setOutcome(ForwardReply.Outcome.REJECTED).build();
        } else if (failure instanceof RaftException.Stopped) {
            return reply.setOutcome(ForwardReply.Outcome.STOPPED).build();
        } else if (failure instanceof RaftException.OutcomeUnknown) {
            return reply.setOutcome(ForwardReply.Outcome.UNKNOWN).build();
        }
        throw new AssertionError(failure);
    }
}
