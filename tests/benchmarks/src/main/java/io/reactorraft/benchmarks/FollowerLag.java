package io.reactorraft.benchmarks;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/** How far a follower is behind another one, in time. One thread. */
final class FollowerLag {
    private static final Duration ANSWER = Duration.ofSeconds(10);

    private final NodeProcess near;
    private final NodeProcess far;

    /** When the near one had applied so much. */
    private final TreeMap<Long, Long> reached = new TreeMap<>();

    private long worstNanos;

    FollowerLag(NodeProcess near, NodeProcess far) {
        this.near = near;
        this.far = far;
    }

    /** Looks at both now. */
    void look() throws InterruptedException {
        reached.putIfAbsent(applied(near), System.nanoTime());
        // What it has by now the other one had at the latest at that time.
        Map.Entry<Long, Long> level = reached.floorEntry(applied(far));
        if (level != null) {
            worstNanos = Math.max(worstNanos, System.nanoTime() - level.getValue());
        }
    }

    private static long applied(NodeProcess node) throws InterruptedException {
        node.send("applied");
        return Long.parseLong(node.await("applied", ANSWER));
    }

    double worstSeconds() {
        return worstNanos / 1e9;
    }
}
