package io.reactorraft.benchmarks;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Kills the leader's process, and times how soon a survivor has a write acknowledged. */
final class FailoverRun {

    /** Longer than this without an acknowledged write is no failover at all. */
    static final Duration LONGEST = Duration.ofSeconds(60);

    private static final Duration POLL = Duration.ofMillis(20);
    private static final Duration PATIENCE = LoadDriver.DRAIN;

    private final BenchmarkCluster cluster;

    FailoverRun(BenchmarkCluster cluster) {
        this.cluster = cluster;
    }

    /**
     * One failover; afterwards the killed node runs again and has caught up.
     *
     * @param trickle light load before the kill, so that the write path is warm
     * @return milliseconds from the SIGKILL to the first acknowledgement
     */
    double once(Duration trickle) throws InterruptedException {
        NodeProcess warmed = cluster.leader();
        warmed.send("trickle " + LoadShape.seconds(trickle));
        warmed.await("trickled", trickle.plus(PATIENCE));
        NodeProcess leader = cluster.leader();
        List<NodeProcess> survivors =
                cluster.nodes().stream().filter(node -> node != leader).toList();
        long killed = System.nanoTime();
        leader.signalKill();
        survivors.forEach(node -> node.send("probe " + LoadShape.seconds(LONGEST)));
        long acknowledged = firstAcknowledgement(survivors);
        leader.kill();
        cluster.restart(leader);
        return (acknowledged - killed) / 1e6;
    }

    /** The earliest that any survivor reports; all are waited for, since the slower report may name the earlier time. */
    private long firstAcknowledgement(List<NodeProcess> survivors) throws InterruptedException {
        long end = System.nanoTime() + LONGEST.plus(PATIENCE).toNanos();
        long first = Long.MAX_VALUE;
        for (NodeProcess survivor : survivors) {
            String report = report(survivor, end);
            long at = report == null ? -1 : Long.parseLong(report.split(" ", -1)[0]);
            first = at < 0 ? first : Math.min(first, at);
        }
        if (first == Long.MAX_VALUE) {
            throw cluster.withLogs(
                    "no failover",
                    new BenchmarkException(
                            "no write was acknowledged within " + LONGEST.toSeconds() + " s of the leader's death"));
        }
        return first;
    }

    private static @Nullable String report(NodeProcess survivor, long end) throws InterruptedException {
        String report = null;
        while (report == null && System.nanoTime() < end) {
            report = survivor.poll("probed", POLL);
        }
        return report;
    }
}
