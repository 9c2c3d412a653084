package io.reactorraft.testkit;

import io.reactorraft.Applied;
import io.reactorraft.Consistency;
import io.reactorraft.RaftException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * Clients of a simulated cluster: each asks any node, waits for the outcome, thinks, and asks again. They propose, one by
 * one, in streams and in sessions; they read, by quorum and by lease; they leave early; they do what only a leader may.
 */
final class Clients<C, R> {
    private static final long LONGEST_THOUGHT_NANOS = TimeUnit.MILLISECONDS.toNanos(120);
    private static final long LONGEST_ERRAND_NANOS = TimeUnit.MILLISECONDS.toNanos(400);
    private static final int BURST = 4;
    private static final int CROWD = 40;

    /** An outcome comes this much later than its time limit: clocks drift, and ticks are far apart. */
    private static final long LATE_NANOS = TimeUnit.SECONDS.toNanos(3);

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

    /** Many reads at once, which share a round of heartbeats. */
    void crowd(String id) {
        SimulatedMember<C, R> member = group.member(id);
        for (int i = 0; i < CROWD && member.isRunning(); i++) {
            query(member, () -> {});
        }
    }

    private void ask(String id, Runnable then) {
        SimulatedMember<C, R> member = group.member(id);
        if (!member.isRunning()) {
            then.run();
        } else if (dice.permille(500)) {
            proposeSomehow(member, then);
        } else if (dice.permille(830)) {
            query(member, then);
        } else if (dice.permille(700)) {
            readIndex(member, then);
        } else {
            errand(member, then);
        }
    }

    private void proposeSomehow(SimulatedMember<C, R> member, Runnable then) {
        switch ((int) dice.below(40)) {
            case 0, 1 -> new StreamClient<>(this, member, plan.config().proposeAllWindow(), then).begin();
            case 2, 3 -> new SessionClient<>(this, member, then).begin();
            case 4 -> leaveAtOnce(member, then);
            case 5 -> leaveEarly(member, then);
            default -> propose(member, then);
        }
    }

    // ---------------------------------------------------------------------------------------------------- proposals

    /** A command, what its client is told, and its place in the history. */
    final class Question {
        private final SimulatedMember<C, R> member;
        private final C command = plan.nextCommand(dice);
        private final long tag = group.outcomes().reserveTag();
        private final Outcomes.Operation operation;
        private final History<C, R>.Call call;

        private Question(SimulatedMember<C, R> member, Runnable then) {
            this.member = member;
            this.operation = group.outcomes().begin(member.id(), then);
            this.call = history.invoke(operation.number(), command);
            operation.tagged(tag);
            tell(member, operation, "is asked to apply " + command);
        }

        C command() {
            return command;
        }

        long tag() {
            return tag;
        }

        /** The command, which is the next that is encoded. */
        C encodedNext() {
            group.outcomes().encodesNext(tag);
            return command;
        }

        boolean isSettled() {
            return operation.isSettled();
        }

        void applied(Applied<R> applied, Replica<C, R> replica) {
            tell(member, operation, "answers " + applied);
            if (!operation.isSettled()) {
                call.returned(applied.result());
            }
            operation.applied(applied.term(), applied.index(), replica.encoded(applied.result()));
        }

        void failed(Throwable error) {
            if (!operation.isSettled() && !(error instanceof RaftException.OutcomeUnknown)) {
                call.neverHappened();
            }
            Clients.this.failed(member, operation, error);
        }

        /** The client hears nothing any more. */
        void left() {
            operation.left();
        }

        /** The client took its command back before anybody can have taken it. */
        void withdrawn() {
            count(Happening.CLIENT_LEFT);
            call.neverHappened();
            operation.notApplied(false);
        }
    }

    Question question(SimulatedMember<C, R> member) {
        return new Question(member, () -> {});
    }

    /** One proposal on this node. */
    Outcomes.Operation propose(SimulatedMember<C, R> member, Runnable then) {
        Question question = new Question(member, then);
        submit(member, question);
        awaitOutcome(member, question.operation);
        return question.operation;
    }

    private Disposable submit(SimulatedMember<C, R> member, Question question) {
        Replica<C, R> replica = member.replica();
        return member.node()
                .propose(question.encodedNext())
                .subscribe(applied -> question.applied(applied, replica), question::failed);
    }

    /** Nothing can have happened in between, so that nothing may happen afterwards. */
    private void leaveAtOnce(SimulatedMember<C, R> member, Runnable then) {
        Question question = new Question(member, then);
        submit(member, question).dispose();
        question.withdrawn();
    }

    private void leaveEarly(SimulatedMember<C, R> member, Runnable then) {
        Question question = new Question(member, then);
        Disposable proposal = submit(member, question);
        group.time().after(dice.below(LONGEST_ERRAND_NANOS) / 8, () -> {
            if (!question.isSettled()) {
                proposal.dispose();
                question.left();
            }
        });
    }

    private void awaitOutcome(SimulatedMember<C, R> member, Outcomes.Operation operation) {
        long limit = plan.config().requestTimeout().toNanos();
        member.patience(limit + limit / 10 + LATE_NANOS)
                .await(
                        operation::isSettled,
                        () -> violation("operation " + operation.number() + " on " + member.id()
                                + " has no outcome, and its time limit of "
                                + plan.config().requestTimeout() + " is long over"));
    }

    private void failed(SimulatedMember<C, R> member, Outcomes.Operation operation, Throwable error) {
        tell(member, operation, "answers " + error);
        if (error instanceof RaftException.OutcomeUnknown) {
            operation.unknown();
        } else if (error instanceof RaftException) {
            operation.notApplied(error instanceof RaftException.Rejected);
        } else {
            violation("a client of " + member.id() + " is told what is no outcome: " + error);
        }
    }

    // ------------------------------------------------------------------------------------------------------- reads

    private Consistency consistency() {
        return plan.config().leaseReads() && dice.permille(500) ? Consistency.LEASE : Consistency.LINEARIZABLE;
    }

    private void query(SimulatedMember<C, R> member, Runnable then) {
        Plan.Queries<C, R> queries = plan.queries();
        Outcomes.Operation operation = group.outcomes().begin(member.id(), then);
        Replica<C, R> replica = member.replica();
        Consistency consistency = consistency();
        if (queries == null) {
            member.node()
                    .read(consistency, replica::lastIndex)
                    .subscribe(operation::read, error -> failed(member, operation, error));
        } else {
            C asked = queries.next().apply(dice);
            History<C, R>.Call call = history.invoke(operation.number(), asked);
            tell(member, operation, "is asked " + asked + ", " + consistency);
            member.node()
                    .<Seen<R>>read(
                            consistency,
                            () -> new Seen<>(
                                    replica.lastIndex(), queries.answer().apply(replica.machine(), asked)))
                    .subscribe(
                            seen -> {
                                tell(member, operation, "answers " + seen);
                                if (!operation.isSettled()) {
                                    call.returned(seen.answer());
                                }
                                read(consistency, operation, seen.index());
                            },
                            error -> failed(member, operation, error));
        }
        awaitOutcome(member, operation);
    }

    private void readIndex(SimulatedMember<C, R> member, Runnable then) {
        Outcomes.Operation operation = group.outcomes().begin(member.id(), then);
        Consistency consistency = consistency();
        member.node()
                .readIndex(consistency)
                .subscribe(index -> read(consistency, operation, index), error -> failed(member, operation, error));
        awaitOutcome(member, operation);
    }

    private void read(Consistency consistency, Outcomes.Operation operation, long index) {
        if (consistency == Consistency.LEASE) {
            count(Happening.LEASE_READ_ANSWERED);
        }
        operation.read(index);
    }

    // --------------------------------------------------------------------------------------------- what leaders do

    /** Work for a leader, done while it leads from beginning to end, or told to have been cut short. */
    private void errand(SimulatedMember<C, R> member, Runnable then) {
        long[] lossesAtBegin = {-1};
        boolean[] cancelled = {false};
        Replica<C, R> asked = member.replica();
        member.node()
                .<Long>leaderOnly(leadership -> Mono.create(sink -> {
                    lossesAtBegin[0] = member.losses();
                    sink.onCancel(() -> cancelled[0] = true);
                    group.time().after(dice.below(LONGEST_ERRAND_NANOS), () -> finish(member, asked, sink));
                }))
                .subscribe(
                        done -> {
                            check(
                                    member.isRunning() && member.losses() == lossesAtBegin[0],
                                    () -> "work for leaders on " + member.id() + " is done, and leadership was lost in"
                                            + " between");
                            then.run();
                        },
                        error -> {
                            boolean begun = lossesAtBegin[0] >= 0;
                            check(
                                    begun == (error instanceof RaftException.OutcomeUnknown),
                                    () -> "work for leaders on " + member.id() + (begun ? " had" : " had not")
                                            + " begun, and ends with " + error);
                            check(!begun || cancelled[0], () -> "work for leaders was not cancelled on " + member.id());
                            then.run();
                        });
    }

    /** Unless the process that was asked is gone, or stands still. */
    @SuppressWarnings("ReferenceEquality") // each start has a replica of its own
    private void finish(SimulatedMember<C, R> member, Replica<C, R> asked, MonoSink<Long> sink) {
        if (member.isAwake() && member.replica() == asked) {
            sink.success(0L);
        }
    }

    /** Asks this node to see to it that {@code to} leads. */
    void transfer(String from, String to) {
        SimulatedMember<C, R> member = group.member(from);
        if (!member.isRunning()) {
            return;
        }
        count(Happening.TRANSFER);
        group.story().tell(from, -21, to.hashCode(), () -> "is asked to hand leadership to " + to);
        member.node()
                .transferLeadership(to)
                .subscribe(
                        leadership -> check(
                                to.equals(leadership.leaderId()),
                                () -> from + " says that " + to + " leads now, and shows " + leadership),
                        error -> check(
                                error instanceof RaftException,
                                () -> "a transfer on " + from + " ends with what is no outcome: " + error));
    }

    // ------------------------------------------------------------------------------------------------------- common

    Dice dice() {
        return dice;
    }

    VirtualTime time() {
        return group.time();
    }

    Outcomes outcomes() {
        return group.outcomes();
    }

    void count(Happening happening) {
        group.story().count(happening);
    }

    void violation(String what) {
        group.story().violation(what);
    }

    private void check(boolean holds, Supplier<String> otherwise) {
        if (!holds) {
            violation(otherwise.get());
        }
    }

    private void tell(SimulatedMember<C, R> member, Outcomes.Operation operation, String what) {
        group.story()
                .tell(member.id(), -20, operation.number(), () -> what + " (operation " + operation.number() + ")");
    }
}
