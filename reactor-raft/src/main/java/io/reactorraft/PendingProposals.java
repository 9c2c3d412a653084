package io.reactorraft;

import com.google.protobuf.ByteString;
import io.reactorraft.core.RaftRole;
import io.reactorraft.core.RawNode;
import io.reactorraft.core.StepOutcome;
import io.reactorraft.proto.Payload;
import io.reactorraft.spi.Metric;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.util.concurrent.Queues;

/**
 * Every proposal that waits on this node, and where it stands.
 *
 * <pre>
 *   submit ─▶ incoming ─┬─ this node leads ─▶ one batch into the core ─▶ appended[index] ─▶ applied
 *                       ├─ another leads ───▶ forwarded, one hop
 *                       └─ nobody does ─────▶ parked, for two election timeouts at most
 * </pre>
 *
 * <p><b>Threads.</b> Anyone submits; the loop does the rest, but for {@link #waiter} and {@link #told}, which the apply thread calls.
 */
final class PendingProposals<R> {

    /** Proposals appended in one turn; the rest wait for the next. */
    static final int MAX_BATCH = 4_096;

    /** Bytes appended in one turn, above which no further proposal joins. */
    static final long MAX_BATCH_BYTES = 4L << 20;

    private final NodeSettings settings;
    private final NodeServices services;
    private final ProposalBudget budget;
    private final Function<Payload, ByteString> stamp;
    private final Forwarding<R> forwarding;
    private final Queue<PendingProposal<R>> incoming =
            Queues.<PendingProposal<R>>unboundedMultiproducer().get();
    private final ArrayDeque<PendingProposal<R>> parked = new ArrayDeque<>();
    private final Set<PendingProposal<R>> forwarded = new LinkedHashSet<>();
    private final Map<Long, Waiting<R>> appended = new ConcurrentHashMap<>();
    private volatile @Nullable RaftException refusal;
    private @Nullable AppliersHalt halt;

    private record Waiting<R>(long term, PendingProposal<R> proposal) {}

    /**
     * Nothing waits yet.
     *
     * @param stamp puts the leader's envelope around a command; called in the order of the log
     */
    PendingProposals(
            NodeSettings settings,
            NodeServices services,
            ProposalBudget budget,
            Function<Payload, ByteString> stamp,
            Forwarding<R> forwarding) {
        this.settings = settings;
        this.services = services;
        this.budget = budget;
        this.stamp = stamp;
        this.forwarding = forwarding;
    }

    /** Takes a proposal; the caller wakes the loop. Registered first, checked second: none is forgotten at the end. */
    void submit(PendingProposal<R> proposal) {
        incoming.add(proposal);
        RaftException ended = refusal;
        if (ended != null) {
            refuse(proposal, ended); // unless the loop has appended it by now: then it gets its real outcome
        }
    }

    /** Each turn: appends, forwards or parks what came. */
    void takeTurn(RawNode core, long nowNanos) {
        RaftException ended = refusal;
        if (ended != null) {
            refuseWaiting(ended);
        } else if (core.role() == RaftRole.LEADER) {
            unpark();
            append(core);
        } else {
            PendingProposal<R> proposal;
            while ((proposal = incoming.poll()) != null) {
                passOn(proposal, core.leaderId(), nowNanos);
            }
        }
    }

    private void refuseWaiting(RaftException ended) {
        unpark();
        PendingProposal<R> proposal;
        while ((proposal = incoming.poll()) != null) {
            refuse(proposal, ended);
        }
    }

    private void append(RawNode core) {
        List<PendingProposal<R>> batch = new ArrayList<>();
        List<ByteString> entries = new ArrayList<>();
        long bytes = 0;
        PendingProposal<R> proposal;
        while (entries.size() < MAX_BATCH && bytes < MAX_BATCH_BYTES && (proposal = incoming.poll()) != null) {
            RaftException objection = objection(proposal);
            if (objection != null) {
                refuse(proposal, objection);
            } else if (proposal.markAppended()) {
                batch.add(proposal);
                for (Payload draft : proposal.drafts()) {
                    entries.add(stamp.apply(draft));
                    bytes += draft.getBody().size();
                }
            }
        }
        if (!batch.isEmpty()) {
            append(core, batch, entries);
        }
    }

    private void append(RawNode core, List<PendingProposal<R>> batch, List<ByteString> entries) {
        if (core.propose(entries) != StepOutcome.TAKEN) {
            RaftException busy =
                    budget.overloaded("the leader takes no proposals just now (transfer, or too much uncommitted)");
            batch.forEach(each -> {
                each.markNotAppended();
                refuse(each, busy);
            });
            return;
        }
        long index = core.lastIndex() - entries.size();
        for (PendingProposal<R> each : batch) {
            for (int i = 0; i < each.drafts().size(); i++) {
                Waiting<R> replaced = appended.put(++index, new Waiting<>(core.term(), each));
                if (replaced != null) { // led before, lost it, and leads again: the log was truncated in between
                    unknown(replaced.proposal, "another leadership's entry took index " + index);
                }
            }
        }
    }

    /** Why a leader must not append this; null: it may. */
    private @Nullable RaftException objection(PendingProposal<R> proposal) {
        Payload first = proposal.drafts().get(0);
        AppliersHalt halted = halt;
        if (first.getKind() == Payload.Kind.SKIP) {
            return halted != null && halted.index() == first.getSkippedIndex()
                    ? null
                    : new RaftException.Rejected("the leader " + settings.id() + " has not halted at index "
                            + first.getSkippedIndex()
                            + ", so it is no poison to all: restart or replace the member that halted there");
        }
        if (halted != null) {
            return halted.refusal();
        }
        return services.log().isFull() ? budget.diskFull(settings.id()) : null;
    }

    /** Whether proposals are left for a further turn. */
    boolean moreWaits() {
        return !incoming.isEmpty();
    }

    private void passOn(PendingProposal<R> proposal, String leaderId, long nowNanos) {
        Member leader = forwarding.member(leaderId);
        if (proposal.forwarded()) {
            refuse(proposal, new RaftException.NotLeader(settings.id() + " does not lead", leader));
        } else if (leader == null || leaderId.equals(settings.id())) {
            park(proposal, nowNanos);
        } else if (!proposal.isDone()) {
            forwarded.add(proposal);
            forwarding.forward(proposal, leader, nowNanos);
        }
    }

    /** Nobody leads, or the one who was asked did certainly not take it: tried again at the next tick. */
    void park(PendingProposal<R> proposal, long nowNanos) {
        forwarded.remove(proposal);
        proposal.markNotAppended();
        if (proposal.isDone()) {
            return; // withdrawn, or told in the meantime
        }
        long patience = 2 * settings.config().electionTimeout().toNanos();
        if (proposal.leaderlessForNanos(nowNanos) > patience || proposal.remainingNanos(nowNanos) <= 0) {
            refuse(proposal, new RaftException.NotLeader("no leader is known, or none that could be reached", null));
        } else {
            parked.add(proposal);
        }
    }

    private void unpark() {
        incoming.addAll(parked);
        parked.clear();
    }

    /** Once a tick: parked proposals are tried again, late ones told. */
    void tick(long nowNanos) {
        appended.values().forEach(waiting -> {
            if (waiting.proposal.remainingNanos(nowNanos) <= 0) {
                timeOut(waiting.proposal);
            }
        });
        appended.values().removeIf(waiting -> waiting.proposal.isDone());
        forwarded.forEach(proposal -> {
            if (proposal.remainingNanos(nowNanos) <= 0) {
                timeOut(proposal);
            }
        });
        forwarded.removeIf(PendingProposal::isDone);
        unpark();
        services.metrics().record(Metric.PROPOSALS_PENDING, settings.groupId(), null, budget.count());
    }

    /** While the node still starts: who has no more time is told. */
    void tickBeforeStart(long nowNanos) {
        PendingProposal<R> submitted;
        while ((submitted = incoming.poll()) != null) {
            parked.add(submitted);
        }
        parked.forEach(proposal -> {
            if (proposal.remainingNanos(nowNanos) <= 0) {
                refuse(proposal, new RaftException.NotLeader(settings.id() + " is still starting", null));
            }
        });
        parked.removeIf(PendingProposal::isDone);
    }

    private void timeOut(PendingProposal<R> proposal) {
        unknown(proposal, "no outcome within the time limit; it may still be applied");
    }

    /** Leadership of every term before {@code term} is over: what was appended under it may, or may not, survive. */
    void leadershipLost(long term) {
        appended.forEach((index, waiting) -> {
            if (waiting.term < term) {
                appended.remove(index, waiting);
                unknown(
                        waiting.proposal,
                        "leadership was lost before index " + index + " was applied; it may still be");
            }
        });
    }

    /** Who waits for the entry that is about to be applied; they may still be told that it took too long. Apply thread. */
    @Nullable
    PendingProposal<R> waiter(long term, long index) {
        Waiting<R> waiting = appended.get(index);
        if (waiting == null) {
            return null;
        }
        if (waiting.term != term) {
            appended.remove(index, waiting);
            unknown(waiting.proposal, "another leader's entry took index " + index);
            return null;
        }
        return waiting.proposal;
    }

    /** The entry was applied, and who waited for it told. Apply thread. */
    void told(long index) {
        appended.remove(index);
    }

    /**
     * The applier halted, or, with null, goes on. While it is halted nothing but the entry that frees it is appended
     * here. Who waits for an entry cannot be told what becomes of it.
     */
    void applierHalted(@Nullable AppliersHalt at) {
        halt = at;
        if (at != null) {
            appended.values()
                    .forEach(waiting -> unknown(
                            waiting.proposal,
                            "the applier of " + settings.id() + " halted at index " + at.index()
                                    + "; other members may apply it"));
            appended.clear();
        }
    }

    /** From here on every proposal is refused; those that were never appended are told at once. */
    void refuse(RaftException ended) {
        refusal = ended;
    }

    /** Loop only, after {@link #refuse(RaftException)}: tells all that still wait. */
    void end(RaftException ended) {
        refuseWaiting(ended);
        forwarded.forEach(
                each -> unknown(each, "the node stopped before the leader answered; it may still be applied"));
        appended.values()
                .forEach(waiting ->
                        unknown(waiting.proposal, "the node stopped before the entry was applied; it may still be"));
        appended.clear();
        forwarded.clear();
    }

    /** Whether nothing is on its way any more. */
    boolean drained() {
        return appended.isEmpty() && forwarded.stream().allMatch(PendingProposal::isDone);
    }

    private void refuse(PendingProposal<R> proposal, RaftException why) {
        if (proposal.refuse(why)) {
            services.metrics().record(Metric.PROPOSALS_REFUSED, settings.groupId(), null, 1);
        }
    }

    private void unknown(PendingProposal<R> proposal, String why) {
        if (proposal.fail(new RaftException.OutcomeUnknown(why))) {
            services.metrics().record(Metric.PROPOSALS_UNKNOWN, settings.groupId(), null, 1);
        }
    }
}
