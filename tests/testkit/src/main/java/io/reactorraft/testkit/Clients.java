package io.reactorraft.testkit;

import io.reactorraft.Consistency;
import io.reactorraft.RaftException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Clients of a simulated cluster: each asks any node, waits for the outcome, thinks, and asks again. */
final class Clients<C, R> {
    private static final long LONGEST_THOUGHT_NANOS = TimeUnit.MILLISECONDS.toNanos(120);
    private static final int BURST = 4;

    private final SimulatedGroup<C, R> group;
    private final Plan<C, R> plan;
    private final Dice dice;
    private final History<C, R> history = new History<>();
    private boolean working;

    /** What a query saw, and at which index. */
    private record Seen<R>(long index, R answer) {}

    Clients(SimulatedGroup<C, R> group, Plan<C, R> plan, Dice dice) {
        this.group = group;
        this.plan = plan;
        this.dice = dice;
    }

    void start(int count) {
        working = true;
        for (int i = 0; i < count; i++) {
            think();
        }
    }

    void stop() {
        working = false;
    }

    /** All that was asked and answered, commands and queries. */
    List<Operation<C, R>> history() {
        return history.operations();
    }

    private void think() {
        if (working) {
            group.time().after(dice.below(LONGEST_THOUGHT_NANOS), () -> ask(dice.oneOf(group.members()), this::think));
        }
    }

    void burst(String id) {
        for (int i = 0; i < BURST; i++) {
            ask(id, () -> {});
        }
    }

    private void ask(String id, Runnable then) {
        SimulatedMember<C, R> member = group.member(id);
        if (!member.isRunning()) {
            then.run();
        } else if (dice.permille(500)) {
            propose(member, then);
        } else if (dice.permille(850)) {
            query(member, then);
        } else {
            readIndex(member, then);
        }
    }

    /** One proposal on this node. */
    Outcomes.Operation propose(SimulatedMember<C, R> member, Runnable then) {
        C command = plan.nextCommand(dice);
        Outcomes.Operation operation = group.outcomes().begin(member.id(), then);
        History<C, R>.Call call = history.invoke(operation.number(), command);
        Replica<C, R> replica = member.replica();
        tell(member, operation, "is asked to apply " + command);
        member.node()
                .propose(command)
                .subscribe(
                        applied -> {
                            tell(member, operation, "answers " + applied);
                            if (!operation.isSettled()) {
                                call.returned(applied.result());
                            }
                            operation.applied(applied.term(), applied.index(), replica.encoded(applied.result()));
                        },
                        error -> {
                            if (!operation.isSettled() && !(error instanceof RaftException.OutcomeUnknown)) {
                                call.neverHappened();
                            }
                            failed(member, operation, error);
                        });
        operation.tagged();
        return operation;
    }

    private void failed(SimulatedMember<C, R> member, Outcomes.Operation operation, Throwable error) {
        tell(member, operation, "answers " + error);
        if (error instanceof RaftException.OutcomeUnknown) {
            operation.unknown();
        } else if (error instanceof RaftException) {
            operation.notApplied(error instanceof RaftException.Rejected);
        } else {
            group.story().violation("a client of " + member.id() + " is told what is no outcome: " + error);
        }
    }

    private void query(SimulatedMember<C, R> member, Runnable then) {
        Plan.Queries<C, R> queries = plan.queries();
        Outcomes.Operation operation = group.outcomes().begin(member.id(), then);
        Replica<C, R> replica = member.replica();
        if (queries == null) {
            member.node()
                    .read(replica::lastIndex)
                    .subscribe(operation::read, error -> failed(member, operation, error));
            return;
        }
        C asked = queries.next().apply(dice);
        History<C, R>.Call call = history.invoke(operation.number(), asked);
        tell(member, operation, "is asked " + asked);
        member.node()
                .<Seen<R>>read(
                        () -> new Seen<>(replica.lastIndex(), queries.answer().apply(replica.machine(), asked)))
                .subscribe(
                        seen -> {
                            tell(member, operation, "answers " + seen);
                            if (!operation.isSettled()) {
                                call.returned(seen.answer());
                            }
                            operation.read(seen.index());
                        },
                        error -> failed(member, operation, error));
    }

    private void readIndex(SimulatedMember<C, R> member, Runnable then) {
        Outcomes.Operation operation = group.outcomes().begin(member.id(), then);
        member.node()
                .readIndex(Consistency.LINEARIZABLE)
                .subscribe(operation::read, error -> failed(member, operation, error));
    }

    private void tell(SimulatedMember<C, R> member, Outcomes.Operation operation, String what) {
        group.story()
                .tell(member.id(), -20, operation.number(), () -> what + " (operation " + operation.number() + ")");
    }
}
