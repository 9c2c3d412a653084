package io.reactorraft.server.http;

import io.reactorraft.server.metrics.ServerMetrics;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** {@code /metrics}, for Prometheus. Answers before the log is recovered. */
final class MetricsRoute {

    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

    private final ServerMetrics metrics;

    MetricsRoute(ServerMetrics metrics) {
        this.metrics = metrics;
    }

    Route route() {
        return new Route("/metrics", Map.of("GET", this::get));
    }

    private Mono<Answer> get(Exchange exchange) {
        exchange.query().only(Set.of());
        return Mono.fromCallable(metrics::scrape)
                .subscribeOn(Schedulers.boundedElastic())
                .map(text -> new Answer(200, TEXT, text.getBytes(StandardCharsets.UTF_8), Map.of()));
    }
}
