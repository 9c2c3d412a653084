package io.reactorraft.torture;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * A client that watches a prefix, at one node after the other: where a stream ends, or after some seconds, it goes on
 * elsewhere behind the last revision that it was told of, and where that is forgotten it reads all entries and begins again.
 */
final class Watcher implements Runnable {
    private static final Duration CONNECT = Duration.ofSeconds(1);

    /** A stream says something every fifteen seconds, and is open at once; a node stands still for five of them. */
    private static final Duration OPENED = Duration.ofSeconds(60);

    private static final int LONGEST_STREAM_MILLIS = 12_000;
    private static final long REDIAL_MILLIS = 100;

    private final WatchLog log;
    private final Supplier<List<String>> urls;
    private final SplittableRandom random;
    private final StoreClient store;
    private final Finding finding;
    private final ScheduledExecutorService timer;
    private final List<Forgotten> forgotten = new ArrayList<>();
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build();
    private volatile boolean over;
    private final AtomicInteger streams = new AtomicInteger();

    /** A node said that this revision is forgotten, and could not be asked whether that is so. */
    private record Forgotten(String url, long revision) {}

    Watcher(
            WatchLog log,
            Supplier<List<String>> urls,
            SplittableRandom random,
            StoreClient store,
            Finding finding,
            ScheduledExecutorService timer) {
        this.log = log;
        this.urls = urls;
        this.random = random;
        this.store = store;
        this.finding = finding;
        this.timer = timer;
    }

    WatchLog log() {
        return log;
    }

    /** Streams that were opened. */
    int streams() {
        return streams.get();
    }

    /** Ends with its stream. */
    void end() {
        over = true;
    }

    @Override
    public void run() {
        try {
            while (!over) {
                List<String> now = urls.get();
                if (!now.isEmpty()) {
                    follow(now.get(random.nextInt(now.size())));
                }
                TimeUnit.MILLISECONDS.sleep(REDIAL_MILLIS);
            }
        } catch (ViolationException violation) {
            finding.report(violation);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** One stream, to its end or until it was long enough. */
    private void follow(String url) throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/v1/watch?prefix=" + log.prefix()))
                .header("Accept", "text/event-stream")
                .header("Last-Event-ID", Long.toString(log.until()))
                .timeout(OPENED)
                .build();
        try {
            HttpResponse<InputStream> stream = http.send(request, BodyHandlers.ofInputStream());
            try (InputStream body = stream.body()) {
                if (stream.statusCode() != 200) {
                    refused(url, stream.statusCode(), new String(body.readAllBytes(), StandardCharsets.UTF_8));
                    return;
                }
                streams.incrementAndGet();
                log.opened();
                read(body);
            }
        } catch (IOException lost) {
            // it was killed, or hung up on
        }
    }

    private void read(InputStream body) throws IOException {
        int millis = random.nextInt(LONGEST_STREAM_MILLIS);
        ScheduledFuture<?> hangUp = timer.schedule(() -> close(body), millis, TimeUnit.MILLISECONDS);
        try {
            BufferedReader lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
            for (String line = lines.readLine(); line != null && !over; line = lines.readLine()) {
                if (!log.line(line)) {
                    return;
                }
            }
        } finally {
            hangUp.cancel(false);
        }
    }

    private static void close(InputStream body) {
        try {
            body.close();
        } catch (IOException closed) {
            // so it is
        }
    }

    private void refused(String url, int status, String problem) throws InterruptedException {
        if (status == 503) {
            return; // too many watches, or it is about to stop
        }
        if (status != 410 || !problem.contains(":compacted\"")) {
            throw new ViolationException(log + " was told of everything up to " + log.until() + ", and is answered "
                    + status + " " + problem);
        }
        long next = log.until() + 1;
        Long compacted = store.number(url, "compactedRevision");
        if (compacted == null) {
            forgotten.add(new Forgotten(url, next));
        } else {
            requireForgotten(url, next, compacted);
        }
        while (!over) {
            List<String> now = urls.get();
            StoreClient.Content content = store.range(now.get(random.nextInt(now.size())), log.prefix());
            if (content != null) {
                log.restart(content.revision(), content.entries());
                return;
            }
            TimeUnit.MILLISECONDS.sleep(REDIAL_MILLIS);
        }
    }

    /** Whether what was said to be forgotten is so: what is once stays so. */
    void checkForgotten(long compacted) {
        forgotten.forEach(each -> requireForgotten(each.url, each.revision, compacted));
    }

    private void requireForgotten(String url, long revision, long compacted) {
        if (revision > compacted) {
            throw new ViolationException(log + " was told by " + url + " that revision " + revision
                    + " is forgotten, and all that is are those up to " + compacted);
        }
    }
}
