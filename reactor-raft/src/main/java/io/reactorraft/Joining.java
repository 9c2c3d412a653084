package io.reactorraft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.ForwardReply;
import io.reactorraft.proto.ForwardRequest;
import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.MemberRequest;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.StartRefusedException.Kind;
import io.reactorraft.spi.Transport.NotSentException;
import io.reactorraft.spi.Transport.Refusal;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * A node that belongs to no group asks members, one after the other, to be let in. Any of them passes it on to the leader,
 * which calls back before it says yes; so this node can be reached by then. Asking twice does no harm.
 *
 * <p>What is refused for good ends the node with a {@link StartRefusedException} that says why; where nobody answers, or
 * nobody leads, it goes on asking for {@link #PATIENCE} request timeouts.
 */
final class Joining {
    private static final Logger LOG = LoggerFactory.getLogger(Joining.class);

    /** Request timeouts that it goes on asking for. */
    static final int PATIENCE = 6;

    /** Rounds of all seeds in which it is refused, and nobody takes its request, before it believes that. */
    static final int REFUSED_ROUNDS = 5;

    private static final Duration PAUSE = Duration.ofMillis(500);

    private final NodeSettings settings;
    private final NodeServices services;
    private final Scheduler timers;
    private final ByteBuffer request;
    private final AtomicInteger refusals = new AtomicInteger();
    private volatile String lastReason = "no answer";

    Joining(NodeSettings settings, NodeServices services, Scheduler timers, Member self) {
        this.settings = settings;
        this.services = services;
        this.timers = timers;
        NodeSettings.Join join = settings.join();
        Member asking =
                self.toBuilder().setLearner(join != null && join.learner()).build();
        this.request = ForwardRequest.newBuilder()
                .setGroupId(settings.groupId())
                .setFrom(settings.id())
                .setTimeoutMillis(settings.config().requestTimeout().toMillis())
                .setMembers(MemberRequest.newBuilder()
                        .setKind(MemberRequest.Kind.JOIN)
                        .addMembers(asking))
                .build()
                .toByteString()
                .asReadOnlyByteBuffer();
    }

    /** Completes once this node is let in. */
    Mono<Void> run() {
        NodeSettings.Join join = settings.join();
        List<String> seeds = join == null ? List.of() : join.seeds();
        if (seeds.isEmpty()) {
            return Mono.error(new StartRefusedException(
                    Kind.FOREIGN,
                    "'" + settings.id() + "' is none of the members that start the group, and " + settings.dataDir()
                            + " is empty: say which members to ask to join"));
        }
        Duration patience = settings.config().requestTimeout().multipliedBy(PATIENCE);
        return Flux.fromIterable(seeds)
                .concatMap(this::ask, 0)
                .next()
                .repeatWhenEmpty(rounds -> rounds.delayElements(PAUSE, timers))
                .timeout(
                        patience,
                        Mono.error(() -> new RaftException.NotLeader(
                                "nobody of " + String.join(", ", seeds) + " let '" + settings.id() + "' in within "
                                        + patience + ": " + lastReason,
                                null)),
                        timers)
                .then();
    }

    /** Empty: not now. */
    private Mono<Boolean> ask(String seed) {
        return services.transport()
                .request(settings.groupId(), seed, request.duplicate())
                .flatMap(reply -> read(seed, reply))
                .onErrorResume(error -> !(error instanceof StartRefusedException), error -> notNow(seed, error));
    }

    /**
     * One that lags may know this node by what it was before, and a leader's own connection to it may still be on its way:
     * so a refusal counts once it has been repeated.
     */
    private boolean isFinal() {
        NodeSettings.Join join = settings.join();
        int seeds = join == null ? 1 : join.seeds().size();
        return refusals.incrementAndGet() >= REFUSED_ROUNDS * seeds;
    }

    /** Who takes the request has nothing against this node: who has may be behind, and a leader is to tell which. */
    private void disputed(String seed) {
        if (!seed.equals(settings.self().address())) { // where all are seeds it asks itself, too
            refusals.set(0);
        }
    }

    private Mono<Boolean> read(String seed, ByteBuffer bytes) {
        ForwardReply reply;
        try {
            reply = ForwardReply.parseFrom(bytes);
        } catch (InvalidProtocolBufferException garbled) {
            return Mono.error(garbled);
        }
        if (reply.getOutcome() == ForwardReply.Outcome.APPLIED) {
            LOG.info("{} was let into the group", settings.logPrefix());
            return Mono.just(true);
        }
        if (reply.getOutcome() != ForwardReply.Outcome.REJECTED) {
            disputed(seed);
        }
        boolean passing = reply.getRefusal().equals(MembershipRefusal.UNREACHABLE.name())
                || reply.getRefusal().equals(MembershipRefusal.QUORUM_AT_RISK.name());
        boolean refused = reply.getOutcome() == ForwardReply.Outcome.REJECTED && (!passing || isFinal());
        return Mono.error(
                refused
                        ? new StartRefusedException(kind(reply.getRefusal()), reply.getReason())
                        : new IllegalStateException(reply.getReason()));
    }

    private static Kind kind(String refusal) {
        if (refusal.equals(MembershipRefusal.ID_USED.name())) {
            return Kind.WIPED; // no restart helps before somebody has it replaced, or added again
        }
        return refusal.equals(MembershipRefusal.UNREACHABLE.name()) ? Kind.ADDRESS : Kind.FOREIGN;
    }

    private Mono<Boolean> notNow(String seed, Throwable error) {
        Refusal refusal = error instanceof NotSentException notSent ? notSent.refusal() : null;
        boolean refused = refusal != null
                && refusal.verdict() != Verdict.NOT_ADDRESSEE
                && !refusal.isNotYet()
                && !refusal.isUnfounded();
        if (refusal != null && refused && isFinal()) {
            boolean lost = refusal.verdict() == Verdict.WIPED || refusal.verdict() == Verdict.REMOVED;
            Kind kind = lost ? Kind.WIPED : Kind.FOREIGN; // no restart helps
            return Mono.error(new StartRefusedException(kind, refusal.reason()));
        }
        String reason = seed + ": " + error.getMessage();
        if (!reason.equals(lastReason)) {
            LOG.warn("{} is not let in yet by {}", settings.logPrefix(), reason);
        }
        lastReason = reason;
        return Mono.empty();
    }
}
