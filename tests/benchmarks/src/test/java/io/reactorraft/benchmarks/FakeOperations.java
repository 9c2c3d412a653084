package io.reactorraft.benchmarks;

import java.util.ArrayDeque;
import java.util.Deque;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/** Operations that complete when the test says so, and remember how many there ever were at once. */
final class FakeOperations {
    private static final long PATIENCE_MILLIS = 10_000;

    private final Deque<MonoSink<Long>> waiting = new ArrayDeque<>();
    private int issued;
    private int mostAtOnce;
    private boolean atOnce;

    Mono<Long> next() {
        return Mono.create(this::accept);
    }

    private void accept(MonoSink<Long> sink) {
        boolean now;
        synchronized (this) {
            issued++;
            waiting.add(sink);
            mostAtOnce = Math.max(mostAtOnce, waiting.size());
            now = atOnce;
            notifyAll();
        }
        if (now) {
            complete(1);
        }
    }

    /** Waits until so many are in flight. */
    synchronized void awaitInFlight(int count) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
        while (waiting.size() < count) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new AssertionError("only " + waiting.size() + " of " + count + " operations were issued");
            }
            wait(left);
        }
    }

    void complete(int count) {
        for (int i = 0; i < count; i++) {
            oldest().success(1L);
        }
    }

    void fail(RuntimeException error) {
        oldest().error(error);
    }

    void completeAll() {
        while (inFlight() > 0) {
            complete(1);
        }
    }

    /** From now on whatever is issued completes while it is being issued. */
    synchronized void completeAtOnce() {
        atOnce = true;
    }

    private synchronized MonoSink<Long> oldest() {
        return waiting.remove();
    }

    synchronized int inFlight() {
        return waiting.size();
    }

    synchronized int issued() {
        return issued;
    }

    synchronized int mostAtOnce() {
        return mostAtOnce;
    }
}
