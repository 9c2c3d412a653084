package io.reactorraft.testkit;

import io.reactorraft.Consistency;
import io.reactorraft.RaftException;
import io.reactorraft.RaftNode;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Clients of a simulated cluster: each asks any node, waits for the outcome, thinks, and asks again. */
final class Clients<C, R> {
    private static final long LONGEST_THOUGHT_NANOS = TimeUnit.MILLISECONDS.toNanos(120);
    private static final int BURST = 4;

    private final VirtualTime time;
    private final Dice dice;
    private final Outcomes outcomes;
    private final Story story;
    private final Function<? super RandomGenerator, ? extends C> commands;
    private final Function<String, @Nullable SimulatedMember<C, R>> members;
    private boolean working;

    Clients(
            VirtualTime time,
            Dice dice,
            Outcomes outcomes,
            Story story,
            Function<? super RandomGenerator, ? extends C> commands,
            Function<String, @Nullable SimulatedMember<C, R>> members) {
        this.time = time;
        this.dice = dice;
        this.outcomes = outcomes;
        this.story = story;
        this.commands = commands;
        this.members = members;
    }

    void start(int count, List<String> ids) {
        working = true;
        for (int i = 0; i < count; i++) {
            think(ids);
        }
    }

    void stop() {
        working = false;
    }

    private void think(List<String> ids) {
        if (working) {
            time.after(dice.below(LONGEST_THOUGHT_NANOS), () -> ask(dice.oneOf(ids), () -> think(ids)));
        }
    }

    void burst(String id) {
        for (int i = 0; i < BURST; i++) {
            ask(id, () -> {});
        }
    }

    private void ask(String id, Runnable then) {
        SimulatedMember<C, R> member = members.apply(id);
        if (member == null || !member.isRunning()) {
            then.run();
        } else if (dice.permille(550)) {
            propose(member, then);
        } else if (dice.permille(800)) {
            read(member, then);
        } else {
            readIndex(member, then);
        }
    }

    /** One proposal on this node. */
    Outcomes.Operation propose(SimulatedMember<C, R> member, Runnable then) {
        C command = commands.apply(dice);
        Outcomes.Operation operation = outcomes.begin(member.id(), then);
        RaftNode<C, R> node = member.node();
        Replica<C, R> replica = member.replica();
        story.tell(member.id(), -20, operation.number(), () -> "is asked to apply " + command);
        node.propose(command)
                .subscribe(
                        applied -> operation.applied(
                                applied.term(), applied.index(), replica.encoded(applied.result())),
                        error -> failed(member.id(), operation, error),
                        () -> {});
        operation.tagged();
        return operation;
    }

    private void failed(String id, Outcomes.Operation operation, Throwable error) {
        story.tell(id, -21, operation.number(), () -> "answers operation " + operation.number() + ": " + error);
        if (error instanceof RaftException.OutcomeUnknown) {
            operation.unknown();
        } else if (error instanceof RaftException) {
            operation.notApplied(error instanceof RaftException.Rejected);
        } else {
            story.violation("a client of " + id + " is told what is no outcome: " + error);
        }
    }

    private void read(SimulatedMember<C, R> member, Runnable then) {
        Outcomes.Operation operation = outcomes.begin(member.id(), then);
        Replica<C, R> replica = member.replica();
        member.node()
                .read(replica::lastIndex)
                .subscribe(operation::read, error -> readFailed(member.id(), operation, error));
    }

    private void readIndex(SimulatedMember<C, R> member, Runnable then) {
        Outcomes.Operation operation = outcomes.begin(member.id(), then);
        member.node()
                .readIndex(Consistency.LINEARIZABLE)
                .subscribe(operation::read, error -> readFailed(member.id(), operation, error));
    }

    private void readFailed(String id, Outcomes.Operation operation, Throwable error) {
        if (error instanceof RaftException) {
            operation.notApplied(false);
        } else {
            story.violation("a reader of " + id + " is told what is no outcome: " + error);
        }
    }
}
