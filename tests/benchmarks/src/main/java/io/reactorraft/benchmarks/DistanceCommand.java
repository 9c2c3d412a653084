package io.reactorraft.benchmarks;

import io.reactorraft.testkit.FreePorts;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What followers that are far away, or that stopped reading, cost the others. */
@Command(
        name = "distance",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures writes with followers behind a delay, and with one that stopped reading, beside the same cluster "
                    + "with all of them near.",
            "",
            "All connections between members go through a proxy in this process, in the measurements without delay too.",
            ""
        })
final class DistanceCommand implements Callable<Integer> {
    private static final Duration SETTLE = Duration.ofSeconds(3);
    private static final Duration PATIENCE = LoadDriver.DRAIN.plusSeconds(10);
    private static final Duration LOOK_EVERY = Duration.ofMillis(50);
    private static final int NODES = 3;

    @Mixin
    private ClusterOptions options = new ClusterOptions();

    @Option(
            names = "--delay-ms",
            paramLabel = "MS",
            defaultValue = "50",
            description = "Each way (default: ${DEFAULT-VALUE}).")
    private int delayMillis;

    @Option(
            names = "--in-flight",
            paramLabel = "N",
            defaultValue = "1024",
            description = "Proposals (default: ${DEFAULT-VALUE}).")
    private int inFlight;

    @Option(
            names = "--warm",
            paramLabel = "S",
            defaultValue = "35",
            description = "Load before, until what is used is compiled (default: ${DEFAULT-VALUE}).")
    private int warm;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "10",
            description = "Of each measurement (default: ${DEFAULT-VALUE}).")
    private int seconds;

    private final PrintStream out;

    DistanceCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() throws InterruptedException {
        options.validate();
        options.require(options.nodes() == NODES, "--nodes must be " + NODES);
        options.require(delayMillis >= 0 && seconds >= 1 && warm >= 1, "no time runs backwards");
        options.require(
                inFlight >= 1 && inFlight <= ClusterOptions.MAX_IN_FLIGHT,
                "--in-flight must be 1 to " + ClusterOptions.MAX_IN_FLIGHT);
        try (RunScope scope = new RunScope()) {
            measure(scope);
        }
        return 0;
    }

    private void measure(RunScope scope) throws InterruptedException {
        ClusterPlan plan = options.plan(scope);
        DelayProxy.Distances distances = new DelayProxy.Distances();
        List<Integer> listen = FreePorts.find(NODES);
        for (int index = 0; index < NODES; index++) {
            scope.atEnd(
                    new DelayProxy(ClusterPlan.id(index), plan.ports().get(index), listen.get(index), distances)
                            ::close);
        }
        BenchmarkCluster cluster = new BenchmarkCluster(
                plan,
                index -> {
                    List<String> command = new ArrayList<>(plan.command(index));
                    command.addAll(List.of("--listen", "127.0.0.1:" + listen.get(index)));
                    return command;
                },
                Pause.REAL);
        scope.atEnd(cluster::close);
        cluster.start();
        NodeProcess leader = cluster.leader();
        List<NodeProcess> followers =
                cluster.nodes().stream().filter(node -> node != leader).toList();
        load(leader, Duration.ofSeconds(warm), null);

        long delay = TimeUnit.MILLISECONDS.toNanos(delayMillis);
        Set<String> one = Set.of(followers.get(1).name());
        Set<String> both = followers.stream().map(NodeProcess::name).collect(Collectors.toSet());
        FollowerLag lag = new FollowerLag(followers.get(0), followers.get(1));
        double near = tell("all-near", leader, null, Double.NaN);
        distances.set(one, delay);
        tell("one-far", leader, lag, near);
        distances.set(both, delay);
        tell("both-far", leader, null, near);
        distances.set(Set.of(), 0);
        near = tell("all-near", leader, null, Double.NaN);
        distances.stall(one);
        tell("one-stalled", leader, null, near);
        distances.stall(Set.of());
        if (cluster.leader() != leader) {
            throw new BenchmarkException("the leader changed meanwhile: the figures are of no use");
        }
    }

    private double tell(String what, NodeProcess leader, @Nullable FollowerLag lag, double near)
            throws InterruptedException {
        ResultLine result = load(leader, Duration.ofSeconds(seconds), lag);
        double rate = result.number("ops") / result.number("secs");
        out.println(ResultLine.empty()
                .with("peer", ClusterRun.PEER)
                .with("mode", what)
                .with("delayMs", delayMillis)
                .with("size", options.size())
                .with("conc", inFlight)
                .with("opsPerSec", rate, 0)
                .with("ratio", rate / near, 3)
                .with("lagSeconds", lag == null ? Double.NaN : lag.worstSeconds(), 2)
                .with("leaderPeakMb", new LinuxAccounts().peakResidentMb(leader.pid()), 0));
        return rate;
    }

    private ResultLine load(NodeProcess leader, Duration window, @Nullable FollowerLag lag)
            throws InterruptedException {
        leader.send("load " + Operation.WRITE.word() + " " + inFlight + " " + LoadShape.seconds(SETTLE) + " "
                + LoadShape.seconds(window));
        leader.await("measuring", SETTLE.plus(PATIENCE));
        long end = System.nanoTime() + window.toNanos();
        while (lag != null && System.nanoTime() < end) {
            lag.look();
            Pause.REAL.pass(LOOK_EVERY);
        }
        return ResultLine.parse(leader.await("result", window.plus(PATIENCE)));
    }
}
