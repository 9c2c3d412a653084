package io.reactorraft.benchmarks;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** How long nothing is acknowledged while the members of a cluster change. */
@Command(
        name = "rolling",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Replaces all three members of a cluster of real servers, one after another, each by a new one with an empty disk, "
                    + "or takes three to five and back by one target; under writes that are tried again at another member "
                    + "where they fail, and prints the longest time without an acknowledged one.",
            "",
            "The bar: never a whole second.",
            ""
        })
final class RollingCommand implements Callable<Integer> {
    private static final double BAR_MILLIS = 1_000;
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration AGAIN = Duration.ofMillis(20);

    /** More than the bar, so that it hides nothing; soon enough to find that a member is gone without a word. */
    private static final Duration ANSWER = Duration.ofSeconds(3);

    @Mixin
    private ServerOptions options = new ServerOptions();

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "500",
            description = "Writes a second, each when it is due (default: ${DEFAULT-VALUE}).")
    private double rate;

    @Option(
            names = "--seconds",
            paramLabel = "SECONDS",
            defaultValue = "3",
            description = "Between two steps (default: ${DEFAULT-VALUE}).")
    private double seconds;

    @Option(
            names = "--times",
            paramLabel = "N",
            defaultValue = "2",
            description = "How often, each on a new cluster (default: ${DEFAULT-VALUE}).")
    private int times;

    private final PrintStream out;
    private final AtomicInteger asked = new AtomicInteger();
    private volatile List<String> urls = List.of();

    RollingCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() throws InterruptedException {
        options.validate();
        options.require(rate > 0 && rate <= 100_000, "--rate must be up to 100000, got " + rate);
        options.require(seconds >= 0 && seconds <= 3600, "--seconds must be 0 to 3600, got " + seconds);
        options.require(times >= 1 && times <= 1_000, "--times must be 1 to 1000, got " + times);
        options.requireServer();
        double worst = 0;
        for (int time = 0; time < times; time++) {
            worst = Math.max(worst, measure("replacement", this::replaceAll));
            worst = Math.max(worst, measure("reconcile", this::fiveAndThree));
        }
        out.println(line().with("longestGapMs", worst, 0).with("bar", worst < BAR_MILLIS ? "held" : "MISSED"));
        return 0;
    }

    /** What happens to the members. */
    private interface Steps {
        void take(Servers servers, ServerClient client) throws InterruptedException;
    }

    private double measure(String name, Steps steps) throws InterruptedException {
        try (RunScope scope = new RunScope()) {
            ServerClient client = options.client(scope);
            Servers servers = options.servers(scope, client, ClusterPlan.COMMON_FLAGS);
            servers.found(3);
            ask(servers, servers.ids());
            ServerWrites writes = new ServerWrites(client, options.size());
            try (OpenLoad load = new OpenLoad(() -> repeated(writes), rate, ClusterOptions.MAX_IN_FLIGHT)) {
                load.begin();
                Pause.REAL.pass(NodeConsole.seconds(Double.toString(options.warm())));
                OpenLoad.Phase before = load.enter("before");
                rest();
                OpenLoad.Phase changing = load.enter(name);
                steps.take(servers, client);
                rest();
                load.enter("end");
                load.stop();
                out.println(line().with(before.line()));
                out.println(line().with(changing.line()));
                return changing.longestGapMillis();
            }
        }
    }

    /** A client's write: where it fails or is not answered it is made once more, at the next member. */
    private Mono<String> repeated(ServerWrites writes) {
        return writes.to(() -> {
                    List<String> now = urls;
                    return now.get(Math.floorMod(asked.get(), now.size()));
                })
                .timeout(ANSWER)
                .doOnError(failed -> asked.incrementAndGet())
                .retryWhen(Retry.fixedDelay(PATIENCE.dividedBy(AGAIN), AGAIN));
    }

    private void ask(Servers servers, List<String> ids) {
        urls = ids.stream().map(servers::url).toList();
    }

    private void rest() throws InterruptedException {
        Pause.REAL.pass(NodeConsole.seconds(Double.toString(seconds)));
    }

    private void replaceAll(Servers servers, ServerClient client) throws InterruptedException {
        List<String> now = new ArrayList<>(servers.ids());
        for (int i = 1; i <= 3; i++) {
            String old = "n" + i;
            String fresh = "n" + (i + 3);
            String seed = now.get(now.size() - 1);
            servers.join(fresh, seed);
            now.add(fresh);
            awaitVoters(servers, seed, now);
            now.remove(old);
            ask(servers, now);
            insist(client.delete(servers.url(seed) + "/v1/members/" + old));
            awaitGone(servers, old);
            awaitVoters(servers, seed, now);
            rest();
        }
    }

    private void fiveAndThree(Servers servers, ServerClient client) throws InterruptedException {
        servers.join("n4", "n1");
        servers.join("n5", "n2");
        awaitVoters(servers, "n1", List.of("n1", "n2", "n3", "n4", "n5"));
        rest();
        List<String> rest = List.of("n1", "n4", "n5");
        ask(servers, rest);
        String target = rest.stream()
                .map(id -> "{\"id\":\"" + id + "\",\"address\":\"" + servers.peerAddress(id) + "\"}")
                .collect(Collectors.joining(",", "[", "]"));
        insist(client.putJson(servers.url("n4") + "/v1/members", target));
        for (String old : List.of("n2", "n3")) {
            awaitGone(servers, old);
        }
        awaitVoters(servers, "n4", rest);
    }

    /** A change may be asked for again where it was not done, or nobody knows. */
    private static void insist(Mono<String> change) {
        change.retryWhen(Retry.fixedDelay(PATIENCE.dividedBy(AGAIN), AGAIN)).block(PATIENCE);
    }

    private static void awaitVoters(Servers servers, String asked, List<String> ids) throws InterruptedException {
        List<String> wanted = ids.stream().sorted().toList();
        servers.await("voters " + wanted, PATIENCE, () -> servers.voters(asked).equals(wanted));
    }

    private static void awaitGone(Servers servers, String id) throws InterruptedException {
        servers.await("end of " + id, PATIENCE, () -> !servers.alive(id));
    }

    private static ResultLine line() {
        return ResultLine.empty().with("peer", ClusterRun.PEER).with("mode", "rolling");
    }
}
