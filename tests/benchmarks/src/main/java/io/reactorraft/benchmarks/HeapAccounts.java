package io.reactorraft.benchmarks;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What this very process allocates and keeps on its heap. */
final class HeapAccounts {
    /** By thread, what it had allocated when it was last seen: one that has ended since still counts. */
    private static final Map<Long, Long> ALLOCATED = new ConcurrentHashMap<>();

    private HeapAccounts() {}

    /**
     * Bytes allocated so far by the threads alive now, and by those that were when this was called before. The Java version
     * that this is built for has no sum over all threads.
     */
    static long allocatedBytes() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long[] ids = threads.getAllThreadIds();
        long[] bytes = threads.getThreadAllocatedBytes(ids);
        for (int i = 0; i < ids.length; i++) {
            ALLOCATED.merge(ids[i], bytes[i], Math::max); // -1: it has just ended
        }
        return ALLOCATED.values().stream().mapToLong(each -> Math.max(0, each)).sum();
    }

    /** Bytes in use behind a full collection. */
    static long keptBytes() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
