package io.reactorraft.testkit;

import java.time.Duration;
import java.util.PriorityQueue;

/**
 * Time that passes only when something happens: a heap of what is to happen, by instant and, within one instant, in the
 * order in which it was asked for. One thread.
 */
final class VirtualTime {

    /** Events that may wait; more means that something schedules without end. */
    static final int MAX_WAITING = 1_000_000;

    private final PriorityQueue<Event> waiting = new PriorityQueue<>();
    private long nowNanos;
    private long sequence;
    private long happened;

    private record Event(long atNanos, long sequence, Runnable task) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(atNanos, other.atNanos);
            return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
        }
    }

    /** Nanoseconds since the simulation began. */
    long now() {
        return nowNanos;
    }

    /** How many events have happened. */
    long happened() {
        return happened;
    }

    void after(Duration delay, Runnable task) {
        after(delay.toNanos(), task);
    }

    void after(long delayNanos, Runnable task) {
        if (waiting.size() >= MAX_WAITING) {
            throw new IllegalStateException(
                    "more than " + MAX_WAITING + " events wait at " + Duration.ofNanos(nowNanos) + " of virtual time");
        }
        waiting.add(new Event(nowNanos + Math.max(0, delayNanos), ++sequence, task));
    }

    /** Lets the next event happen, if there is one up to {@code limitNanos}; else time passes to that limit. */
    boolean next(long limitNanos) {
        Event event = waiting.peek();
        if (event == null || event.atNanos > limitNanos) {
            nowNanos = Math.max(nowNanos, limitNanos);
            return false;
        }
        waiting.remove();
        nowNanos = event.atNanos;
        happened++;
        event.task.run();
        return true;
    }
}
