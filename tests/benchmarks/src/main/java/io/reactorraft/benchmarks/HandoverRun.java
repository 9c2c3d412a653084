package io.reactorraft.benchmarks;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Ends the leader's process with SIGTERM, and times how long the group is without a leader. */
final class HandoverRun {
    private static final Duration POLL = Duration.ofMillis(20);
    private static final Duration PATIENCE = LoadDriver.DRAIN;

    private final BenchmarkCluster cluster;
    private final Set<NodeProcess> listening = new HashSet<>();

    HandoverRun(BenchmarkCluster cluster) {
        this.cluster = cluster;
    }

    /** A change of leadership as its node showed it. */
    private record Shown(long nanos, boolean leading) {
        static Shown parse(String line) {
            String[] words = line.split(" ", -1);
            return new Shown(Long.parseLong(words[0]), words[1].equals("LEADER"));
        }
    }

    /**
     * One handover; afterwards the node that was stopped runs again and has caught up.
     *
     * @param trickle light load before the signal, so that the write path is warm
     * @return milliseconds from the old leader showing that it leads no more to another one showing that it does
     */
    double once(Duration trickle) throws InterruptedException {
        NodeProcess warmed = cluster.leader();
        warmed.send("trickle " + LoadShape.seconds(trickle));
        warmed.await("trickled", trickle.plus(PATIENCE));
        NodeProcess leader = cluster.leader();
        for (NodeProcess node : cluster.nodes()) {
            if (listening.add(node)) {
                node.send("changes");
                node.await("led", PATIENCE);
            }
        }
        List<NodeProcess> survivors =
                cluster.nodes().stream().filter(node -> node != leader).toList();
        long asked = System.nanoTime();
        leader.signalEnd();
        long gained = gained(survivors, asked);
        long lost = lost(leader, asked);
        leader.awaitEnd(PATIENCE);
        cluster.restart(leader);
        return Math.max(0, (gained - lost) / 1e6);
    }

    private long gained(List<NodeProcess> survivors, long asked) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            for (NodeProcess survivor : survivors) {
                Shown shown = next(survivor);
                if (shown != null && shown.leading() && shown.nanos() > asked) {
                    return shown.nanos();
                }
            }
        }
        throw cluster.withLogs(
                "no handover",
                new BenchmarkException("nobody led within " + PATIENCE.toSeconds() + " s of the leader's end"));
    }

    /** When it showed that it leads no more; where it was gone before that could be heard, when it was asked to go. */
    private static long lost(NodeProcess leader, long asked) throws InterruptedException {
        try {
            for (Shown shown = next(leader); shown != null; shown = next(leader)) {
                if (!shown.leading() && shown.nanos() > asked) {
                    return shown.nanos();
                }
            }
        } catch (BenchmarkException ended) {
            // as it was asked to
        }
        return asked;
    }

    private static @Nullable Shown next(NodeProcess node) throws InterruptedException {
        String line = node.poll("led", POLL);
        return line == null ? null : Shown.parse(line);
    }
}
