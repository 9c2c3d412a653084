package io.reactorraft.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Many streams of events at one server, each on a connection of its own.
 *
 * <p><b>Threads.</b> One caller.
 */
final class StreamCrowd {

    /** So many are opened at once, lest the server's queue of connections overflows. */
    private static final int AT_ONCE = 64;

    private static final Duration OPENED = Duration.ofSeconds(90);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final Duration TWICE = Duration.ofSeconds(1);

    private final ServerClient client;
    private final List<EventLines> lines = new ArrayList<>();
    private final Disposable.Composite connections = Disposables.composite();
    private final AtomicInteger ended = new AtomicInteger();
    private final AtomicReference<@Nullable String> firstEnd = new AtomicReference<>();

    StreamCrowd(ServerClient client) {
        this.client = client;
    }

    /** Opens a stream at each of these; returns once each has shown where it begins. */
    void open(List<String> urls) {
        Flux.fromIterable(urls).flatMap(this::opened, AT_ONCE).then().block(OPENED);
    }

    private Mono<Void> opened(String url) {
        EventLines own = new EventLines();
        lines.add(own);
        Sinks.Empty<Void> begun = Sinks.empty();
        connections.add(client.stream(url, own)
                .subscribe(
                        read -> {
                            if (read.ids() + read.data() > 0) {
                                begun.tryEmitEmpty();
                            }
                        },
                        failed -> end(begun, failed),
                        () -> end(begun, new BenchmarkException("a stream ended"))));
        return begun.asMono();
    }

    private void end(Sinks.Empty<Void> begun, Throwable why) {
        ended.incrementAndGet();
        firstEnd.compareAndSet(null, why.toString());
        begun.tryEmitError(why);
    }

    /** How many events each has had by now. */
    List<Integer> seen() {
        return lines.stream().map(EventLines::data).toList();
    }

    /** Waits until each has had {@code more} events than it had seen then, and a moment longer for those that come twice. */
    Delivery await(List<Integer> seen, int more, Duration longest) throws InterruptedException {
        long end = System.nanoTime() + longest.toNanos();
        while (System.nanoTime() < end && wrong(seen, more) > 0) {
            Pause.REAL.pass(POLL);
        }
        Pause.REAL.pass(TWICE);
        return new Delivery(lines.size(), wrong(seen, more), ended.get(), String.valueOf(firstEnd.get()));
    }

    private long wrong(List<Integer> seen, int more) {
        return IntStream.range(0, lines.size())
                .filter(i -> lines.get(i).data() != seen.get(i) + more)
                .count();
    }

    /**
     * What became of the events.
     *
     * @param wrong streams that missed events, or had one twice
     * @param ended streams that are open no more, which nobody asked for
     */
    record Delivery(int streams, long wrong, int ended, String firstEnd) {}

    void close() {
        connections.dispose();
    }
}
