package io.reactorraft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.core.RaftRole;
import io.reactorraft.core.RawNode;
import io.reactorraft.core.Status;
import io.reactorraft.proto.ForwardReply;
import io.reactorraft.proto.ForwardRequest;
import io.reactorraft.spi.Transport.NotSentException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SynchronousSink;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Leadership on its way to a member that somebody named (thesis §3.10): the leader is asked, wherever it is, and the
 * asker watches who leads afterwards.
 */
final class LeadershipHandover {
    private final NodeSettings settings;
    private final NodeServices services;
    private final MemberDirectory members;
    private final LeadershipBroadcaster broadcaster;
    private final Scheduler timers;
    private final Node node;

    /** The rest of the node. */
    interface Node {
        /** Why nothing can be asked of it; null: it can. */
        @Nullable
        RaftException notRunning();

        Lifecycle lifecycle();

        SerialQueue signals();

        /** An event for the core; false, and forgotten, where there is no loop. */
        boolean post(Inbox.Event event);
    }

    LeadershipHandover(
            NodeSettings settings,
            NodeServices services,
            MemberDirectory members,
            LeadershipBroadcaster broadcaster,
            Scheduler timers,
            Node node) {
        this.settings = settings;
        this.services = services;
        this.members = members;
        this.broadcaster = broadcaster;
        this.timers = timers;
        this.node = node;
    }

    /** Hands leadership to {@code toId}, wherever it is now; completes once that is seen. */
    Mono<Leadership> transfer(String toId) {
        Mono<Void> begun = Mono.defer(() -> {
            String leaderId = broadcaster.latest().leaderId();
            Member leader = leaderId == null ? null : members.find(leaderId);
            return leader == null || leader.id().equals(settings.id()) ? begin(toId) : ask(leader, toId);
        });
        return Mono.defer(() -> {
                    RaftException refused = node.notRunning();
                    return refused == null ? watch(toId, begun) : Mono.error(refused);
                })
                .switchIfEmpty(Mono.error(node.lifecycle()::why))
                .publishOn(Schedulers.fromExecutor(node.signals()::post));
    }

    /** Begins it, where this node leads; an error says why not. */
    Mono<Void> begin(String toId) {
        return Mono.create(sink -> {
            boolean posted = node.post(core -> {
                RaftException refused = begin(core, toId);
                if (refused == null) {
                    sink.success();
                } else {
                    sink.error(refused);
                }
            });
            if (!posted) {
                sink.error(new RaftException.NotLeader("this node is still starting", null));
            }
        });
    }

    /** Completes once {@code toId} is seen to lead. {@code begun} asks the leader. */
    private Mono<Leadership> watch(String toId, Mono<Void> begun) {
        Duration patience = settings.config().electionTimeout().multipliedBy(2);
        return Mono.defer(() -> {
            long since = broadcaster.latest().term();
            Mono<Leadership> seen = broadcaster
                    .flux()
                    .<Leadership>handle((each, sink) -> judge(each, toId, since, sink))
                    .next();
            return begun.then(seen)
                    .timeout(
                            patience,
                            Mono.error(() -> new RaftException.OutcomeUnknown("'" + toId
                                    + "' did not show as leader within " + patience + "; it may still take over")),
                            timers);
        });
    }

    private void judge(Leadership each, String toId, long since, SynchronousSink<Leadership> sink) {
        String leader = each.leaderId();
        if (toId.equals(leader)) {
            sink.next(each);
        } else if (leader != null && each.term() > since) {
            sink.error(new RaftException.NotLeader(
                    "'" + leader + "' leads now, instead of '" + toId + "'", members.find(leader)));
        }
    }

    /** Begins it where this node leads. Loop only. Null: begun; else why not. */
    private @Nullable RaftException begin(RawNode core, String toId) {
        if (core.role() != RaftRole.LEADER) {
            return new RaftException.NotLeader(settings.id() + " does not lead", members.find(core.leaderId()));
        }
        Map<String, Status.PeerProgress> known = core.progress();
        Status.PeerProgress to = known.get(toId);
        if (to == null) {
            return new RaftException.Rejected(
                    "there is no member '" + toId + "'; members: " + String.join(", ", new TreeSet<>(known.keySet())));
        }
        if (to.learner()) {
            return new RaftException.Rejected("'" + toId + "' is a learner and cannot lead: promote it first");
        }
        core.transferLeadership(toId);
        return null;
    }

    /** Asks the one who leads, by request and response. */
    private Mono<Void> ask(Member leader, String toId) {
        ByteBuffer request = ForwardRequest.newBuilder()
                .setGroupId(settings.groupId())
                .setFrom(settings.id())
                .setTransferTo(toId)
                .build()
                .toByteString()
                .asReadOnlyByteBuffer();
        return services.transport()
                .request(settings.groupId(), leader.address(), request)
                .onErrorMap(error -> error instanceof NotSentException
                        ? new RaftException.NotLeader("the leader " + leader.id() + " could not be reached", leader)
                        : new RaftException.OutcomeUnknown(
                                "the connection to the leader " + leader.id() + " failed; it may still hand over",
                                error))
                .flatMap(reply -> read(reply));
    }

    private Mono<Void> read(ByteBuffer bytes) {
        try {
            ForwardReply reply = ForwardReply.parseFrom(bytes);
            return reply.getOutcome() == ForwardReply.Outcome.APPLIED
                    ? Mono.empty()
                    : Mono.error(Forwarding.failure(reply, members));
        } catch (InvalidProtocolBufferException unreadable) {
            return Mono.error(new RaftException.OutcomeUnknown("the leader's answer could not be read", unreadable));
        }
    }
}
