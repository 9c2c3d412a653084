package io.reactorraft;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.ForwardReply;
import io.reactorraft.proto.ForwardRequest;
import io.reactorraft.proto.MemberList;
import io.reactorraft.proto.Payload;
import io.reactorraft.proto.PayloadList;
import io.reactorraft.spi.Transport.NotSentException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Hands proposals to the leader and answers those that others hand to us: one hop, by request and response. The one who
 * is asked never passes it on, so that nothing is applied twice or runs in circles.
 */
final class Forwarding<R> {
    private static final String OVERTAKEN = "OVERTAKEN";

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

    /** The members as they are here. */
    MemberList members() {
        return MemberList.newBuilder().addAllMembers(members.roster().all()).build();
    }

    /** Asks {@code leader}; the proposal's outcome comes by itself. */
    void forward(PendingProposal<R> proposal, Member leader, long nowNanos) {
        if (!proposal.markAppended()) {
            return;
        }
        ByteBuffer request = withDrafts(ForwardRequest.newBuilder(), proposal.drafts())
                .setGroupId(settings.groupId())
                .setFrom(settings.id())
                .putAllTrace(proposal.carrier())
                .setTimeoutMillis(TimeUnit.NANOSECONDS.toMillis(proposal.remainingNanos(nowNanos)))
                .build()
                .toByteString()
                .asReadOnlyByteBuffer();
        services.transport()
                .request(settings.groupId(), leader.address(), request)
                .subscribe(
                        reply -> signals.execute(() -> settle(proposal, reply)), // decodes: never on a socket's thread
                        error -> failed(proposal, leader, error));
    }

    private static ForwardRequest.Builder withDrafts(ForwardRequest.Builder request, List<Payload> drafts) {
        return drafts.size() == 1
                ? request.setPropose(drafts.get(0))
                : request.setProposeAll(PayloadList.newBuilder().addAllPayloads(drafts));
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
            boolean applied = reply.getOutcome() == ForwardReply.Outcome.APPLIED;
            if (proposal.drafts().size() > 1) {
                reply.getAppliedList().forEach(each -> next(proposal, each));
            } else if (applied) {
                applied(proposal, reply);
            }
            switch (reply.getOutcome()) {
                case APPLIED ->
                    proposal.fail(new RaftException.OutcomeUnknown(
                            "the leader answered for fewer commands than it was given")); // no effect where it was all
                case NOT_LEADER, STOPPED -> notTaken.tryAgain(proposal);
                case OVERLOADED, DISK_FULL, REJECTED, EXPIRED, UNKNOWN, UNRECOGNIZED ->
                    proposal.fail(failure(reply, members));
            }
        } catch (InvalidProtocolBufferException | RuntimeException unreadable) {
            proposal.fail(new RaftException.OutcomeUnknown("the leader's answer could not be read", unreadable));
        }
    }

    private void next(PendingProposal<R> proposal, ForwardReply each) {
        if (each.getOutcome() == ForwardReply.Outcome.APPLIED) {
            applied(proposal, each);
        } else {
            proposal.fail(failure(each, members));
        }
    }

    private void applied(PendingProposal<R> proposal, ForwardReply reply) {
        proposal.applied(
                reply.getTerm(),
                reply.getIndex(),
                reply.getHasResult() ? resultCodec.decode(reply.getResult().asReadOnlyByteBuffer()) : null);
    }

    /** What an answer other than APPLIED means. */
    static RaftException failure(ForwardReply reply, MemberDirectory members) {
        String reason = reply.getReason();
        return switch (reply.getOutcome()) {
            case NOT_LEADER -> new RaftException.NotLeader(reason, members.find(reply.getLeaderId()));
            case STOPPED -> new RaftException.NotLeader(reason, null);
            case OVERLOADED -> new RaftException.Overloaded(reason, Duration.ofMillis(reply.getRetryAfterMillis()));
            case DISK_FULL -> RaftException.Overloaded.diskFull(reason, Duration.ofMillis(reply.getRetryAfterMillis()));
            case REJECTED -> rejected(reply);
            case EXPIRED -> RaftException.Rejected.expired(reason);
            case UNKNOWN ->
                OVERTAKEN.equals(reply.getRefusal())
                        ? RaftException.OutcomeUnknown.overtaken(reason)
                        : new RaftException.OutcomeUnknown(reason);
            case APPLIED, UNRECOGNIZED ->
                new RaftException.OutcomeUnknown(
                        "the leader answered in a way this version does not know: " + reply.getOutcomeValue());
        };
    }

    private static RaftException.Rejected rejected(ForwardReply reply) {
        for (MembershipRefusal refusal : MembershipRefusal.values()) {
            if (refusal.name().equals(reply.getRefusal())) {
                return RaftException.Rejected.membership(refusal, reply.getReason());
            }
        }
        return new RaftException.Rejected(reply.getReason());
    }

    /** The answer to one who handed us one command that was applied. Apply thread; never throws. */
    ForwardReply appliedReply(long term, long index, @Nullable R result) {
        try {
            ForwardReply.Builder reply = ForwardReply.newBuilder()
                    .setOutcome(ForwardReply.Outcome.APPLIED)
                    .setTerm(term)
                    .setIndex(index);
            return result == null
                    ? reply.build()
                    : reply.setHasResult(true)
                            .setResult(ByteString.copyFrom(resultCodec.encode(result)))
                            .build();
        } catch (RuntimeException unwritable) {
            return failedReply(new RaftException.OutcomeUnknown(
                    "applied at index " + index + ", but its result could not be encoded: " + unwritable));
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
            return reply.setOutcome(
                            overloaded.isDiskFull() ? ForwardReply.Outcome.DISK_FULL : ForwardReply.Outcome.OVERLOADED)
                    .setRetryAfterMillis(overloaded.retryAfter().toMillis())
                    .build();
        } else if (failure instanceof RaftException.Rejected rejected) {
            MembershipRefusal refusal = rejected.membership();
            return reply.setRefusal(refusal == null ? "" : refusal.name())
                    .setOutcome(
                            rejected.sessionExpired() ? ForwardReply.Outcome.EXPIRED : ForwardReply.Outcome.REJECTED)
                    .build();
        } else if (failure instanceof RaftException.Stopped) {
            return reply.setOutcome(ForwardReply.Outcome.STOPPED).build();
        } else if (failure instanceof RaftException.OutcomeUnknown unknown) {
            return reply.setOutcome(ForwardReply.Outcome.UNKNOWN)
                    .setRefusal(unknown.isOvertaken() ? OVERTAKEN : "")
                    .build();
        }
        throw new AssertionError(failure);
    }
}
