package io.reactorraft.server.http;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.reactorraft.server.FakeNode;
import io.reactorraft.server.HostPort;
import io.reactorraft.server.api.Gate;
import io.reactorraft.server.api.Replica;
import io.reactorraft.server.kv.KeyValueStore;
import io.reactorraft.server.kv.Watches;
import io.reactorraft.server.metrics.ServerMetrics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.client.HttpClient;

/** A real server on a free port around a {@link FakeNode}, and a real client. */
final class HttpFixture implements AutoCloseable {

    static final Duration SOON = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();

    final KeyValueStore store = new KeyValueStore();
    final FakeNode node = new FakeNode(store);
    final Scheduler watchThread = Schedulers.newSingle("test-watch", true);
    final Watches watches = new Watches(store, watchThread);
    final ServerMetrics metrics = new ServerMetrics("1.2.3");
    final Gate gate = new Gate();
    final HttpApi api;

    HttpFixture() {
        this(SOON, HttpSettings.Limits.DEFAULTS);
    }

    HttpFixture(Duration requestTimeout, HttpSettings.Limits limits) {
        HttpSettings settings =
                new HttpSettings(new HostPort("127.0.0.1", 0), Set.of("db.example.org"), requestTimeout, limits);
        api = requireNonNull(HttpApi.open(settings, gate, "1.2.3", metrics).block(SOON));
    }

    /** Lets requests in. */
    HttpFixture running() {
        Replica replica = new Replica(node, store, watches, "test");
        metrics.show(replica);
        gate.open(replica);
        return this;
    }

    HttpClient client() {
        return HttpClient.newConnection().baseUrl("http://" + api.address()).responseTimeout(SOON);
    }

    Response get(String path, String... headers) {
        return send("GET", path, "", headers);
    }

    Response put(String path, String body, String... headers) {
        return send("PUT", path, body, headers);
    }

    Response delete(String path, String... headers) {
        return send("DELETE", path, "", headers);
    }

    Response send(String method, String path, String body, String... headers) {
        return requireNonNull(exchange(method, path, body, headers).block(SOON));
    }

    Mono<Response> exchange(String method, String path, String body, String... headers) {
        HttpClient.RequestSender request = client().headers(all -> {
                    for (int i = 0; i < headers.length; i += 2) {
                        if (headers[i].equalsIgnoreCase("host")) {
                            all.set(headers[i], headers[i + 1]);
                        } else {
                            all.add(headers[i], headers[i + 1]);
                        }
                    }
                })
                .request(HttpMethod.valueOf(method))
                .uri(path);
        HttpClient.ResponseReceiver<?> response = body.isEmpty()
                ? request
                : request.send(Mono.fromSupplier(() -> Unpooled.copiedBuffer(body, StandardCharsets.UTF_8)));
        return response.responseSingle((head, content) -> content.asByteArray()
                .defaultIfEmpty(new byte[0])
                .map(bytes -> new Response(head.status().code(), head.responseHeaders(), bytes)));
    }

    /**
     * The answer of a request that came as far as the node: one whose time was over before, on a machine that stood still
     * in the meantime, is made again.
     *
     * @param asked whether the node was asked
     */
    static Response reaching(AtomicBoolean asked, Supplier<Response> request) {
        for (int attempt = 0; attempt < 20; attempt++) {
            asked.set(false);
            Response response = request.get();
            if (asked.get()) {
                return response;
            }
        }
        throw new AssertionError("the node was never asked");
    }

    /** Never completes, and tells that it was subscribed to. */
    static <T> Mono<T> neverTelling(AtomicBoolean asked) {
        return Mono.<T>never().doOnSubscribe(subscription -> asked.set(true));
    }

    @Override
    public void close() {
        api.close().block(SOON);
        watches.close();
        metrics.close();
        watchThread.dispose();
    }

    /** What came back. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Response(int status, HttpHeaders headers, byte[] bytes) {

        String body() {
            return new String(bytes, StandardCharsets.UTF_8);
        }

        String header(String name) {
            return headers.get(name, "");
        }

        JsonNode json() {
            try {
                return JSON.readTree(bytes);
            } catch (IOException garbled) {
                throw new AssertionError("not JSON: " + body(), garbled);
            }
        }

        /** Checks the whole shape of a problem. */
        JsonNode isProblem(int expectedStatus, String type, String applied) {
            assertThat(status).as(body()).isEqualTo(expectedStatus);
            assertThat(header("content-type")).isEqualTo("application/problem+json");
            assertThat(header("content-length")).isEqualTo(Integer.toString(bytes.length));
            JsonNode problem = json();
            assertThat(problem.path("type").asText()).isEqualTo("urn:reactor-raft:problem:" + type);
            assertThat(problem.path("status").asInt()).isEqualTo(expectedStatus);
            assertThat(problem.path("title").asText()).isNotBlank();
            assertThat(problem.path("detail").asText()).isNotBlank();
            assertThat(problem.path("applied").asText()).isEqualTo(applied);
            return problem;
        }
    }
}
