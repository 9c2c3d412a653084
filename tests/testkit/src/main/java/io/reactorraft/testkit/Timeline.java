package io.reactorraft.testkit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The calls and returns of answered operations in order of time, from which operations can be removed and put back: a
 * doubly linked list over arrays, in which operation {@code i} has its call at 2i and its return at 2i + 1.
 *
 * <p>Not for several threads.
 */
final class Timeline {

    private final List<? extends Operation<?, ?>> operations;
    private final int[] next;
    private final int[] previous;
    private final int head;

    /** Sorted by invocation, all answered. */
    Timeline(List<? extends Operation<?, ?>> operations) {
        this.operations = operations;
        head = 2 * operations.size();
        next = new int[head + 1];
        previous = new int[head + 1];
        List<Integer> events = new ArrayList<>(head);
        for (int event = 0; event < head; event++) {
            events.add(event);
        }
        // At the same instant calls come first: operations that touch may have overlapped.
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
        Operation<?, ?> operation = operations.get(event / 2);
        return isCall(event) ? operation.invokedAt() : operation.returnedAt();
    }

    private static boolean isCall(int event) {
        return event % 2 == 0;
    }

    boolean isEmpty() {
        return next[head] == head;
    }

    /** The operations that may come next: each was called before any that is left had returned. */
    int[] callsBeforeNextReturn() {
        int[] calls = new int[4];
        int count = 0;
        for (int event = next[head]; event != head && isCall(event); event = next[event]) {
            if (count == calls.length) {
                calls = Arrays.copyOf(calls, 2 * count);
            }
            calls[count++] = event / 2;
        }
        return Arrays.copyOf(calls, count);
    }

    /** When the first of those that are left returns; there must be one. */
    long nextReturnAt() {
        int event = next[head];
        while (isCall(event)) {
            event = next[event];
        }
        return timeOf(event);
    }

    void remove(int operation) {
        unlink(2 * operation);
        unlink(2 * operation + 1);
    }

    /** Undoes the last {@link #remove} that was not undone; its events still know their neighbours. */
    void putBack(int operation) {
        relink(2 * operation + 1);
        relink(2 * operation);
    }

    private void unlink(int event) {
        next[previous[event]] = next[event];
        previous[next[event]] = previous[event];
    }

    private void relink(int event) {
        next[previous[event]] = event;
        previous[next[event]] = event;
    }
}
