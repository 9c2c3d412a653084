package io.reactorraft;

import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/** Where reads of this node's state begin: each subscription is refused, or waits its turn. Any thread. */
final class Reader {
    private final NodeSettings settings;
    private final NodeThreads threads;
    private final SerialQueue signals;
    private final PendingReads reads;
    private final Supplier<@Nullable RaftException> refusal;
    private final Runnable wake;

    Reader(
            NodeSettings settings,
            NodeThreads threads,
            SerialQueue signals,
            PendingReads reads,
            Supplier<@Nullable RaftException> refusal,
            Runnable wake) {
        this.settings = settings;
        this.threads = threads;
        this.signals = signals;
        this.reads = reads;
        this.refusal = refusal;
        this.wake = wake;
    }

    /** A read; {@code query} runs on the apply thread with the applied index. */
    <T> Mono<T> read(Consistency consistency, LongFunction<? extends @Nullable T> query) {
        return Mono.create(sink -> begin(consistency, query, sink));
    }

    private <T> void begin(Consistency consistency, LongFunction<? extends @Nullable T> query, MonoSink<T> sink) {
        RaftException refused = refusal.get();
        if (refused == null) {
            refused = reads.reserve();
        }
        if (refused != null) {
            refuse(sink, refused);
            return;
        }
        long now = threads.nanoTime().getAsLong();
        QueryRead<T> read = new QueryRead<>(
                query,
                sink,
                signals,
                reads,
                now + settings.config().requestTimeout().toNanos(),
                consistency == Consistency.LEASE);
        sink.onCancel(read::leave);
        if (consistency == Consistency.STALE) {
            RaftException.Overloaded full = reads.submitStale(read);
            if (full != null) {
                read.fail(full);
            }
        } else {
            reads.submit(read);
            wake.run();
        }
    }

    private void refuse(MonoSink<?> sink, RaftException why) {
        if (signals.backlog() > Proposer.MAX_QUEUED_REFUSALS) {
            sink.error(why); // the signal worker is blocked: better on the caller's thread than without a bound
        } else {
            signals.post(() -> sink.error(why));
        }
    }
}
