package io.reactorraft.benchmarks;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Whether proposals leave anything on the heap. */
@Command(
        name = "heap",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Proposes without a pause, and prints what each node keeps on its heap behind a full collection, after each "
                    + "of these numbers of proposals.",
            "",
            "The bar: after ten times as many proposals it is where it was.",
            ""
        })
final class HeapCommand implements Callable<Integer> {
    private static final double SLICE_SECONDS = 2;
    private static final Duration PATIENCE = LoadDriver.DRAIN.plusSeconds(30);
    private static final double MEGABYTE = 1e6;

    @Mixin
    private ClusterOptions options = new ClusterOptions();

    @Option(
            names = "--proposals",
            split = ",",
            paramLabel = "N",
            defaultValue = "1000000,10000000",
            description = "When to look (default: ${DEFAULT-VALUE}).")
    private long[] marks = {};

    @Option(
            names = "--in-flight",
            paramLabel = "N",
            defaultValue = "1024",
            description = "Proposals in flight (default: ${DEFAULT-VALUE}).")
    private int inFlight;

    private final PrintStream out;
    private final PrintStream progress;

    HeapCommand(PrintStream out, PrintStream progress) {
        this.out = out;
        this.progress = progress;
    }

    @Override
    public Integer call() throws InterruptedException {
        options.validate();
        options.require(
                Arrays.stream(marks).allMatch(mark -> mark > 0),
                "--proposals must be 1 and more: " + Arrays.toString(marks));
        options.require(
                inFlight >= 1 && inFlight <= ClusterOptions.MAX_IN_FLIGHT,
                "--in-flight must be 1 to " + ClusterOptions.MAX_IN_FLIGHT + ", got " + inFlight);
        try (RunScope scope = new RunScope()) {
            BenchmarkCluster cluster = ClusterOptions.start(options.plan(scope), scope);
            long proposed = 0;
            for (long mark : Arrays.stream(marks).sorted().toArray()) {
                while (proposed < mark) {
                    proposed += slice(cluster);
                    progress.println(proposed + " proposals");
                }
                look(cluster, proposed);
            }
        }
        return 0;
    }

    private long slice(BenchmarkCluster cluster) throws InterruptedException {
        NodeProcess leader = cluster.leader();
        leader.send("load write " + inFlight + " 0 " + SLICE_SECONDS);
        ResultLine result = ResultLine.parse(leader.await("result", PATIENCE));
        if (result.number("errors") > 0) {
            progress.println(result);
        }
        return (long) result.number("ops");
    }

    private void look(BenchmarkCluster cluster, long proposed) throws InterruptedException {
        ResultLine line = ResultLine.empty()
                .with("peer", ClusterRun.PEER)
                .with("mode", "heap")
                .with("proposals", proposed);
        double sum = 0;
        for (NodeProcess node : cluster.nodes()) {
            node.send("heap");
            double kept = Long.parseLong(node.await("heap", PATIENCE)) / MEGABYTE;
            sum += kept;
            line = line.with(node.name() + "Mb", kept, 2);
        }
        out.println(line.with("allMb", sum, 2));
    }
}
