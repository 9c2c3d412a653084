package io.reactorraft.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What a follower that was away, and one with an empty disk, cost those who write meanwhile. */
@Command(
        name = "catch-up",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures the most that three real servers take, then writes half of that, each write when it is due. Meanwhile a "
                    + "follower is stopped for so many writes and started again, and then a new one joins with an empty disk.",
            "",
            "A write is in time where it is acknowledged within 1 s of when it was due; it is not tried again. The bar: 95 "
                    + "percent of all from the stop on are.",
            ""
        })
final class CatchUpCommand implements Callable<Integer> {
    private static final double BAR = 0.95;
    private static final double SETTLE_SECONDS = 0.5;
    private static final int FIRST = 3;
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    @Mixin
    private ServerOptions options = new ServerOptions();

    @Option(
            names = "--writes",
            paramLabel = "N",
            defaultValue = "200000",
            description = "For so many the follower is away (default: ${DEFAULT-VALUE}).")
    private long writes;

    @Option(
            names = "--seconds",
            paramLabel = "SECONDS",
            defaultValue = "10",
            description = "How long the maximum is measured, and half of it before anything happens (default: "
                    + "${DEFAULT-VALUE}).")
    private double seconds;

    private final PrintStream out;

    CatchUpCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() throws InterruptedException {
        options.validate();
        options.require(writes >= 1, "--writes must be 1 and more, got " + writes);
        options.require(seconds > 0 && seconds <= 3600, "--seconds must be up to 3600, got " + seconds);
        options.requireServer();
        try (RunScope scope = new RunScope()) {
            ServerClient client = options.client(scope);
            Servers servers = options.servers(scope, client, ClusterPlan.COMMON_FLAGS);
            servers.found(FIRST);
            measure(servers, new ServerWrites(client, options.size()));
        }
        return 0;
    }

    private void measure(Servers servers, ServerWrites writing) throws InterruptedException {
        String leader = servers.awaitLeader();
        String url = servers.url(leader);
        maximum(writing, url, options.warm());
        double most = maximum(writing, url, seconds);
        String follower = servers.ids().stream()
                .filter(id -> !id.equals(leader))
                .findFirst()
                .orElseThrow();
        try (OpenLoad load = new OpenLoad(() -> writing.to(() -> url), most / 2, ClusterOptions.MAX_IN_FLIGHT)) {
            load.begin();
            Pause.REAL.pass(NodeConsole.seconds(Double.toString(seconds)));
            OpenLoad.Phase before = load.enter("before");
            Pause.REAL.pass(NodeConsole.seconds(Double.toString(seconds)));
            OpenLoad.Phase away = load.enter("away");
            away(servers, load, follower);
            OpenLoad.Phase back = load.enter("back");
            restart(servers, leader, follower);
            OpenLoad.Phase joined = load.enter("join");
            join(servers, leader);
            load.enter("end");
            load.stop();
            for (OpenLoad.Phase phase : List.of(before, away, back, joined)) {
                out.println(line().with(phase.line()));
            }
            tell(most / 2, List.of(away, back, joined));
        }
    }

    private double maximum(ServerWrites writing, String url, double window) throws InterruptedException {
        if (window <= 0) {
            return Double.NaN;
        }
        LoadResult result = new LoadDriver(() -> writing.to(() -> url), Pause.REAL)
                .run(
                        options.inFlight(),
                        NodeConsole.seconds(Double.toString(SETTLE_SECONDS)),
                        NodeConsole.seconds(Double.toString(window)),
                        () -> {});
        out.println(line().with("phase", "maximum").with(result.line()));
        return result.operations() / (result.nanos() / 1e9);
    }

    private void away(Servers servers, OpenLoad load, String follower) throws InterruptedException {
        servers.stop(follower);
        long then = load.acknowledged();
        servers.await(writes + " writes", PATIENCE, () -> load.acknowledged() >= then + writes);
    }

    private void restart(Servers servers, String leader, String follower) throws InterruptedException {
        long begun = System.nanoTime();
        servers.restart(follower);
        awaitCaughtUp(servers, leader, follower);
        tellCaughtUp("follower", begun);
    }

    private void join(Servers servers, String leader) throws InterruptedException {
        String fresh = "n" + (FIRST + 1);
        long begun = System.nanoTime();
        servers.join(fresh, leader);
        awaitCaughtUp(servers, leader, fresh);
        servers.await("vote of " + fresh, PATIENCE, () -> servers.voters(leader).contains(fresh));
        tellCaughtUp("joiner", begun);
    }

    /** Until it has applied what was committed just before it was asked. */
    private void awaitCaughtUp(Servers servers, String leader, String behind) throws InterruptedException {
        servers.await("catching up of " + behind, PATIENCE, () -> {
            long committed = servers.number(leader, "commitIndex");
            JsonNode status = servers.status(behind);
            return committed > 0
                    && status != null
                    && status.path("appliedIndex").asLong() >= committed;
        });
    }

    private void tellCaughtUp(String who, long begun) {
        double took = (System.nanoTime() - begun) / 1e9;
        out.println(line().with("caughtUp", who).with("seconds", took, 2));
    }

    private void tell(double rate, List<OpenLoad.Phase> phases) {
        OpenLoad.Phase all = OpenLoad.Phase.sum(phases);
        out.println(line().with("writesPerSec", rate, 0)
                .with("inTimeShare", all.inTimeShare(), 4)
                .with("acknowledgedShare", all.acknowledgedShare(), 4)
                .with("longestGapMs", all.longestGapMillis(), 0)
                .with("bar", all.inTimeShare() >= BAR ? "held" : "MISSED"));
    }

    private static ResultLine line() {
        return ResultLine.empty().with("peer", ClusterRun.PEER).with("mode", "catch-up");
    }
}
