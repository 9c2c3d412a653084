package io.reactorraft.benchmarks;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What a cluster costs that nobody asks anything. */
@Command(
        name = "idle",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Leaves a cluster of processes alone, and prints what CPU it takes and what it allocates.",
            "",
            "The bars for three nodes together: 2 percent of one core, and 1 MB allocated a second.",
            ""
        })
final class IdleCommand implements Callable<Integer> {
    private static final Duration ANSWER = Duration.ofSeconds(20);
    private static final double BAR_PERCENT = 2;
    private static final double BAR_KILOBYTES = 1_000;

    @Mixin
    private ClusterOptions options = new ClusterOptions();

    @Option(
            names = "--warm",
            paramLabel = "SECONDS",
            defaultValue = "30",
            description =
                    "Load before that, on each node in turn: what was never used runs uncompiled for hours when idle "
                            + "(default: ${DEFAULT-VALUE}).")
    private double warm;

    @Option(
            names = "--settle",
            paramLabel = "SECONDS",
            defaultValue = "300",
            description =
                    "How long it is left alone before: for minutes a young process compiles what it runs now and then "
                            + "(default: ${DEFAULT-VALUE}).")
    private double settle;

    @Option(
            names = "--seconds",
            paramLabel = "SECONDS",
            defaultValue = "40",
            description = "How long it is measured (default: ${DEFAULT-VALUE}).")
    private double seconds;

    private final PrintStream out;
    private final LinuxAccounts accounts = new LinuxAccounts();

    IdleCommand(PrintStream out) {
        this.out = out;
    }

    /** One node's accounts at one moment. */
    private record Sample(long nanos, double cpuSeconds, long allocatedBytes) {}

    @Override
    public Integer call() throws InterruptedException {
        options.validate();
        options.require(warm >= 0 && warm <= 3600, "--warm must be 0 to 3600 seconds, got " + warm);
        options.require(settle >= 0 && settle <= 3600, "--settle must be 0 to 3600 seconds, got " + settle);
        options.require(seconds > 0 && seconds <= 3600, "--seconds must be up to 3600, got " + seconds);
        try (RunScope scope = new RunScope()) {
            BenchmarkCluster cluster = ClusterOptions.start(options.plan(scope), scope);
            warmUp(cluster);
            String leader = cluster.leader().name();
            Pause.REAL.pass(NodeConsole.seconds(Double.toString(settle)));
            List<Sample> before = samples(cluster);
            Pause.REAL.pass(NodeConsole.seconds(Double.toString(seconds)));
            tell(cluster, leader, before, samples(cluster));
        }
        return 0;
    }

    private void warmUp(BenchmarkCluster cluster) throws InterruptedException {
        cluster.leader();
        for (NodeProcess node : warm > 0 ? cluster.nodes() : List.<NodeProcess>of()) {
            node.send("load write " + LoadShape.WARM_IN_FLIGHT + " 0 " + warm);
            node.await("result", LoadDriver.DRAIN.plus(NodeConsole.seconds(Double.toString(warm))));
        }
    }

    private List<Sample> samples(BenchmarkCluster cluster) throws InterruptedException {
        List<Sample> samples = new ArrayList<>();
        for (NodeProcess node : cluster.nodes()) {
            node.send("allocated");
            long allocated = Long.parseLong(node.await("allocated", ANSWER));
            samples.add(new Sample(System.nanoTime(), accounts.cpuSeconds(node.pid()), allocated));
        }
        return samples;
    }

    private void tell(BenchmarkCluster cluster, String leader, List<Sample> before, List<Sample> after) {
        double percent = 0;
        double kilobytes = 0;
        for (int i = 0; i < before.size(); i++) {
            double wall = (after.get(i).nanos - before.get(i).nanos) / 1e9;
            double nodePercent = 100 * (after.get(i).cpuSeconds - before.get(i).cpuSeconds) / wall;
            double nodeKilobytes = (after.get(i).allocatedBytes - before.get(i).allocatedBytes) / 1e3 / wall;
            percent += nodePercent;
            kilobytes += nodeKilobytes;
            NodeProcess node = cluster.nodes().get(i);
            out.println(line(node.name(), nodePercent, nodeKilobytes)
                    .with("leads", node.name().equals(leader)));
        }
        out.println(line("all", percent, kilobytes)
                .with("cpuBar", BAR_PERCENT, 0)
                .with("allocatedBar", BAR_KILOBYTES, 0)
                .with("bars", percent <= BAR_PERCENT && kilobytes <= BAR_KILOBYTES ? "held" : "MISSED"));
    }

    private static ResultLine line(String node, double percent, double kilobytes) {
        return ResultLine.empty()
                .with("peer", ClusterRun.PEER)
                .with("mode", "idle")
                .with("node", node)
                .with("cpuPercent", percent, 2)
                .with("allocatedKbPerSec", kilobytes, 0);
    }
}
