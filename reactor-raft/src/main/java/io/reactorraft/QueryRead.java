package io.reactorraft;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/** One subscription to a read: runs its query on the apply thread and tells the subscriber on the signal worker. */
final class QueryRead<T> implements PendingRead {
    private final LongFunction<? extends @Nullable T> query;
    private final MonoSink<T> sink;
    private final SerialQueue signals;
    private final PendingReads reads;
    private final long deadlineNanos;
    private final AtomicBoolean done = new AtomicBoolean();
    private volatile boolean trustsLease;

    QueryRead(
            LongFunction<? extends @Nullable T> query,
            MonoSink<T> sink,
            SerialQueue signals,
            PendingReads reads,
            long deadlineNanos,
            boolean trustsLease) {
        this.trustsLease = trustsLease;
        this.query = query;
        this.sink = sink;
        this.signals = signals;
        this.reads = reads;
        this.deadlineNanos = deadlineNanos;
    }

    @Override
    public void answer(long index) {
        if (done.get()) {
            return;
        }
        Runnable signal;
        try {
            T value = query.apply(index);
            signal = value == null ? sink::success : () -> sink.success(value);
        } catch (Throwable failure) { // the query is the caller's, and so is its failure
            signal = () -> sink.error(failure);
        }
        if (trustsLease && !reads.leaseHolds()) {
            asksQuorum(); // the lease ran out before the state was read: what was read may be old
            reads.askAfterAll(this);
        } else if (done.compareAndSet(false, true)) {
            reads.answered(deadlineNanos);
            tell(signal);
        }
    }

    @Override
    public void fail(RaftException failure) {
        if (done.compareAndSet(false, true)) {
            tell(() -> sink.error(failure));
        }
    }

    /** The subscriber left. */
    void leave() {
        if (done.compareAndSet(false, true)) {
            reads.release();
        }
    }

    private void tell(Runnable signal) {
        signals.post(() -> {
            try {
                signal.run();
            } finally {
                reads.release();
            }
        });
    }

    @Override
    public long deadlineNanos() {
        return deadlineNanos;
    }

    @Override
    public void asksQuorum() {
        trustsLease = false;
    }

    @Override
    public boolean trustsLease() {
        return trustsLease;
    }

    @Override
    public boolean left() {
        return done.get();
    }
}
