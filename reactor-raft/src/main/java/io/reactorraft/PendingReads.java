package io.reactorraft;

import com.google.protobuf.ByteString;
import io.reactorraft.core.RawNode;
import io.reactorraft.core.ReadState;
import io.reactorraft.core.StepOutcome;
import io.reactorraft.spi.Metric;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.util.concurrent.Queues;

/**
 * Linearizable reads (thesis §6.4), in rounds: while one round asks the quorum, later reads gather for the next, so that
 * one exchange of heartbeats confirms all that wait. A round that is not confirmed within an election timeout, or whose
 * leader is gone, is asked again under a new context; an answer to the old one is then ignored.
 *
 * <p><b>Threads.</b> Anyone submits; the loop does the rest and hands confirmed reads to the applier.
 */
final class PendingReads {
    private final NodeSettings settings;
    private final NodeServices services;
    private final Applier<?, ?> applier;
    private final LongSupplier nanoTime;
    private final Lease lease;
    private final ByteString contextPrefix;
    private final AtomicInteger count = new AtomicInteger();
    private final Queue<PendingRead> incoming =
            Queues.<PendingRead>unboundedMultiproducer().get();
    private final ArrayDeque<PendingRead> waiting = new ArrayDeque<>();

    /** Confirmed, and waiting in the applier for their index: their time limit is still ours to watch. */
    private final List<PendingRead> handedOver = new ArrayList<>();

    /** Reads of the local state, which wait for nothing but the apply thread. */
    private final Queue<PendingRead> stale =
            Queues.<PendingRead>unboundedMultiproducer().get();

    private volatile @Nullable RaftException refusal;
    private volatile Runnable wake = () -> {};
    private @Nullable Round round;
    private @Nullable AppliersHalt halt;
    private long rounds;

    /** Reads that are confirmed, or not, together. */
    private record Round(ByteString context, List<PendingRead> reads, String leaderId, long askedNanos) {}

    /**
     * No read waits yet.
     *
     * @param bootId tells this start of the process from earlier ones and from other nodes: contexts must be unique
     */
    PendingReads(
            NodeSettings settings,
            NodeServices services,
            LongSupplier nanoTime,
            Applier<?, ?> applier,
            Lease lease,
            ByteString bootId) {
        this.nanoTime = nanoTime;
        this.lease = lease;
        this.settings = settings;
        this.services = services;
        this.applier = applier;
        this.contextPrefix = bootId;
    }

    /** How to have the loop take a turn. */
    void wakeWith(Runnable wakeLoop) {
        wake = wakeLoop;
    }

    /** Makes room for a read, or says why there is none. */
    RaftException.@Nullable Overloaded reserve() {
        int limit = settings.config().maxPendingReads();
        if (count.incrementAndGet() <= limit) {
            return null;
        }
        count.decrementAndGet();
        return overloaded();
    }

    private RaftException.Overloaded overloaded() {
        return new RaftException.Overloaded(
                "too many reads wait on this node (maxPendingReads="
                        + settings.config().maxPendingReads() + "); try again shortly",
                settings.config().heartbeatInterval());
    }

    /** A read with this time limit was answered. Any thread. */
    void answered(long deadlineNanos) {
        long left = deadlineNanos - nanoTime.getAsLong();
        long took = settings.config().requestTimeout().toNanos() - left;
        services.metrics().record(Metric.READ_DURATION, settings.groupId(), null, took);
    }

    /** Whether a read of the state until now is safe without asking a quorum. Any thread. */
    boolean leaseHolds() {
        return lease.holds();
    }

    /** The read has been answered or given up, and its subscriber told. */
    void release() {
        count.decrementAndGet();
    }

    /** Takes a read of whatever is applied here. Bounded like the others, and under the same time limit. */
    RaftException.@Nullable Overloaded submitStale(PendingRead read) {
        if (applier.readsHeld() >= settings.config().maxPendingReads()) {
            return overloaded();
        }
        stale.add(read);
        applier.answerNow(read);
        return null;
    }

    /** The lease ran out under a read: a quorum is asked after all. Apply thread. */
    void askAfterAll(PendingRead read) {
        submit(read);
        wake.run();
    }

    /** Takes a read; the caller wakes the loop. Registered first, checked second. */
    void submit(PendingRead read) {
        incoming.add(read);
        RaftException ended = refusal;
        if (ended != null) {
            read.fail(ended);
        }
    }

    /** Each turn: starts a round where none is under way. */
    void takeTurn(RawNode core, long nowNanos) {
        PendingRead read;
        AppliersHalt at = halt;
        boolean leased = lease.holds();
        List<PendingRead> underLease = new ArrayList<>();
        while ((read = incoming.poll()) != null) {
            if (at != null && !read.isPatient()) {
                read.fail(at.refusal());
            } else if (leased && read.trustsLease()) {
                underLease.add(read);
            } else {
                read.asksQuorum();
                waiting.add(read);
            }
        }
        if (!underLease.isEmpty()) { // all that this leader has acknowledged is committed here
            handedOver.addAll(underLease);
            applier.answerAt(core.commitIndex(), underLease);
        }
        if (round != null && !round.leaderId.equals(core.leaderId())) {
            round.reads.forEach(waiting::addFirst);
            round = null;
        }
        boolean room = applier.readsHeld() < settings.config().maxPendingReads();
        if (round == null && room && !waiting.isEmpty() && !core.leaderId().isEmpty()) {
            ask(core, new ArrayList<>(waiting), nowNanos);
        }
    }

    private void ask(RawNode core, List<PendingRead> reads, long nowNanos) {
        ByteString context = contextPrefix.concat(ByteString.copyFrom(
                ByteBuffer.allocate(Long.BYTES).putLong(++rounds).flip()));
        if (core.readIndex(context) == StepOutcome.TAKEN) {
            waiting.clear();
            round = new Round(context, reads, core.leaderId(), nowNanos);
        }
    }

    /** The core says from which index on a round may be answered. */
    void confirmed(ReadState state) {
        Round confirmed = round;
        if (confirmed != null && confirmed.context.equals(state.context())) {
            round = null;
            handedOver.addAll(confirmed.reads);
            applier.answerAt(state.index(), confirmed.reads);
        }
    }

    /** While the node still starts: who has no more time is told. */
    void tickBeforeStart(long nowNanos) {
        PendingRead read;
        while ((read = incoming.poll()) != null) {
            read.asksQuorum();
            waiting.add(read);
        }
        tick(nowNanos, () -> null);
    }

    /** Once a tick: late reads are given up, a round that got no answer is asked again. */
    void tick(long nowNanos, Supplier<@Nullable Member> leader) {
        Round asked = round;
        if (asked != null) {
            giveUpLate(asked.reads.iterator(), nowNanos, leader);
            if (nowNanos - asked.askedNanos
                    > settings.config().electionTimeout().toNanos()) {
                asked.reads.forEach(waiting::addFirst);
                round = null;
            }
        }
        giveUpLate(waiting.iterator(), nowNanos, leader);
        PendingRead read;
        while ((read = stale.poll()) != null) {
            handedOver.add(read);
        }
        handedOver.removeIf(each -> each.left() || giveUpIfLate(each, nowNanos));
        services.metrics().record(Metric.READS_PENDING, settings.groupId(), null, count.get());
    }

    private void giveUpLate(Iterator<PendingRead> reads, long nowNanos, Supplier<@Nullable Member> leader) {
        while (reads.hasNext()) {
            PendingRead read = reads.next();
            if (read.left()) {
                reads.remove();
            } else if (read.deadlineNanos() - nowNanos <= 0) {
                reads.remove();
                Member known = leader.get();
                read.fail(new RaftException.NotLeader(
                        known == null
                                ? "no leader is known, so the read could not be confirmed in time"
                                : "no quorum confirmed the read in time",
                        known));
            }
        }
    }

    private static boolean giveUpIfLate(PendingRead read, long nowNanos) {
        boolean late = read.deadlineNanos() - nowNanos <= 0;
        if (late) {
            read.fail(new RaftException.Overloaded(
                    "this node did not come to apply what the read must see in time; ask another member",
                    java.time.Duration.ZERO));
        }
        return late;
    }

    /** The applier halted, or, with null, goes on. Reads that it has been handed it tells itself. Loop only. */
    void applierHalted(@Nullable AppliersHalt at) {
        halt = at;
        if (at != null) {
            List<PendingRead> impatient = new ArrayList<>(waiting);
            impatient.removeIf(PendingRead::isPatient);
            waiting.removeAll(impatient);
            impatient.forEach(read -> read.fail(at.refusal()));
        }
    }

    /** From here on every read is refused. */
    void refuse(RaftException ended) {
        refusal = ended;
    }

    /** Loop only, after {@link #refuse}: tells all that still wait. */
    void end(RaftException ended) {
        PendingRead read;
        while ((read = incoming.poll()) != null) {
            read.fail(ended);
        }
        waiting.forEach(each -> each.fail(ended));
        waiting.clear();
        handedOver.clear(); // the applier tells these
        if (round != null) {
            round.reads.forEach(each -> each.fail(ended));
            round = null;
        }
    }
}
