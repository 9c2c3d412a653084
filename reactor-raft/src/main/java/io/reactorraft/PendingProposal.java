package io.reactorraft;

import com.google.protobuf.ByteString;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One subscription to a proposal, from its arrival to its one outcome.
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
        void applied(Applied<R> applied);

        void failed(RaftException failure);

        /** The subscriber left before anything was appended. */
        void withdrawn();
    }

    private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.WAITING);
    private final ByteString command;
    private final Outcome<R> outcome;
    private final boolean forwarded;
    private final long deadlineNanos;
    private volatile boolean subscriberLeft;
    private long leaderlessSinceNanos;
    private boolean leaderless;

    /**
     * A proposal that waits to be appended.
     *
     * @param forwarded whether another member handed it over: then it goes no further
     */
    PendingProposal(ByteString command, long deadlineNanos, boolean forwarded, Outcome<R> outcome) {
        this.command = command;
        this.deadlineNanos = deadlineNanos;
        this.forwarded = forwarded;
        this.outcome = outcome;
    }

    ByteString command() {
        return command;
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

    void applied(Applied<R> applied) {
        if (phase.getAndSet(Phase.DONE) != Phase.DONE) {
            outcome.applied(applied);
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
