package io.reactorraft.benchmarks;

import io.reactorraft.testkit.FreePorts;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What a state far larger than the heap costs those who write, while it is saved, sent and restored. */
@Command(
        name = "big-state",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Fills a state outside the heap of three nodes with a small one, writes at a steady rate, each write when it is due, "
                    + "has the leader take a snapshot, and a new member with an empty disk join, which is sent it and "
                    + "restores it.",
            "",
            "The bar: the writes' 99th percentile stays under ten times what it was. Needs memory for four such states, disk for "
                    + "eight.",
            ""
        })
final class BigStateCommand implements Callable<Integer> {
    private static final List<String> FLAGS = List.of("-Xms512m", "-Xmx512m");
    private static final Duration STARTED = Duration.ofSeconds(60);
    private static final Duration PATIENCE = Duration.ofMinutes(4);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final double BAR = 10;
    private static final int SPARE_DIRECT_MIB = 512;

    @Mixin
    private ClusterOptions options = new ClusterOptions();

    @Mixin
    private Niceness late = new Niceness();

    @Option(
            names = "--mib",
            paramLabel = "N",
            defaultValue = "2048",
            description = "The size of the state (default: ${DEFAULT-VALUE}).")
    private int mib;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Writes a second (default: ${DEFAULT-VALUE}).")
    private double rate;

    @Option(
            names = "--warm",
            paramLabel = "SECONDS",
            defaultValue = "20",
            description = "Before anything is measured (default: ${DEFAULT-VALUE}).")
    private double warm;

    @Option(
            names = "--seconds",
            paramLabel = "SECONDS",
            defaultValue = "20",
            description = "How long it is measured before anything happens (default: ${DEFAULT-VALUE}).")
    private double seconds;

    private final PrintStream out;
    private final LinuxAccounts accounts = new LinuxAccounts();

    BigStateCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() throws InterruptedException {
        options.validate();
        options.require(options.nodes() >= 2, "big-state needs --nodes 2 or more, got " + options.nodes());
        options.require(mib >= 1 && mib <= 1 << 16, "--mib must be 1 to 65536, got " + mib);
        options.require(late.valid(), late.rule());
        options.require(rate > 0 && rate <= 100_000, "--rate must be up to 100000, got " + rate);
        options.require(warm >= 0 && warm <= 3600, "--warm must be 0 to 3600 seconds, got " + warm);
        options.require(seconds > 0 && seconds <= 3600, "--seconds must be up to 3600, got " + seconds);
        try (RunScope scope = new RunScope()) {
            ClusterPlan plan = options.plan(scope);
            BenchmarkCluster cluster = new BenchmarkCluster(plan, index -> command(plan, index), Pause.REAL);
            scope.atEnd(cluster::close);
            cluster.start();
            measure(plan, cluster, scope);
        }
        return 0;
    }

    private void measure(ClusterPlan plan, BenchmarkCluster cluster, RunScope scope) throws InterruptedException {
        NodeProcess leader = cluster.leader();
        ask(leader, "fill " + mib, "filled");
        ask(leader, "open " + rate, "opened");
        Pause.REAL.pass(NodeConsole.seconds(Double.toString(warm)));
        ask(leader, "phase before", "left");
        Pause.REAL.pass(NodeConsole.seconds(Double.toString(seconds)));
        ResultLine before = leave(leader, "snapshot");
        // the second lets go of the log behind the first, so that whoever joins cannot do without
        long bytes = Long.parseLong(ask(leader, "snapshot", "snapshot"));
        ResultLine saving = leave(leader, "again").with("bytes", bytes);
        ask(leader, "snapshot", "snapshot");
        ResultLine again = leave(leader, "join");
        long first = Long.parseLong(ask(leader, "first", "first"));
        long begun = System.nanoTime();
        NodeProcess joiner = join(plan, leader, cluster, scope);
        double took = (System.nanoTime() - begun) / 1e9;
        ResultLine joining = leave(leader, "end").with("joinSeconds", took, 2).with("logBeganAt", first);
        ask(leader, "shut", "shut");
        for (ResultLine each : List.of(before, saving, again, joining)) {
            out.println(line().with(each).with("p99Ratio", each.number("p99") / before.number("p99"), 2));
        }
        tell(
                leader,
                joiner,
                first,
                Math.max(Math.max(saving.number("p99"), again.number("p99")), joining.number("p99"))
                        / before.number("p99"));
    }

    private ResultLine leave(NodeProcess leader, String next) throws InterruptedException {
        return ResultLine.parse(ask(leader, "phase " + next, "left"));
    }

    private static String ask(NodeProcess node, String command, String answer) throws InterruptedException {
        node.send(command);
        return node.await(answer, PATIENCE);
    }

    /** Returns once the joiner has applied what the leader had when it was last asked. */
    private NodeProcess join(ClusterPlan plan, NodeProcess leader, BenchmarkCluster cluster, RunScope scope)
            throws InterruptedException {
        int index = plan.size();
        int port = FreePorts.one();
        int seed = cluster.nodes().indexOf(leader);
        List<String> command = base(plan, index, "127.0.0.1:" + port);
        command.addAll(List.of("--join", address(plan, seed)));
        NodeProcess joiner = NodeProcess.start(ClusterPlan.id(index), late.of(command), plan.log(index));
        scope.atEnd(joiner::kill);
        joiner.await("started", STARTED);
        long end = System.nanoTime() + PATIENCE.toNanos();
        long wanted;
        do {
            Pause.REAL.pass(POLL);
            wanted = Long.parseLong(ask(leader, "applied", "applied"));
            if (System.nanoTime() > end) {
                throw cluster.withLogs("no join", new BenchmarkException("not within " + PATIENCE.toSeconds() + " s"));
            }
        } while (Long.parseLong(ask(joiner, "applied", "applied")) < wanted);
        return joiner;
    }

    private void tell(NodeProcess leader, NodeProcess joiner, long first, double worst) throws InterruptedException {
        String own = ask(leader, "digest", "digest");
        out.println(line().with("mib", mib)
                .with("leaderPeakMb", accounts.peakResidentMb(leader.pid()), 0)
                .with("joinerPeakMb", accounts.peakResidentMb(joiner.pid()), 0)
                .with("sameState", own.equals(ask(joiner, "digest", "digest")))
                .with("sentBy", first > 1 ? "snapshot" : "log")
                .with("p99Ratio", worst, 2)
                .with("bar", worst < BAR ? "held" : "MISSED"));
    }

    private List<String> command(ClusterPlan plan, int index) {
        List<String> command = base(plan, index, address(plan, index));
        command.addAll(List.of(
                "--members",
                IntStream.range(0, plan.size())
                        .mapToObj(each -> ClusterPlan.id(each) + "=" + address(plan, each))
                        .collect(Collectors.joining(","))));
        return command;
    }

    private static String address(ClusterPlan plan, int index) {
        return "127.0.0.1:" + plan.ports().get(index);
    }

    private List<String> base(ClusterPlan plan, int index, String address) {
        List<String> command = new ArrayList<>(plan.java());
        command.addAll(FLAGS);
        command.add("-XX:MaxDirectMemorySize=" + (mib + SPARE_DIRECT_MIB) + "m");
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(BenchmarksMain.class.getName(), "big-node", "--id", ClusterPlan.id(index)));
        command.addAll(
                List.of("--address", address, "--data-dir", plan.dataDir(index).toString()));
        command.addAll(List.of("--size", Integer.toString(plan.payloadBytes())));
        return command;
    }

    private static ResultLine line() {
        return ResultLine.empty().with("peer", ClusterRun.PEER).with("mode", "big-state");
    }
}
