package io.reactorraft.benchmarks;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** What this very process allocates and keeps on its heap. */
final class HeapAccounts {
    private HeapAccounts() {}

    /** Bytes that the threads alive now have allocated since they began. */
    static long allocatedBytes() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long sum = 0;
        for (long bytes : threads.getThreadAllocatedBytes(threads.getAllThreadIds())) {
            sum += Math.max(0, bytes); // -1: it has just ended
        }
        return sum;
    }

    /** Bytes in use behind a full collection. */
    static long keptBytes() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
