package io.reactorraft.testkit;

import io.reactorraft.testkit.Verdict.Outcome;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Searches an order that explains the history of one key: the algorithm of Wing and Gong (1993) with Lowe's memory
 * (2017).
 *
 * <p>The first operations that may come next are those invoked before anything else returns. It takes one that the model
 * allows, removes it from the timeline and goes on; where none is left before the next return it takes the last choice
 * back. A set of operations that led to the same state before leads nowhere new, so each such pair is tried once.
 *
 * <p>Operations without an answer never return: they may be taken at any time after their invocation or not at all. Used
 * once, by one thread.
 */
final class OrderSearch<S, I, O> {

    private final SequentialModel<S, I, O> model;
    private final List<Operation<I, O>> operations;
    private final int maxConfigurations;

    /** A doubly linked list of events over arrays: operation {@code i} has its call at 2i and its return at 2i + 1. */
    private final int[] next;

    private final int[] previous;
    private final int head;

    /** For each open operation the last open one before it that asks the same, or -1: the two are interchangeable. */
    private final int[] twin;

    private final BitSet taken = new BitSet();
    private final Set<Configuration> tried = new HashSet<>();
    private final Deque<Choice<S>> choices = new ArrayDeque<>();
    private S state;
    private int unexplained;

    private record Choice<S>(int operation, S before) {}

    /** Lowe's memory: which operations were taken, and where that led. */
    private static final class Configuration {
        private final long[] taken;
        private final Object state;
        private final int hash;

        Configuration(BitSet taken, Object state) {
            this.taken = taken.toLongArray();
            this.state = state;
            this.hash = 31 * Arrays.hashCode(this.taken) + state.hashCode();
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Configuration configuration
                    && hash == configuration.hash
                    && Arrays.equals(taken, configuration.taken)
                    && state.equals(configuration.state);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    OrderSearch(SequentialModel<S, I, O> model, List<Operation<I, O>> operations, int maxConfigurations) {
        this.model = model;
        this.operations = operations;
        this.maxConfigurations = maxConfigurations;
        head = 2 * operations.size();
        next = new int[head + 1];
        previous = new int[head + 1];
        twin = new int[operations.size()];
        state = model.initial();
        linkEvents();
        findTwins();
    }

    private void linkEvents() {
        List<Integer> events = new ArrayList<>();
        for (int i = 0; i < operations.size(); i++) {
            events.add(2 * i);
            if (!operations.get(i).isOpen()) {
                events.add(2 * i + 1);
                unexplained++;
            }
        }
        // At the same instant invocations come first: two operations that touch may have overlapped.
        events.sort(Comparator.<Integer>comparingLong(this::timeOf).thenComparing(event -> event % 2));
        int last = head;
        for (int event : events) {
            next[last] = event;
            previous[event] = last;
            last = event;
        }
        next[last] = head;
        previous[head] = last;
    }

    private long timeOf(int event) {
        Operation<I, O> operation = operations.get(event / 2);
        return event % 2 == 0 ? operation.invokedAt() : operation.returnedAt();
    }

    private void findTwins() {
        Map<I, Integer> lastOfInput = new HashMap<>();
        for (int event = next[head]; event != head; event = next[event]) {
            int i = event / 2;
            if (operations.get(i).isOpen()) {
                Integer before = lastOfInput.put(operations.get(i).input(), i);
                twin[i] = before == null ? -1 : before;
            }
        }
    }

    Outcome run() {
        int event = next[head];
        // Done once every answer is explained; open operations that are left simply never took effect.
        while (unexplained > 0) {
            boolean isCall = event % 2 == 0;
            if (isCall && take(event / 2)) {
                event = next[head];
            } else if (isCall) {
                event = next[event];
            } else if (choices.isEmpty()) {
                return Outcome.NOT_LINEARIZABLE;
            } else {
                event = next[takeBack()];
            }
            if (tried.size() > maxConfigurations) {
                return Outcome.UNDECIDED;
            }
        }
        return Outcome.LINEARIZABLE;
    }

    /** How much was searched. */
    int configurations() {
        return tried.size();
    }

    private boolean take(int i) {
        Operation<I, O> operation = operations.get(i);
        if (operation.isOpen() && twin[i] >= 0 && !taken.get(twin[i])) {
            return false;
        }
        S after = model.next(state, operation.input(), operation.output());
        if (after == null || (operation.isOpen() && after.equals(state))) {
            return false;
        }
        taken.set(i);
        if (!tried.add(new Configuration(taken, after))) {
            taken.clear(i);
            return false;
        }
        choices.push(new Choice<>(i, state));
        state = after;
        unlink(2 * i);
        if (!operation.isOpen()) {
            unlink(2 * i + 1);
            unexplained--;
        }
        return true;
    }

    /** Returns the call event of the operation that is back in the timeline. */
    private int takeBack() {
        Choice<S> last = choices.pop();
        int i = last.operation();
        state = last.before();
        taken.clear(i);
        if (!operations.get(i).isOpen()) {
            relink(2 * i + 1);
            unexplained++;
        }
        relink(2 * i);
        return 2 * i;
    }

    private void unlink(int event) {
        next[previous[event]] = next[event];
        previous[next[event]] = previous[event];
    }

    /** Undoes the last {@link #unlink} that was not undone; the event still knows its neighbours. */
    private void relink(int event) {
        next[previous[event]] = event;
        previous[next[event]] = event;
    }
}
