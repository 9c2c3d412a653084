package io.reactorraft.benchmarks;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

/**
 * A client of {@code raft-server} on few threads.
 *
 * <p><b>Threads.</b> Any; answers come on the client's own, and must not block them.
 */
final class ServerClient implements AutoCloseable {

    /** A server answers within its request timeout of 10 s, unless it is gone. */
    private static final Duration ANSWER = Duration.ofSeconds(12);

    private static final Duration CONNECT = Duration.ofSeconds(2);
    private static final Duration CLOSE = Duration.ofSeconds(5);

    /** Requests wait for a connection no longer than for their answers, so that these are bounded too. */
    private static final int MAX_WAITING = 1 << 20;

    private static final int MAX_STREAMS = 50_000;

    private final LoopResources loops;
    private final ConnectionProvider requestConnections;
    private final ConnectionProvider streamConnections;
    private final HttpClient requests;
    private final HttpClient streams;

    /** @param connections for requests to one server at once */
    ServerClient(int threads, int connections) {
        this.loops = LoopResources.create("benchmark-client", threads, true);
        this.requestConnections = ConnectionProvider.builder("requests")
                .maxConnections(connections)
                .pendingAcquireMaxCount(MAX_WAITING)
                .pendingAcquireTimeout(ANSWER)
                .build();
        this.streamConnections = ConnectionProvider.builder("streams")
                .maxConnections(MAX_STREAMS)
                .build();
        this.requests = client(requestConnections).responseTimeout(ANSWER);
        this.streams = client(streamConnections);
    }

    private HttpClient client(ConnectionProvider connections) {
        return HttpClient.create(connections).runOn(loops).option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                CONNECT.toMillis());
    }

    /** Completes with the answer once the write is acknowledged; whatever else is answered is an error. */
    Mono<String> put(String url, String key, byte[] value) {
        return requests.put()
                .uri(url + "/v1/kv/" + key)
                .send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(value)))
                .responseSingle((response, body) -> answer(response.status().code(), body.asString()));
    }

    /** The body of the answer; whatever is not 200 is an error. */
    Mono<String> get(String url) {
        return requests.get()
                .uri(url)
                .responseSingle((response, body) -> answer(response.status().code(), body.asString()));
    }

    /** As {@link #get}, for a request that changes something. */
    Mono<String> delete(String url) {
        return requests.delete()
                .uri(url)
                .responseSingle((response, body) -> answer(response.status().code(), body.asString()));
    }

    /** As {@link #get}, with a document. */
    Mono<String> putJson(String url, String json) {
        return json(HttpMethod.PUT, url, json);
    }

    /** As {@link #get}, with a document. */
    Mono<String> postJson(String url, String json) {
        return json(HttpMethod.POST, url, json);
    }

    private Mono<String> json(HttpMethod method, String url, String json) {
        return requests.headers(headers -> headers.set("Content-Type", "application/json"))
                .request(method)
                .uri(url)
                .send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(json.getBytes(StandardCharsets.UTF_8))))
                .responseSingle((response, body) -> answer(response.status().code(), body.asString()));
    }

    private static Mono<String> answer(int status, Mono<String> body) {
        return status == 200
                ? body.defaultIfEmpty("")
                : body.defaultIfEmpty("").flatMap(text -> Mono.error(new BenchmarkException(status + " " + text)));
    }

    /**
     * A stream of events on a connection of its own, until it ends or is cancelled.
     *
     * @return each piece as it came, counted into {@code lines}
     */
    Flux<EventLines> stream(String url, EventLines lines) {
        return streams.get().uri(url).response((response, body) -> {
            if (response.status().code() != 200) {
                return Flux.error(new BenchmarkException(
                        "a stream was answered " + response.status().code()));
            }
            return body.map(bytes -> lines.take(bytes));
        });
    }

    @Override
    public void close() {
        requestConnections
                .disposeLater()
                .then(streamConnections.disposeLater())
                .then(loops.disposeLater(Duration.ZERO, CLOSE))
                .onErrorComplete()
                .block(CLOSE.multipliedBy(2));
    }
}
