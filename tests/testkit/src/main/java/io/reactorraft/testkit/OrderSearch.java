package io.reactorraft.testkit;

import io.reactorraft.testkit.Verdict.Outcome;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Searches an order that explains the history of one key: the algorithm of Wing and Gong (1993) with the memory that Lowe
 * added (2017).
 *
 * <p>Only what was invoked before anything else returned may come next. The search takes such an operation if the model
 * allows its answer, and goes on with the rest; where nothing is left to take before the next return, it takes the last
 * choice back.
 *
 * <p>Operations without an answer never return and need not be taken at all. They are taken only right before an answered
 * one, and as few of them as possible first. That keeps dozens of them affordable, where every subset in every order would
 * not be. Used once, by one thread.
 */
final class OrderSearch<S, I, O> {

    private final SequentialModel<S, I, O> model;
    private final List<Operation<I, O>> answered = new ArrayList<>();
    private final List<Operation<I, O>> open = new ArrayList<>();
    private final int maxConfigurations;
    private final Timeline timeline;

    /** For each open operation the last one before it that asks the same, or -1: the two are interchangeable. */
    private final int[] twin;

    private final BitSet taken = new BitSet();
    private final Explored<S> explored = new Explored<>();
    private final Deque<Choice> choices = new ArrayDeque<>();
    private int configurations;

    /** What open operations were used up on the way to a state. */
    private record Reached<S>(BitSet open, S state) {}

    /** An answered operation that was taken, and what may be done after it. */
    private final class Choice {
        private final int operation;
        private final int[] candidates;
        private final Queue<Reached<S>> more = new ArrayDeque<>();
        private final Explored<S> reachedHere = new Explored<>();
        private Reached<S> current;
        private int nextCandidate;

        Choice(int operation, Reached<S> start) {
            this.operation = operation;
            this.candidates = timeline.callsBeforeNextReturn();
            this.current = start;
            reachedHere.isNew(NONE, start.open(), start.state());
        }

        /** Goes on to the next state that open operations alone lead to; false where there is no other. */
        boolean advance() {
            long now = timeline.nextReturnAt();
            for (int i = 0; i < open.size() && open.get(i).invokedAt() <= now; i++) {
                boolean isUsable =
                        !current.open().get(i) && (twin[i] < 0 || current.open().get(twin[i]));
                S after = isUsable ? model.next(current.state(), open.get(i).input(), null) : null;
                if (after != null && !after.equals(current.state())) {
                    BitSet used = (BitSet) current.open().clone();
                    used.set(i);
                    if (reachedHere.isNew(NONE, used, after)) {
                        configurations++;
                        more.add(new Reached<>(used, after));
                    }
                }
            }
            Reached<S> next = more.poll();
            if (next == null) {
                return false;
            }
            current = next;
            nextCandidate = 0;
            return true;
        }
    }

    private static final BitSet NONE = new BitSet();
    private static final int NOTHING_TAKEN = -1;

    /** {@code operations}: sorted by invocation. */
    OrderSearch(SequentialModel<S, I, O> model, List<Operation<I, O>> operations, int maxConfigurations) {
        this.model = model;
        this.maxConfigurations = maxConfigurations;
        operations.forEach(operation -> (operation.isOpen() ? open : answered).add(operation));
        timeline = new Timeline(answered);
        twin = twins(open);
    }

    private static <I, O> int[] twins(List<Operation<I, O>> open) {
        int[] twin = new int[open.size()];
        Map<I, Integer> lastOfInput = new HashMap<>();
        for (int i = 0; i < twin.length; i++) {
            Integer before = lastOfInput.put(open.get(i).input(), i);
            twin[i] = before == null ? -1 : before;
        }
        return twin;
    }

    Outcome run() {
        choices.push(new Choice(NOTHING_TAKEN, new Reached<>(NONE, model.initial())));
        // Once every answer is explained, open operations that are left simply never took effect.
        while (!timeline.isEmpty()) {
            Choice last = choices.element();
            if (last.nextCandidate < last.candidates.length) {
                take(last.candidates[last.nextCandidate++], last.current);
            } else if (!last.advance()) {
                choices.pop();
                if (last.operation == NOTHING_TAKEN) {
                    return Outcome.NOT_LINEARIZABLE;
                }
                timeline.putBack(last.operation);
                taken.clear(last.operation);
            }
            if (configurations > maxConfigurations) {
                return Outcome.UNDECIDED;
            }
        }
        return Outcome.LINEARIZABLE;
    }

    /** How much was searched. */
    int configurations() {
        return configurations;
    }

    private void take(int i, Reached<S> before) {
        Operation<I, O> operation = answered.get(i);
        @Nullable S after = model.next(before.state(), operation.input(), operation.output());
        if (after == null) {
            return;
        }
        taken.set(i);
        if (explored.isNew(taken, before.open(), after)) {
            configurations++;
            timeline.remove(i);
            choices.push(new Choice(i, new Reached<>(before.open(), after)));
        } else {
            taken.clear(i);
        }
    }
}
