package io.reactorraft;

import java.util.concurrent.TimeUnit;

/**
 * The read that every node begins with and that nobody gives up: once it is answered, this node has applied everything
 * that its leader had committed, and is ready.
 */
final class FirstCatchUp implements PendingRead {
    private final Lifecycle lifecycle;
    private final long deadlineNanos;

    FirstCatchUp(Lifecycle lifecycle, long nowNanos) {
        this.lifecycle = lifecycle;
        this.deadlineNanos = nowNanos + TimeUnit.DAYS.toNanos(10_000);
    }

    @Override
    public void answer(long index) {
        lifecycle.becameReady();
    }

    @Override
    public void fail(RaftException failure) {
        // the life cycle itself tells those who wait for ready() that the node ended
    }

    @Override
    public long deadlineNanos() {
        return deadlineNanos;
    }

    @Override
    public boolean left() {
        return false;
    }

    @Override
    public boolean isPatient() {
        return true;
    }
}
