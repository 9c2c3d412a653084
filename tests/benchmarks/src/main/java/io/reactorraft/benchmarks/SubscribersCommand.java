package io.reactorraft.benchmarks;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What subscribers to leadership cost those who propose. */
@Command(
        name = "subscribers",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures writes without and with many subscribers to leadership on every node, half of which never ask for "
                    + "more than one value.",
            "",
            "On every node but the one that is loaded one of them blocks, for ever: the followers where the leader is "
                    + "loaded, leader and other follower where a follower is. (It delays the signals of its own node, so "
                    + "whoever proposes there hears nothing.) Both in turn, several rounds; the bar is nine tenths of the rate "
                    + "without.",
            ""
        })
final class SubscribersCommand implements Callable<Integer> {
    private static final Duration PATIENCE = LoadDriver.DRAIN.plusSeconds(40);
    private static final double BAR = 0.9;

    @Mixin
    private ClusterOptions options = new ClusterOptions();

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "10000",
            description = "Subscribers on each node (default: ${DEFAULT-VALUE}).")
    private int count;

    @Option(
            names = "--in-flight",
            paramLabel = "N",
            defaultValue = "64",
            description = "Writes in flight (default: ${DEFAULT-VALUE}).")
    private int inFlight;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "How often each is measured (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "SECONDS",
            defaultValue = "6",
            description = "How long each is measured (default: ${DEFAULT-VALUE}).")
    private double seconds;

    @Option(
            names = "--warm",
            paramLabel = "SECONDS",
            defaultValue = "10",
            description = "Load before the first, on leader and follower (default: ${DEFAULT-VALUE}).")
    private double warm;

    private final PrintStream out;

    SubscribersCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() throws InterruptedException {
        options.validate();
        options.require(options.nodes() >= 2, "subscribers needs --nodes 2 or more, got " + options.nodes());
        options.require(count >= 2 && count <= 1_000_000, "--count must be 2 to 1000000, got " + count);
        options.require(rounds >= 1 && rounds <= 1_000, "--rounds must be 1 to 1000, got " + rounds);
        options.require(
                inFlight >= 1 && inFlight <= ClusterOptions.MAX_IN_FLIGHT,
                "--in-flight must be 1 to " + ClusterOptions.MAX_IN_FLIGHT + ", got " + inFlight);
        options.require(seconds > 0 && seconds <= 3600, "--seconds must be up to 3600, got " + seconds);
        options.require(warm >= 0 && warm <= 3600, "--warm must be 0 to 3600 seconds, got " + warm);
        try (RunScope scope = new RunScope()) {
            measure(ClusterOptions.start(options.plan(scope), scope));
        }
        return 0;
    }

    private void measure(BenchmarkCluster cluster) throws InterruptedException {
        NodeProcess leader = cluster.leader();
        NodeProcess follower = cluster.nodes().stream()
                .filter(node -> node != leader)
                .findFirst()
                .orElseThrow();
        for (NodeProcess driver : List.of(leader, follower)) {
            rate(driver, warm);
        }
        for (NodeProcess driver : List.of(leader, follower)) {
            List<Double> without = new ArrayList<>();
            List<Double> with = new ArrayList<>();
            for (int round = 0; round < rounds; round++) {
                without.add(rate(driver, seconds));
                gather(cluster, driver);
                with.add(rate(driver, seconds));
                disperse(cluster);
            }
            tell(driver == leader ? "leader" : "follower", median(without), median(with));
        }
    }

    /** Writes a second; on one that does not lead, forwarded. */
    private double rate(NodeProcess driver, double window) throws InterruptedException {
        driver.send("load write " + inFlight + " 0.5 " + window);
        ResultLine result = ResultLine.parse(driver.await("result", PATIENCE.plusSeconds((long) window)));
        if (result.number("errors") > 0) {
            throw new BenchmarkException(driver.name() + " had errors: " + result.text("firstError"));
        }
        return result.number("ops") / result.number("secs");
    }

    private void gather(BenchmarkCluster cluster, NodeProcess driver) throws InterruptedException {
        for (NodeProcess node : cluster.nodes()) {
            node.send("gather " + count + (node == driver ? " free" : " block"));
            node.await("gathered", PATIENCE);
        }
    }

    private static void disperse(BenchmarkCluster cluster) throws InterruptedException {
        for (NodeProcess node : cluster.nodes()) {
            node.send("disperse");
            node.await("dispersed", PATIENCE);
        }
    }

    private void tell(String loaded, double without, double with) {
        out.println(ResultLine.empty()
                .with("peer", ClusterRun.PEER)
                .with("mode", "subscribers")
                .with("loaded", loaded)
                .with("subscribers", count)
                .with("conc", inFlight)
                .with("withoutPerSec", without, 0)
                .with("withPerSec", with, 0)
                .with("ratio", with / without, 3)
                .with("bar", with >= BAR * without ? "held" : "MISSED"));
    }

    private static double median(List<Double> rates) {
        return rates.stream().sorted().toList().get(rates.size() / 2);
    }
}
