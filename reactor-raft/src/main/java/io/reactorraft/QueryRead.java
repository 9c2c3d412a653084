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

    QueryRead(
            LongFunction<? extends @Nullable T> query,
            MonoSink<T> sink,
            SerialQueue signals,
            PendingReads reads,
            long deadlineNanos) {
        this.query = query;
        this.sink = sink;
        this.signals = signals;
        this.reads = reads;
        this.deadlineNanos = deadlineNanos;
    }

    @Override
    public void answer(long index) {
        if (!done.compareAndSet(false, true)) {
            return;
        }
        try {
            T value = query.apply(index);
            tell(value == null ? sink::success : () -> sink.success(value));
        } catch (Throwable failure) { // the query is the caller's, and so is its failure
            tell(() -> sink.error(failure));
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
    public boolean left() {
        return done.get();
    }
}
