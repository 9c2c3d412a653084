package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.reactorraft.proto.Entry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an entry costs in garbage, on its way to the disk and back. */
class AllocationTest {
    private static final int BATCH = 512;
    private static final int WARM_UP = 130; // the cache has just grown
    private static final int BATCHES = 100;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir
    Path directory;

    @Test
    void anEntryThatIsAppendedOrRecoveredCostsLessThanAByte() throws IOException {
        ChronicleLogStore store = Logs.open(directory, WalConfig.defaults().withSegmentBytes(16 << 20));
        List<List<Entry>> batches = new ArrayList<>();
        for (int batch = 0; batch < WARM_UP + BATCHES; batch++) {
            batches.add(Logs.entries(1L + (long) batch * BATCH, (batch + 1L) * BATCH, 256));
        }
        batches.subList(0, WARM_UP).forEach(batch -> Logs.append(store, batch));
        long[] ids = ids();
        long before = allocatedBy(ids);

        batches.subList(WARM_UP, batches.size()).forEach(batch -> Logs.append(store, batch));

        assertThat((allocatedBy(ids) - before) / (double) (BATCHES * BATCH))
                .as("bytes for each entry that is appended, on the caller's and the log's threads")
                .isLessThan(1);
        Logs.close(store);

        recover(2);
        before = threads.getCurrentThreadAllocatedBytes();
        recover(1);
        assertThat((threads.getCurrentThreadAllocatedBytes() - before) / (double) ((WARM_UP + BATCHES) * BATCH))
                .as("bytes for each entry that is recovered")
                .isLessThan(1);
    }

    private void recover(int times) throws IOException {
        for (int time = 0; time < times; time++) {
            assertThat(Logs.lastIndex(Logs.recover(directory))).isEqualTo((WARM_UP + BATCHES) * (long) BATCH);
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
