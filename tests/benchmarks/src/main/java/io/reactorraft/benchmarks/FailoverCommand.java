package io.reactorraft.benchmarks;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How long a cluster is without an acknowledged write when its leader's process dies. */
@Command(
        name = "failover",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Kills the leader's process with SIGKILL, again and again, and prints the time to the next acknowledged write "
                    + "on a survivor.",
            "",
            "After each kill the dead node is started again on its data, and the next kill waits until it has caught up; "
                    + "peers of the yardstick begin with a fresh cluster each time.",
            ""
        })
final class FailoverCommand implements Callable<Integer> {
    private static final int MAX_TIMES = 10_000;
    private static final Duration FIRST_TRICKLE = Duration.ofSeconds(5);
    private static final Duration TRICKLE = Duration.ofSeconds(1);

    @Mixin
    private ClusterOptions options = new ClusterOptions();

    @Option(
            names = "--times",
            paramLabel = "N",
            defaultValue = "20",
            description = "How often the leader is killed (default: ${DEFAULT-VALUE}).")
    private int times;

    @Option(
            names = "--graceful",
            description = "Ends the leader with SIGTERM instead, and prints the time without a leader.")
    private boolean graceful;

    private final PrintStream out;

    FailoverCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() throws InterruptedException {
        options.validate();
        options.require(times >= 1 && times <= MAX_TIMES, "--times must be 1 to " + MAX_TIMES + ", got " + times);
        options.require(options.nodes() >= 3, "failover needs --nodes 3 or more, got " + options.nodes());
        options.require(
                !graceful || options.peers().equals(Set.of(ClusterRun.PEER)),
                "--graceful is of " + ClusterRun.PEER + " alone");
        Map<String, List<Double>> millis = new LinkedHashMap<>();
        for (String peer : options.peers()) {
            millis.put(peer, peer.equals(ClusterRun.PEER) ? ours() : theirs(peer));
        }
        out.println();
        millis.forEach((peer, each) -> out.println(peer + ": " + summary(each, graceful)));
        return 0;
    }

    private List<Double> ours() throws InterruptedException {
        List<Double> millis = new ArrayList<>();
        try (RunScope scope = new RunScope()) {
            ClusterPlan plan = options.plan(scope);
            BenchmarkCluster cluster = ClusterOptions.start(plan, scope);
            FailoverRun kill = new FailoverRun(cluster);
            HandoverRun handover = new HandoverRun(cluster);
            for (int time = 1; time <= times; time++) {
                Duration trickle = time == 1 ? FIRST_TRICKLE : TRICKLE;
                millis.add(graceful ? handover.once(trickle) : kill.once(trickle));
                out.println(ResultLine.empty()
                        .with("peer", ClusterRun.PEER)
                        .with("mode", graceful ? "handover" : "failover")
                        .with("disk", ClusterRun.fileSystem(plan.directory()))
                        .with("rep", time)
                        .with("variant", "-")
                        .with("jdk", Runtime.version().feature())
                        .with(graceful ? "handoverMs" : "failoverMs", millis.get(time - 1), 0));
            }
        }
        return millis;
    }

    private List<Double> theirs(String peer) throws InterruptedException {
        List<Double> millis = new ArrayList<>();
        for (int time = 1; time <= times; time++) {
            try (RunScope scope = new RunScope()) {
                ResultLine line = options.yardstick()
                        .failover(peer, options.plan(scope), scope)
                        .with("rep", time);
                out.println(line);
                millis.add(line.number("failoverMs"));
            }
        }
        return millis;
    }

    /** What people want to know of the times; a negative one stands for a failover that never came. */
    static String summary(List<Double> millis, boolean graceful) {
        double[] sorted = millis.stream()
                .mapToDouble(Double::doubleValue)
                .filter(each -> each >= 0)
                .sorted()
                .toArray();
        int never = millis.size() - sorted.length;
        String count = millis.size()
                + (graceful ? " handovers" : " failovers")
                + (never == 0 ? "" : ", " + never + " of them never came");
        if (sorted.length == 0) {
            return count;
        }
        String what = graceful ? "ms without a leader" : "ms from SIGKILL to the next acknowledged write";
        return count + "; " + what + ": min "
                + ResultTable.decimals(sorted[0], 0) + ", median " + ResultTable.decimals(median(sorted), 0) + ", max "
                + ResultTable.decimals(sorted[sorted.length - 1], 0);
    }

    private static double median(double[] sorted) {
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
