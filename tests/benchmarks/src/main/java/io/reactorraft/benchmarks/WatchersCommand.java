package io.reactorraft.benchmarks;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What streams to clients cost a real server, and those who write. */
@Command(
        name = "watchers",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Opens watches and streams of leadership at one of three real servers, and measures memory a stream and writes a "
                    + "second without them, with them, and with one more watch on everything whose reader stalls.",
            "",
            "Each watch is on a prefix of its own, and one key that all share is changed once a second; at the end each gets one "
                    + "event of its own. The bars: 20 KiB a stream, eight tenths of the rate without. Server and client "
                    + "each need a file handle a stream and some: see 'ulimit -Hn'.",
            ""
        })
final class WatchersCommand implements Callable<Integer> {
    private static final double BAR_BYTES = 20 << 10;
    private static final double BAR_RATE = 0.8;
    private static final Duration SHARED_EVERY = Duration.ofSeconds(1);
    private static final Duration DELIVERED = Duration.ofSeconds(30);
    private static final int MAX_STREAMS = 25_000;

    @Mixin
    private ServerOptions options = new ServerOptions();

    @Option(names = "--watches", paramLabel = "N", defaultValue = "5000", description = "Default: ${DEFAULT-VALUE}.")
    private int watches;

    @Option(
            names = "--leadership",
            paramLabel = "N",
            defaultValue = "5000",
            description = "Streams of leadership (default: ${DEFAULT-VALUE}).")
    private int leadership;

    @Option(
            names = "--on",
            paramLabel = "leader|follower",
            defaultValue = "leader",
            description = "Where the streams are; writes go to the leader (default: ${DEFAULT-VALUE}).")
    private String place = "";

    @Option(
            names = "--prefix",
            paramLabel = "own|shared",
            defaultValue = "own",
            description = "shared: all of them watch the key that changes once a second (default: ${DEFAULT-VALUE}).")
    private String prefix = "";

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "2",
            description = "How often each is measured (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "SECONDS",
            defaultValue = "8",
            description = "How long each is measured (default: ${DEFAULT-VALUE}).")
    private double seconds;

    private final PrintStream out;

    WatchersCommand(PrintStream out) {
        this.out = out;
    }

    /** Who is loaded, and where the streams are. */
    private record Stage(Servers servers, ServerClient client, ServerWrites writes, String leader, String watched) {
        String watchedUrl() {
            return servers.url(watched);
        }
    }

    /** All that is open. */
    private record Crowds(StreamCrowd watching, StreamCrowd following) {
        void close() {
            watching.close();
            following.close();
        }
    }

    @Override
    public Integer call() throws InterruptedException {
        options.validate();
        options.require(watches >= 1 && watches <= MAX_STREAMS, "--watches must be 1 to " + MAX_STREAMS);
        options.require(leadership >= 0 && leadership <= MAX_STREAMS, "--leadership must be 0 to " + MAX_STREAMS);
        options.require(List.of("leader", "follower").contains(place), "--on must be leader or follower, got " + place);
        options.require(List.of("own", "shared").contains(prefix), "--prefix must be own or shared, got " + prefix);
        options.require(rounds >= 1 && rounds <= 1_000, "--rounds must be 1 to 1000, got " + rounds);
        options.require(seconds > 0 && seconds <= 3600, "--seconds must be up to 3600, got " + seconds);
        options.requireServer();
        try (RunScope scope = new RunScope()) {
            ServerClient client = options.client(scope);
            Servers servers = options.servers(scope, client, ServerMemory.FLAGS);
            servers.found(3);
            String leader = servers.awaitLeader();
            String watched = place.equals("leader")
                    ? leader
                    : servers.ids().stream()
                            .filter(id -> !id.equals(leader))
                            .findFirst()
                            .orElseThrow();
            measure(new Stage(servers, client, new ServerWrites(client, options.size()), leader, watched));
        }
        return 0;
    }

    private void measure(Stage stage) throws InterruptedException {
        rate(stage, options.warm());
        List<Double> without = new ArrayList<>();
        List<Double> with = new ArrayList<>();
        List<Double> stalled = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            without.add(rate(stage, seconds));
            Crowds crowds = gather(stage);
            Disposable shared = changeShared(stage);
            try {
                with.add(rate(stage, seconds));
                stalled.add(rateBesideStalled(stage));
            } finally {
                shared.dispose();
            }
            tellDelivery(stage, crowds);
            crowds.close();
        }
        without.add(rate(stage, seconds));
        out.println(line().with("withoutPerSec", median(without), 0)
                .with("withPerSec", median(with), 0)
                .with("stalledPerSec", median(stalled), 0)
                .with("ratio", median(with) / median(without), 3)
                .with("stalledRatio", median(stalled) / median(with), 3)
                .with("bar", median(with) >= BAR_RATE * median(without) ? "held" : "MISSED"));
    }

    /** Writes a second, acknowledged to this process. */
    private double rate(Stage stage, double window) throws InterruptedException {
        if (window <= 0) {
            return Double.NaN;
        }
        String url = stage.servers().url(stage.leader());
        LoadResult result = new LoadDriver(() -> stage.writes().to(() -> url), Pause.REAL)
                .run(
                        options.inFlight(),
                        Duration.ofMillis(500),
                        NodeConsole.seconds(Double.toString(window)),
                        () -> {});
        out.println(line().with(result.line()));
        return result.operations() / (result.nanos() / 1e9);
    }

    private double rateBesideStalled(Stage stage) throws InterruptedException {
        StalledReader reader = StalledReader.at(stage.servers().httpPort(stage.watched()));
        try {
            return rate(stage, seconds);
        } finally {
            reader.close();
        }
    }

    private Disposable changeShared(Stage stage) {
        String url = stage.servers().url(stage.leader());
        return Flux.interval(SHARED_EVERY)
                .onBackpressureDrop()
                .concatMap(second -> stage.client()
                        .put(url, "shared", new byte[options.size()])
                        .onErrorResume(failed -> Mono.empty()))
                .subscribe();
    }

    /** Opens all streams, and tells what each of them takes. */
    private Crowds gather(Stage stage) throws InterruptedException {
        long pid = stage.servers().pid(stage.watched());
        ServerMemory before = ServerMemory.of(pid);
        Crowds crowds = new Crowds(new StreamCrowd(stage.client()), new StreamCrowd(stage.client()));
        crowds.watching()
                .open(IntStream.range(0, watches)
                        .mapToObj(i -> stage.watchedUrl() + "/v1/watch?prefix=" + prefixOf(i))
                        .toList());
        ServerMemory watched = ServerMemory.of(pid);
        tellMemory("watch", before, watched, watches);
        if (leadership > 0) {
            crowds.following()
                    .open(IntStream.range(0, leadership)
                            .mapToObj(i -> stage.watchedUrl() + "/v1/leadership")
                            .toList());
            tellMemory("leadership", watched, ServerMemory.of(pid), leadership);
        }
        return crowds;
    }

    private String prefixOf(int watch) {
        return prefix.equals("own") ? "own/" + watch + "/key" : "shared";
    }

    private void tellMemory(String stream, ServerMemory before, ServerMemory after, int count) {
        double heap = after.heapEach(before, count);
        double outside = after.outsideEach(before, count);
        out.println(line().with("stream", stream)
                .with("count", count)
                .with("heapBytesEach", heap, 0)
                .with("outsideBytesEach", outside, 0)
                .with("bytesEach", heap + outside, 0)
                .with("bar", heap + outside < BAR_BYTES ? "held" : "MISSED"));
    }

    /** Each watch is to have had one event more, and the streams of leadership none, as nobody was elected. */
    private void tellDelivery(Stage stage, Crowds crowds) throws InterruptedException {
        Pause.REAL.pass(SHARED_EVERY); // the last change of the shared key may still be on its way
        List<Integer> watched = crowds.watching().seen();
        List<Integer> followed = crowds.following().seen();
        String url = stage.servers().url(stage.leader());
        Flux.range(0, prefix.equals("own") ? watches : 1)
                .flatMap(i -> stage.client().put(url, prefixOf(i), new byte[options.size()]), options.inFlight())
                .then()
                .block();
        tell("watch", crowds.watching().await(watched, 1, DELIVERED));
        tell("leadership", crowds.following().await(followed, 0, DELIVERED));
    }

    private void tell(String stream, StreamCrowd.Delivery delivery) {
        out.println(line().with("stream", stream)
                .with("count", delivery.streams())
                .with("missedOrDoubled", delivery.wrong())
                .with("endedByThemselves", delivery.ended())
                .with("firstEnd", delivery.firstEnd()));
    }

    private ResultLine line() {
        return ResultLine.empty()
                .with("peer", ClusterRun.PEER)
                .with("mode", "watchers")
                .with("on", place)
                .with("prefix", prefix);
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
