package io.reactorraft.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * Levels of load on one cluster of ours: the leader drives itself, and this process does nothing meanwhile but wait for
 * a line.
 */
final class ClusterRun {
    static final String PEER = "reactor-raft";

    /** Beyond what a load itself takes: so long may its node be silent. */
    private static final Duration PATIENCE = LoadDriver.DRAIN.plusSeconds(10);

    private final BenchmarkCluster cluster;
    private final ClusterPlan plan;
    private final LoadShape shape;
    private final double syncMedianMicros;
    private final Consumer<String> progress;
    private boolean warm;

    /** @param progress is told, in words, what is being done */
    ClusterRun(
            BenchmarkCluster cluster,
            ClusterPlan plan,
            LoadShape shape,
            double syncMedianMicros,
            Consumer<String> progress) {
        this.cluster = cluster;
        this.plan = plan;
        this.shape = shape;
        this.syncMedianMicros = syncMedianMicros;
        this.progress = progress;
    }

    /** One level; before the first, the cluster is warmed up. */
    ResultLine level(int inFlight) throws InterruptedException {
        NodeProcess leader = cluster.leader();
        try {
            if (!warm) {
                progress.accept(leader.name() + " leads; warming up for " + LoadShape.seconds(shape.warm()) + " s");
                warmUp(leader);
                warm = true;
            }
            return measure(leader, inFlight);
        } catch (BenchmarkException failed) {
            throw cluster.withLogs("no result at " + inFlight + " in flight", failed);
        }
    }

    private void warmUp(NodeProcess leader) throws InterruptedException {
        if (shape.operation() == Operation.READ) {
            load(leader, Operation.WRITE, LoadShape.WARM_IN_FLIGHT, Duration.ZERO, LoadShape.WRITES_BEFORE_READS);
            leader.await("result", LoadShape.WRITES_BEFORE_READS.plus(PATIENCE));
        }
        if (!shape.warm().isZero()) {
            load(leader, shape.operation(), LoadShape.WARM_IN_FLIGHT, Duration.ZERO, shape.warm());
            leader.await("result", shape.warm().plus(PATIENCE));
        }
    }

    private ResultLine measure(NodeProcess leader, int inFlight) throws InterruptedException {
        List<Long> pids = cluster.nodes().stream().map(NodeProcess::pid).toList();
        LevelMeasurement measurement =
                new LevelMeasurement(new LinuxAccounts(), pids, BlockDevice.of(plan.directory()));
        load(leader, shape.operation(), inFlight, shape.settle(), shape.window());
        leader.await("measuring", shape.settle().plus(PATIENCE));
        progress.accept("measuring " + inFlight + " in flight in " + leader.name() + ", pid " + leader.pid());
        LevelMeasurement.Sample before = measurement.sample();
        ResultLine result =
                ResultLine.parse(leader.await("result", shape.window().plus(PATIENCE)));
        LevelMeasurement.Sample after = measurement.sample();
        return head(inFlight)
                .with(measurement.line(result, before, after))
                .with("leaderIn", leader.name())
                .with("presyncP50us", syncMedianMicros, 0);
    }

    private void load(NodeProcess leader, Operation operation, int inFlight, Duration settle, Duration window) {
        leader.send("load " + operation.word() + " " + inFlight + " " + LoadShape.seconds(settle) + " "
                + LoadShape.seconds(window));
    }

    private ResultLine head(int inFlight) {
        return ResultLine.empty()
                .with("peer", PEER)
                .with("mode", "proc" + plan.size())
                .with("fsync", "on")
                .with("disk", fileSystem(plan.directory()))
                .with("op", shape.operation().word())
                .with("size", plan.payloadBytes())
                .with("conc", inFlight)
                .with("rep", 1)
                .with("variant", "-")
                .with("jdk", Runtime.version().feature())
                .with("at", System.currentTimeMillis() / 1000);
    }

    static String fileSystem(Path directory) {
        try {
            return Files.getFileStore(directory).type();
        } catch (IOException failed) {
            throw new BenchmarkException("cannot tell the file system of " + directory, failed);
        }
    }
}
