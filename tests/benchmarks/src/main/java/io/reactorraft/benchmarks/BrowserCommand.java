package io.reactorraft.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** Whether a browser's own {@code EventSource} misses anything while a cluster goes through trouble. */
@Command(
        name = "browser",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Has a headless Chromium follow a watch and the leadership at a follower of three real servers, while keys change, "
                    + "through an election, a restart of the very server that it follows, and a compaction of log and history.",
            "",
            "It must come back by itself each time, and be told of every change once, in order. Exits with 1 where it is not.",
            ""
        })
final class BrowserCommand implements Callable<Integer> {
    private static final String PREFIX = "browser/";
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    /** Few enough that a restart does not outlast the shortest history. */
    private static final Duration BETWEEN_WRITES = Duration.ofMillis(50);

    private static final Duration AGAIN = Duration.ofMillis(50);

    /** The shortest history that a store can be set to, and writes that go far beyond it. */
    private static final int HISTORY = 1_000;

    private static final int WRITES_TO_COMPACT = 3 * HISTORY;
    private static final int VALUE_BYTES = 16;
    private static final int AT_ONCE = 4;
    private static final int WRITES_BETWEEN = 20;

    @Mixin
    private ServerOptions options = new ServerOptions();

    @Option(
            names = "--chromium",
            paramLabel = "PROGRAM",
            defaultValue = "chromium-headless-shell",
            description = "The browser (default: ${DEFAULT-VALUE}).")
    private String chromium = "";

    private final PrintStream out;
    private final ConcurrentSkipListSet<Long> acknowledged = new ConcurrentSkipListSet<>();
    private final AtomicInteger asked = new AtomicInteger();
    private volatile List<String> urls = List.of();

    BrowserCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() throws InterruptedException {
        options.validate();
        options.requireServer();
        try (RunScope scope = new RunScope()) {
            ServerClient client = options.client(scope);
            Servers servers = options.servers(scope, client, ClusterPlan.COMMON_FLAGS);
            servers.found(3);
            urls = servers.ids().stream().map(servers::url).toList();
            String followed = otherThan(servers, servers.awaitLeader());
            BrowserPage page = BrowserPage.of(servers.url(followed), PREFIX);
            scope.atEnd(page::close);
            Process browser = browse(page.url(), options.folder(scope));
            scope.atEnd(browser::destroyForcibly);
            return measure(servers, client, page, followed) ? 0 : 1;
        }
    }

    private static String otherThan(Servers servers, String leader) {
        return servers.ids().stream()
                .filter(id -> !id.equals(leader))
                .findFirst()
                .orElseThrow();
    }

    /** Pages of other origins may not read a server's answers, unless whoever starts the browser says so. */
    private Process browse(String url, Path profile) {
        List<String> command = new ArrayList<>(List.of(chromium, "--headless", "--no-sandbox", "--disable-gpu"));
        command.addAll(List.of("--disable-web-security", "--user-data-dir=" + profile.resolve("profile")));
        command.addAll(List.of("--remote-debugging-port=0", url));
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(profile.resolve("browser.log").toFile())
                    .start();
        } catch (IOException failed) {
            throw new BenchmarkException("cannot start " + chromium + ": name it with --chromium", failed);
        }
    }

    private boolean measure(Servers servers, ServerClient client, BrowserPage page, String followed)
            throws InterruptedException {
        servers.await("stream in the browser", PATIENCE, () -> count(page, "watch", "open"::equals) > 0);
        Disposable writes = write(client);
        try {
            awaitWrites(servers, WRITES_BETWEEN);
            String old = servers.awaitLeader();
            servers.kill(old);
            servers.await("news of the election in the browser", PATIENCE, () -> showsAnother(page, old));
            awaitWrites(servers, WRITES_BETWEEN);
            servers.restart(old);
            restart(servers, page, followed);
            awaitWrites(servers, WRITES_BETWEEN);
            compact(servers, client, followed);
            restart(servers, page, followed);
            awaitWrites(servers, WRITES_BETWEEN);
        } finally {
            writes.dispose();
        }
        Pause.REAL.pass(Duration.ofSeconds(1)); // a write that was on its way
        servers.await("last change in the browser", PATIENCE, () -> seen(page).contains(acknowledged.last()));
        return tell(page);
    }

    /** The server that the browser follows ends and comes back: so must both of its streams. */
    private static void restart(Servers servers, BrowserPage page, String followed) throws InterruptedException {
        long watches = count(page, "watch", "open"::equals);
        long leaderships = count(page, "leadership", "open"::equals);
        servers.stop(followed);
        servers.restart(followed);
        servers.await(
                "browser that is back",
                PATIENCE,
                () -> count(page, "watch", "open"::equals) > watches
                        && count(page, "leadership", "open"::equals) > leaderships);
    }

    private void compact(Servers servers, ServerClient client, String followed) throws InterruptedException {
        insist(client.putJson(servers.url(followed) + "/v1/settings", "{\"history\":" + HISTORY + "}"));
        Flux.range(0, WRITES_TO_COMPACT)
                .flatMap(number -> put(client, "burst-" + number), AT_ONCE)
                .doOnNext(acknowledged::add)
                .then()
                .block(PATIENCE);
        for (String id : servers.ids()) {
            insist(client.postJson(servers.url(id) + "/v1/snapshot", "{}"));
        }
        servers.await("compaction", PATIENCE, () -> servers.number(followed, "compactedRevision") > 0);
    }

    private Disposable write(ServerClient client) {
        return Flux.interval(BETWEEN_WRITES)
                .onBackpressureDrop()
                .concatMap(number -> put(client, Long.toString(number)))
                .subscribe(acknowledged::add);
    }

    /** The revision of a write, which is made again, elsewhere, where nobody knows whether it was. */
    private Mono<Long> put(ServerClient client, String key) {
        return Mono.defer(() -> client.put(url(), PREFIX + key, new byte[VALUE_BYTES]))
                .map(answer -> Servers.parse(answer).path("revision").asLong())
                .doOnError(failed -> asked.incrementAndGet())
                .retryWhen(Retry.fixedDelay(Long.MAX_VALUE, AGAIN));
    }

    private String url() {
        List<String> now = urls;
        return now.get(Math.floorMod(asked.get(), now.size()));
    }

    private void awaitWrites(Servers servers, int more) throws InterruptedException {
        int then = acknowledged.size();
        servers.await(more + " more writes", PATIENCE, () -> acknowledged.size() >= then + more);
    }

    private static void insist(Mono<String> change) {
        change.retryWhen(Retry.fixedDelay(PATIENCE.dividedBy(AGAIN), AGAIN)).block(PATIENCE);
    }

    private static long count(BrowserPage page, String stream, Predicate<String> report) {
        return page.reports(stream).stream().filter(report).count();
    }

    private static boolean showsAnother(BrowserPage page, String old) {
        List<JsonNode> values = page.reports("leadership").stream()
                .filter(report -> report.startsWith("message "))
                .map(report -> Servers.parse(report.substring(report.indexOf('{'))))
                .toList();
        String last = values.isEmpty()
                ? ""
                : values.get(values.size() - 1).path("leader").asText("");
        return !last.isEmpty() && !last.equals("null") && !last.equals(old);
    }

    /** Revisions of the changes that it was told of, in that order. */
    private static List<Long> seen(BrowserPage page) {
        return page.reports("watch").stream()
                .filter(report -> report.startsWith("put "))
                .map(report -> Long.parseLong(report.split(" ", -1)[1]))
                .toList();
    }

    private boolean tell(BrowserPage page) {
        List<Long> seen = seen(page);
        Set<Long> once = new HashSet<>(seen);
        long missed = acknowledged.stream()
                .filter(revision -> !once.contains(revision))
                .count();
        long notBehind = 0;
        for (int i = 1; i < seen.size(); i++) {
            notBehind += seen.get(i) > seen.get(i - 1) ? 0 : 1;
        }
        long gaveUp = count(page, "watch", "closed"::equals) + count(page, "leadership", "closed"::equals);
        boolean held = !seen.isEmpty() && missed == 0 && notBehind == 0 && gaveUp == 0;
        out.println(ResultLine.empty()
                .with("peer", ClusterRun.PEER)
                .with("mode", "browser")
                .with("writes", acknowledged.size())
                .with("events", seen.size())
                .with("missed", missed)
                .with("againOrOutOfOrder", notBehind)
                .with("opened", count(page, "watch", "open"::equals))
                .with("gaveUp", gaveUp)
                .with("lagged", count(page, "watch", report -> report.startsWith("lagged")))
                .with("bar", held ? "held" : "MISSED"));
        return held;
    }
}
