package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.reactorraft.proto.Entry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an entry costs in garbage, on its way to the disk and back. */
class AllocationTest {
    /** One byte is the bar, held by the benchmark; code that is not compiled yet allocates what compiled code does not. */
    private static final int MOST_BYTES = 4;

    private static final int BATCH = 512;
    private static final int WARM_UP = 130; // the cache has just grown
    private static final int BATCHES = 100;

    private static final int ROUNDS = 10;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir
    Path directory;

    private long made;

    @Test
    void anEntryThatIsAppendedOrRecoveredCostsAlmostNoGarbage() {
        ChronicleLogStore store = Logs.open(directory, WalConfig.defaults());
        made(WARM_UP).forEach(batch -> Logs.append(store, batch));
        long[] ids = ids();
        assertThat(leastOf(() -> {
                    List<List<Entry>> batches = made(BATCHES);
                    long before = allocatedBy(ids);
                    batches.forEach(batch -> Logs.append(store, batch));
                    return (allocatedBy(ids) - before) / (double) (BATCHES * BATCH);
                }))
                .as("bytes for each entry that is appended, on the caller's and the log's threads")
                .isLessThan(MOST_BYTES);
        Logs.close(store);

        recover();
        recover();
        assertThat(leastOf(() -> {
                    long before = threads.getCurrentThreadAllocatedBytes();
                    recover();
                    return (threads.getCurrentThreadAllocatedBytes() - before) / (double) (made * BATCH);
                }))
                .as("bytes for each entry that is recovered")
                .isLessThan(MOST_BYTES);
    }

    /** Of so many rounds, as code is compiled when the machine has time for it: what costs garbage costs it in each of them. */
    private static double leastOf(DoubleSupplier round) {
        double least = round.getAsDouble();
        for (int again = 1; least >= MOST_BYTES && again < ROUNDS; again++) {
            least = Math.min(least, round.getAsDouble());
        }
        return least;
    }

    /** The next so many batches. */
    private List<List<Entry>> made(int count) {
        List<List<Entry>> batches = new ArrayList<>();
        for (int batch = 0; batch < count; batch++) {
            batches.add(Logs.entries(1 + made * BATCH, (made + 1) * BATCH, 256));
            made++;
        }
        return batches;
    }

    private void recover() {
        try {
            assertThat(Logs.lastIndex(Logs.recoverAlone(directory))).isEqualTo(made * BATCH);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /** This thread, and those of the log. */
    private long[] ids() {
        return Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
                .filter(thread -> thread != null
                        && (thread.getThreadName().startsWith("raft-wal")
                                || thread.getThreadId()
                                        == Thread.currentThread().getId()))
                .mapToLong(ThreadInfo::getThreadId)
                .toArray();
    }

    private long allocatedBy(long[] ids) {
        return Arrays.stream(threads.getThreadAllocatedBytes(ids)).sum();
    }
}
