package io.reactorraft;

import io.reactorraft.proto.Payload;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One subscription to a proposal, from its arrival to its one outcome. Usually one entry; a piece of a stream is several,
 * which are appended one behind the other or not at all.
 *
 * <pre>
 *   WAITING ──▶ APPENDED ──▶ DONE        withdraw() ends WAITING alone: after that the entry is on its way
 *      └──────── DONE
 * </pre>
 *
 * <p><b>Threads.</b> The loop appends, the apply thread completes, a subscriber withdraws, the loop's clock fails: the
 * first to reach DONE decides, the others change nothing.
 */
final class PendingProposal<R> {

    private enum Phase {
        WAITING,
        APPENDED,
        DONE
    }

    /** Who is told. Called once, on whichever thread decided; must not block. */
    interface Outcome<R> {
        /** Once for each entry, in order. Null: it is an entry of the runtime's own, which has no result. */
        void applied(long term, long index, @Nullable R result);

        void failed(RaftException failure);

        /** The subscriber left before anything was appended. */
        void withdrawn();

        /** What tells the leader whose proposal this is part of. */
        default Map<String, String> carrier() {
            return Map.of();
        }
    }

    private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.WAITING);
    private final List<Payload> drafts;
    private final Outcome<R> outcome;
    private final boolean forwarded;
    private final long deadlineNanos;
    private volatile boolean subscriberLeft;
    private long leaderlessSinceNanos;
    private boolean leaderless;
    private int left;

    /**
     * A proposal that waits to be appended.
     *
     * @param drafts what is to be appended, all but what the leader stamps; at least one
     * @param forwarded whether another member handed it over: then it goes no further
     */
    PendingProposal(List<Payload> drafts, long deadlineNanos, boolean forwarded, Outcome<R> outcome) {
        this.drafts = drafts;
        this.left = drafts.size();
        this.deadlineNanos = deadlineNanos;
        this.forwarded = forwarded;
        this.outcome = outcome;
    }

    List<Payload> drafts() {
        return drafts;
    }

    /** The size of its commands. */
    static long bytes(List<Payload> drafts) {
        long bytes = 0;
        for (Payload draft : drafts) {
            bytes += draft.getBody().size();
        }
        return bytes;
    }

    Map<String, String> carrier() {
        return outcome.carrier();
    }

    boolean forwarded() {
        return forwarded;
    }

    /** Nanoseconds until the time limit; negative: past it. */
    long remainingNanos(long nowNanos) {
        return deadlineNanos - nowNanos;
    }

    boolean isDone() {
        return phase.get() == Phase.DONE;
    }

    /** From here on it may be applied; false where it was withdrawn or failed before. */
    boolean markAppended() {
        return phase.compareAndSet(Phase.WAITING, Phase.APPENDED);
    }

    /** It was certainly not appended after all, and may be tried again. */
    void markNotAppended() {
        if (phase.compareAndSet(Phase.APPENDED, Phase.WAITING) && subscriberLeft) {
            withdraw();
        }
    }

    /** The subscriber leaves: before the append the proposal is withdrawn, after it nobody listens any more. */
    void withdraw() {
        subscriberLeft = true;
        if (phase.compareAndSet(Phase.WAITING, Phase.DONE)) {
            outcome.withdrawn();
        }
    }

    /** The next of its entries was applied; with the last one it ends. */
    void applied(long term, long index, @Nullable R result) {
        boolean last = --left == 0;
        if (last ? phase.getAndSet(Phase.DONE) != Phase.DONE : !isDone()) {
            outcome.applied(term, index, result);
        }
    }

    /** Ends it with an error that says that, or that perhaps, it was appended; false where it had ended before. */
    boolean fail(RaftException failure) {
        boolean decided = phase.getAndSet(Phase.DONE) != Phase.DONE;
        if (decided) {
            outcome.failed(failure);
        }
        return decided;
    }

    /** Ends it with an error that says "not appended": only where it was not. False where it was, or had ended before. */
    boolean refuse(RaftException failure) {
        boolean decided = phase.compareAndSet(Phase.WAITING, Phase.DONE);
        if (decided) {
            outcome.failed(failure);
        }
        return decided;
    }

    /** Loop only: since when nobody is known to lead, as far as this proposal met it. */
    long leaderlessForNanos(long nowNanos) {
        if (!leaderless) {
            leaderless = true;
            leaderlessSinceNanos = nowNanos;
        }
        return nowNanos - leaderlessSinceNanos;
    }
}
