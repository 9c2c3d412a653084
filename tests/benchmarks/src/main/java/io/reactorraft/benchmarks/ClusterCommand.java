package io.reactorraft.benchmarks;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Throughput and latency of a cluster of processes, level by level. */
@Command(
        name = "cluster",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Loads a cluster of processes on the loopback address, and prints what it bore.",
            "",
            "A closed loop in the leader's process keeps so many operations in flight; an operation is complete when it "
                    + "is committed and applied there. Disks are synced. For each level there is one line of key=value "
                    + "pairs, and at the end a table. With several peers each level is run on all of them in turn, each "
                    + "on a fresh cluster, so that their ratios come from one run.",
            ""
        })
final class ClusterCommand implements Callable<Integer> {

    @Mixin
    private ClusterOptions options = new ClusterOptions();

    @Option(
            names = "--in-flight",
            split = ",",
            paramLabel = "N",
            defaultValue = "1,16,64,256,1024",
            description = "Operations in flight, a level each (default: ${DEFAULT-VALUE}).")
    private int[] levels = {};

    @Option(
            names = "--op",
            paramLabel = "write|read",
            defaultValue = "write",
            description = "Proposals, or linearizable reads (default: ${DEFAULT-VALUE}).")
    private String operation = "";

    @Option(
            names = "--warm",
            paramLabel = "SECONDS",
            defaultValue = "10",
            description = "Load at 64 in flight before the first level (default: ${DEFAULT-VALUE}).")
    private double warm;

    @Option(
            names = "--settle",
            paramLabel = "SECONDS",
            defaultValue = "2",
            description = "Load before each level is measured (default: ${DEFAULT-VALUE}).")
    private double settle;

    @Option(
            names = "--seconds",
            paramLabel = "SECONDS",
            defaultValue = "15",
            description = "How long each level is measured (default: ${DEFAULT-VALUE}).")
    private double seconds;

    private final PrintStream out;
    private final PrintStream progress;

    ClusterCommand(PrintStream out, PrintStream progress) {
        this.out = out;
        this.progress = progress;
    }

    @Override
    public Integer call() throws InterruptedException {
        LoadShape shape = validated();
        List<ResultLine> lines =
                options.peers().size() == 1 && options.peers().contains(ClusterRun.PEER) ? sweep(shape) : inTurn(shape);
        out.println();
        out.println(ResultTable.of(lines));
        ResultTable.ratios(lines).forEach(out::println);
        ResultTable.remarks(lines).forEach(remark -> out.println("note: " + remark));
        return 0;
    }

    private LoadShape validated() {
        options.validate();
        for (int level : levels) {
            options.require(
                    level >= 1 && level <= ClusterOptions.MAX_IN_FLIGHT,
                    "--in-flight must be 1 to " + ClusterOptions.MAX_IN_FLIGHT + ", got " + level);
        }
        boolean known =
                Arrays.stream(Operation.values()).anyMatch(each -> each.word().equals(operation));
        options.require(known, "--op must be write or read, got " + operation);
        options.require(warm >= 0 && warm <= 3600, "--warm must be 0 to 3600 seconds, got " + warm);
        options.require(settle >= 0 && settle <= 3600, "--settle must be 0 to 3600 seconds, got " + settle);
        options.require(seconds > 0 && seconds <= 3600, "--seconds must be up to 3600, got " + seconds);
        return new LoadShape(Operation.of(operation), duration(warm), duration(settle), duration(seconds));
    }

    /** All levels on one cluster, warmed up once. */
    private List<ResultLine> sweep(LoadShape shape) throws InterruptedException {
        try (RunScope scope = new RunScope()) {
            ClusterRun run = run(shape, options.plan(scope), scope);
            List<ResultLine> lines = new ArrayList<>();
            for (int level : levels) {
                lines.add(told(level, run.level(level)));
            }
            return lines;
        }
    }

    /** Each level on every peer in turn, each time on a fresh cluster, so that none idles beside another. */
    private List<ResultLine> inTurn(LoadShape shape) throws InterruptedException {
        List<ResultLine> lines = new ArrayList<>();
        for (int level : levels) {
            for (String peer : options.peers()) {
                try (RunScope scope = new RunScope()) {
                    ClusterPlan plan = options.plan(scope);
                    lines.add(told(
                            level,
                            peer.equals(ClusterRun.PEER)
                                    ? run(shape, plan, scope).level(level)
                                    : options.yardstick().level(peer, level, shape, plan, scope)));
                }
            }
        }
        return lines;
    }

    private ClusterRun run(LoadShape shape, ClusterPlan plan, RunScope scope) throws InterruptedException {
        progress.println(options.nodes() + " nodes start in " + plan.directory());
        double mood = DiskMood.syncMedianMicros(plan.directory());
        return new ClusterRun(ClusterOptions.start(plan, scope), plan, shape, mood, progress::println);
    }

    private ResultLine told(int level, ResultLine line) {
        out.println(line);
        progress.println(line.text("peer") + " at " + level + " in flight: "
                + ResultTable.decimals(line.number("opsPerSec"), 0) + " ops/s");
        return line;
    }

    private static Duration duration(double seconds) {
        return NodeConsole.seconds(Double.toString(seconds));
    }
}
