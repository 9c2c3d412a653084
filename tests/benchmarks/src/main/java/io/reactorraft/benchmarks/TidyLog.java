package io.reactorraft.benchmarks;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.Metric;
import io.reactorraft.wal.ChronicleLogStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;

/** Our log with entries of one size, which lets go of what is old so that a run fits on a disk. */
final class TidyLog implements AutoCloseable {
    private static final String GROUP = "default";
    private static final long BYTES_BETWEEN_COMPACTIONS = 256 << 20;

    /** How the names of a log's threads begin. */
    static final String THREADS = "raft-wal-";

    /** What a record takes beside the data of its entry, for entries of some hundred bytes. */
    static final int RECORD_OVERHEAD = 32;

    private final ChronicleLogStore store = new ChronicleLogStore();
    private final ByteString data;
    private volatile long readBackNanos;
    private long last;
    private long compacted;

    /** Opens the log there, a new one or not. */
    TidyLog(Path directory, int entryBytes) {
        byte[] random = new byte[entryBytes];
        new Random(42).nextBytes(random);
        data = ByteString.copyFrom(random);
        store.measure((metric, group, peer, value) -> {
            if (metric == Metric.LOG_READ_BACK_DURATION) {
                readBackNanos = value;
            }
        });
        store.open(directory, "benchmark", "n1").block();
        last = store.view(GROUP).lastIndex();
        compacted = last;
    }

    /** How much of the opening was reading the log back. */
    double readBackMillis() {
        return readBackNanos / 1e6;
    }

    /** The next entries; to be appended before any others are made. */
    List<Entry> batch(int entries) {
        List<Entry> batch = new ArrayList<>(entries);
        for (int entry = 0; entry < entries; entry++) {
            batch.add(
                    Entry.newBuilder().setTerm(1).setIndex(++last).setData(data).build());
        }
        return batch;
    }

    /**
     * Returns once it is durable.
     *
     * @return when the log said so, as {@link System#nanoTime}: a thread that waits for it wakes some time later
     */
    long append(List<Entry> batch) {
        Durable durable = new Durable();
        store.append(GROUP, HardState.getDefaultInstance(), batch).subscribe(durable);
        return durable.await();
    }

    /** Lets go of all there is, now and then. */
    void tidy() {
        if ((last - compacted) * (data.size() + RECORD_OVERHEAD) > BYTES_BETWEEN_COMPACTIONS) {
            SnapshotMetadata snapshot = SnapshotMetadata.newBuilder()
                    .setGroupId(GROUP)
                    .setIndex(last)
                    .setTerm(1)
                    .build();
            store.mark(GROUP, snapshot).then(store.compact(GROUP, last)).block();
            compacted = last;
        }
    }

    @Override
    public void close() {
        store.close().block();
    }

    /** The least that waiting for a log costs. */
    private static final class Durable implements CoreSubscriber<Void> {
        private final Thread waiting = Thread.currentThread();
        private volatile @Nullable Throwable failure;
        private volatile long at;

        long await() {
            while (at == 0) {
                LockSupport.park(this);
            }
            Throwable failed = failure;
            if (failed != null) {
                throw new BenchmarkException("the log failed", failed);
            }
            return at;
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(Void never) {
            throw new AssertionError("nothing comes but the end");
        }

        @Override
        public void onError(Throwable failed) {
            failure = failed;
            onComplete();
        }

        @Override
        public void onComplete() {
            at = System.nanoTime();
            LockSupport.unpark(waiting);
        }
    }
}
