package io.reactorraft.server.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.reactorraft.server.api.Documents;
import io.reactorraft.server.api.Gate;
import io.reactorraft.server.api.Json;
import io.reactorraft.server.api.Problem;
import java.util.Map;
import java.util.Set;
import reactor.core.publisher.Mono;

/** {@code /v1/leadership}: who leads, as this node sees it; as it changes, or once where JSON is asked for. */
final class LeadershipRoute {

    private final Gate gate;
    private final StreamSettings streams;

    LeadershipRoute(Gate gate, StreamSettings streams) {
        this.gate = gate;
        this.streams = streams;
    }

    Route route() {
        return new Route("/v1/leadership", Map.of("GET", this::get));
    }

    private Mono<? extends Reply> get(Exchange exchange) {
        exchange.query().only(Set.of());
        Accept accept = Accept.parse(exchange.header(HttpHeaderNames.ACCEPT));
        if (accept.quality("application", "json") > accept.quality("text", "event-stream")) {
            return gate.pass()
                    .node()
                    .leadership()
                    .next()
                    .map(leadership -> Answer.json(Documents.leadership(leadership)))
                    .switchIfEmpty(Mono.error(() -> Problem.notReady("the node has ended")))
                    .timeout(exchange.remaining());
        }
        return Mono.just(streams.of(
                // 200 at once, recovered or not: a browser gives up on a stream that answers anything else
                gate.opened()
                        .flatMapMany(replica -> replica.node().leadership())
                        .map(leadership -> EventStream.event(Json.bytes(Documents.leadership(leadership))))));
    }
}
