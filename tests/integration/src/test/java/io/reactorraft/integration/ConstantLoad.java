package io.reactorraft.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Clients that never rest: two write, each key once and under an idempotency key; one reads back what was acknowledged; one
 * watches everything, and goes on at another member where its stream ends. They leave the machine room for those who join.
 */
final class ConstantLoad implements AutoCloseable {

    private static final Duration SOON = ServerCluster.SOON;

    private final ServerCluster cluster;
    private final Map<String, Long> acknowledged = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<Long> watched = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<String> faults = new ConcurrentLinkedQueue<>();
    private final AtomicInteger keys = new AtomicInteger();
    private final AtomicLong highest = new AtomicLong();
    private final List<Thread> threads;
    private volatile List<String> endpoints;
    private volatile boolean writing = true;
    private volatile boolean watching = true;

    ConstantLoad(ServerCluster cluster, List<String> endpoints) {
        this.cluster = cluster;
        this.endpoints = endpoints;
        this.threads = List.of(
                thread("writer 1", this::write),
                thread("writer 2", this::write),
                thread("reader", this::read),
                thread("watcher", this::watch));
    }

    private static Thread thread(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    List<String> endpoints() {
        return endpoints;
    }

    /** From now on only these are asked. */
    void asks(List<String> ids) {
        endpoints = List.copyOf(ids);
    }

    void awaitMore(int writes) {
        int then = acknowledged.size();
        cluster.await(writes + " more writes", SOON, () -> acknowledged.size() >= then + writes);
    }

    /** No further writes; the watch goes on until it has seen the last one. */
    void stop() {
        writing = false;
        for (Thread writer : threads.subList(0, 3)) {
            join(writer);
        }
        cluster.await("last event", SOON, () -> watched.contains(highest.get()));
        watching = false;
    }

    void assertNothingIsLost(String asked) {
        assertThat(faults).isEmpty();
        ServerCluster.eachOf(acknowledged.keySet(), key -> {
            ServerCluster.Answer answer = cluster.readSoon(asked, key);
            assertThat(answer.status()).as(key).isEqualTo(200);
            assertThat(answer.header("etag")).as("written once").isEqualTo("\"" + acknowledged.get(key) + "\"");
        });
    }

    /** Every change has a revision of its own, so that the revisions tell of what was missed or came twice. */
    void assertWatchedOnce() {
        List<Long> seen = List.copyOf(watched);
        for (int i = 1; i < seen.size(); i++) {
            assertThat(seen.get(i)).as("after %d", seen.get(i - 1)).isEqualTo(seen.get(i - 1) + 1);
        }
        assertThat(seen).contains(highest.get());
    }

    private void write() {
        while (writing) {
            String key = "load/" + keys.incrementAndGet();
            String once = versionSeven();
            for (int attempt = 0; writing || attempt > 0; attempt++) {
                ServerCluster.Answer answer = put(attempt, key, once);
                if (answer != null && answer.status() == 200) {
                    long revision = answer.json().path("revision").asLong();
                    acknowledged.put(key, revision);
                    highest.accumulateAndGet(revision, Math::max);
                    ServerProcess.pause();
                    break;
                }
                if (answer != null && answer.status() < 500) {
                    faults.add("a write was answered " + answer);
                    return;
                }
                ServerProcess.pause();
            }
        }
    }

    private ServerCluster.@Nullable Answer put(int attempt, String key, String once) {
        List<String> now = endpoints;
        try {
            return cluster.put(now.get(attempt % now.size()), key, "value", "Idempotency-Key", once);
        } catch (IOException unreachable) {
            return null;
        }
    }

    private static String versionSeven() {
        long high = System.currentTimeMillis() << 16
                | 7 << 12
                | ThreadLocalRandom.current().nextInt(1 << 12);
        long low = Long.MIN_VALUE | ThreadLocalRandom.current().nextLong() >>> 2;
        return new UUID(high, low).toString();
    }

    private void read() {
        while (writing) {
            for (String key : acknowledged.keySet()) {
                List<String> now = endpoints;
                try {
                    ServerCluster.Answer answer =
                            cluster.read(now.get(ThreadLocalRandom.current().nextInt(now.size())), key);
                    if (answer.status() == 404
                            || (answer.status() == 200 && !answer.body().equals("value"))) {
                        faults.add(key + " was acknowledged, and a read answered " + answer);
                    }
                } catch (IOException unreachable) {
                    // a member that left, or has yet to come
                }
                ServerProcess.pause();
                if (!writing) {
                    return;
                }
            }
            ServerProcess.pause();
        }
    }

    private void watch() {
        long last = 0;
        for (int attempt = 0; watching; attempt++) {
            List<String> now = endpoints;
            try {
                last = follow(now.get(attempt % now.size()), last);
            } catch (IOException ended) {
                ServerProcess.pause();
            }
        }
    }

    /** One stream to its end; the last revision that was seen. */
    private long follow(String id, long last) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(cluster.uri(id, "/v1/watch?from=" + (last + 1)))
                .build();
        long seen = last;
        try {
            HttpResponse<java.io.InputStream> stream = cluster.http().send(request, BodyHandlers.ofInputStream());
            try (BufferedReader lines =
                    new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
                if (stream.statusCode() != 200) {
                    return seen;
                }
                long id0 = 0;
                for (String line = lines.readLine(); line != null && watching; line = lines.readLine()) {
                    if (line.startsWith("id: ")) {
                        id0 = Long.parseLong(line.substring(4));
                    } else if (line.startsWith("data: ") && id0 > seen) {
                        watched.add(id0);
                        seen = id0;
                    } else if (line.startsWith("data: ")) {
                        faults.add("event " + id0 + " after " + seen);
                    } else if (line.startsWith("event: lagged")) {
                        return seen;
                    }
                    if (!endpoints.contains(id)) {
                        return seen; // a stream of a member that left would tell nothing any more
                    }
                }
            } catch (IOException broken) {
                return seen;
            }
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
        return seen;
    }

    private static void join(Thread thread) {
        try {
            thread.join(SOON.multipliedBy(2).toMillis());
            assertThat(thread.isAlive()).as("a request hangs").isFalse();
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    @Override
    public void close() {
        writing = false;
        watching = false;
    }
}
