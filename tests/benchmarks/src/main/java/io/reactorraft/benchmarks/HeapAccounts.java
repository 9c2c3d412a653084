package io.reactorraft.benchmarks;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What this very process allocates and keeps on its heap. */
final class HeapAccounts {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** By thread, what it had allocated when it was last seen: one that has ended since still counts. */
    private static final Map<Long, Long> ALLOCATED = new ConcurrentHashMap<>();

    private HeapAccounts() {}

    /**
     * Bytes allocated so far by the threads alive now, and by those that were when this was called before. The Java version
     * that this is built for has no sum over all threads.
     */
    static long allocatedBytes() {
        long[] ids = THREADS.getAllThreadIds();
        long[] bytes = THREADS.getThreadAllocatedBytes(ids);
        for (int i = 0; i < ids.length; i++) {
            ALLOCATED.merge(ids[i], bytes[i], Math::max); // -1: it has just ended
        }
        return ALLOCATED.values().stream().mapToLong(each -> Math.max(0, each)).sum();
    }

    /** Bytes allocated so far by the threads of that name, as it begins. */
    static long allocatedBy(String prefix) {
        return Arrays.stream(THREADS.getThreadInfo(THREADS.getAllThreadIds()))
                .filter(thread -> thread != null && thread.getThreadName().startsWith(prefix))
                .mapToLong(thread -> Math.max(0, THREADS.getThreadAllocatedBytes(thread.getThreadId())))
                .sum();
    }

    /** Bytes allocated so far by the thread that asks, which costs it nothing. */
    static long allocatedHere() {
        return THREADS.getCurrentThreadAllocatedBytes();
    }

    /** Bytes in use behind a full collection. */
    static long keptBytes() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
