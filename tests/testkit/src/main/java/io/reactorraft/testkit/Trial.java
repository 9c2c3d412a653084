package io.reactorraft.testkit;

import io.reactorraft.RaftStatus;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One seed from beginning to end: faults while clients work, then none, and then everybody must have an answer, the group
 * must work again, and all replicas must be equal.
 */
final class Trial<C, R> {

    /** Within this time after the last fault every client has its outcome: the request timeout, and the clock's drift. */
    private static final long SETTLED_NANOS = TimeUnit.SECONDS.toNanos(15);

    /** Within this time after that, a proposal on each node is applied everywhere. */
    private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(15);

    /** What a check of one key may cost; beyond it the log alone is the witness. */
    private static final int MAX_CONFIGURATIONS = 100_000;

    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final SimulatedGroup<C, R> group;
    private final Plan<C, R> plan;
    private final int clients;

    Trial(SimulatedGroup<C, R> group, Plan<C, R> plan, int clients) {
        this.plan = plan;
        this.group = group;
        this.clients = clients;
    }

    void run(FaultMode mode, long nanos, long leastEvents) {
        group.clients().start(clients);
        Operator<C, R> operator = group.operator();
        if (operator != null) {
            operator.start();
        }
        switch (mode) {
            case UNIFORM -> new UniformFaults(group).run(nanos, leastEvents);
            case PHASED -> new PhasedFaults(group).run(nanos, leastEvents);
        }
        group.clients().stop();
        if (operator != null) {
            operator.rest();
        }
        settle();
        if (!over() && operator != null) {
            operator.finish();
        }
        if (!over()) {
            checkProgress();
        }
        if (!over()) {
            checkEquality();
        }
        SequentialModel<?, C, R> model = plan.model();
        if (!over() && model != null) {
            checkHistory(model);
        }
    }

    /** Faults that were to be mended later still come to it; a node that was stopped takes its time to end. */
    private void settle() {
        long limit = group.time().now() + SETTLED_NANOS;
        while (group.time().now() < limit && !over()) {
            mend();
            group.pass(TimeUnit.SECONDS.toNanos(1));
        }
        if (group.outcomes().waiting() > 0) {
            group.story()
                    .violation(group.outcomes().waiting()
                            + " clients have no outcome 15 s after the last fault (the request timeout is shorter)");
        }
    }

    private void mend() {
        Operator<C, R> operator = group.operator();
        if (operator != null) {
            operator.mend();
        } else {
            group.mend();
        }
    }

    private void checkProgress() {
        long limit = group.time().now() + PROGRESS_NANOS;
        for (String id : group.members()) {
            boolean applied = false;
            while (!applied && group.time().now() < limit && !over()) {
                mend();
                Outcomes.Operation operation = group.clients().propose(group.member(id), () -> {});
                do {
                    group.pass(LOOK_NANOS);
                } while (!operation.isSettled() && group.time().now() < limit && !over());
                applied = operation.isApplied();
            }
            if (!applied) {
                group.story()
                        .violation("no progress: all faults are over, and a proposal on " + id
                                + " is not applied within 15 s; " + standing());
            }
        }
        while (!allCaughtUp() && group.time().now() < limit && !over()) {
            group.pass(LOOK_NANOS);
        }
        if (!allCaughtUp()) {
            group.story().violation("no progress: all faults are over, and not everybody has caught up; " + standing());
        }
    }

    private boolean allCaughtUp() {
        long last = group.members().stream()
                .mapToLong(id -> group.member(id).node().status().lastIndex())
                .max()
                .orElse(0);
        return group.members().stream()
                .allMatch(id -> group.member(id).node().status().appliedIndex() == last);
    }

    private String standing() {
        List<String> lines = new ArrayList<>();
        for (String id : group.members()) {
            RaftStatus status = group.member(id).node().status();
            lines.add(id + " " + status.leadership().role() + " term "
                    + status.leadership().term() + " last " + status.lastIndex() + " commit " + status.commitIndex()
                    + " applied " + status.appliedIndex());
        }
        return String.join("; ", lines);
    }

    /** The same commands in the same order make the same state: the snapshots must be equal, byte by byte. */
    private void checkEquality() {
        List<ByteBuffer> first = null;
        for (String id : group.members()) {
            List<ByteBuffer> snapshot = snapshot(id);
            if (first != null && !first.equals(snapshot)) {
                group.story()
                        .violation("the state machine is not deterministic: after the same commands the"
                                + " snapshot of " + id + " is not that of "
                                + group.members().get(0));
            }
            first = first == null ? snapshot : first;
        }
    }

    private List<ByteBuffer> snapshot(String id) {
        List<ByteBuffer> buffers = new ArrayList<>();
        @Nullable Throwable[] failure = {null};
        group.member(id).replica().machine().snapshot().subscribe(buffers::add, error -> failure[0] = error);
        if (failure[0] != null) {
            group.story().violation("the snapshot of " + id + " failed: " + Objects.requireNonNull(failure[0]));
        }
        return buffers;
    }

    private <S> void checkHistory(SequentialModel<S, C, R> model) {
        Verdict<C, R> verdict = new LinearizabilityChecker<>(model, MAX_CONFIGURATIONS)
                .check(group.clients().history());
        switch (verdict.outcome()) {
            case LINEARIZABLE -> group.story().count(Happening.HISTORY_LINEARIZABLE);
            case UNDECIDED -> group.story().count(Happening.HISTORY_UNDECIDED);
            case NOT_LINEARIZABLE -> group.story().violation(verdict.explanation());
        }
    }

    private boolean over() {
        return group.story().violation() != null;
    }
}
