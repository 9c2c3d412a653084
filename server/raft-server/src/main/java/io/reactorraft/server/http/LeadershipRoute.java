package io.reactorraft.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.reactorraft.Leadership;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** {@code /v1/leadership}: who leads, as this node sees it; as it changes, or once where JSON is asked for. */
final class LeadershipRoute {

    private final Gate gate;
    private final Duration keepAlive;
    private final Publisher<?> ending;

    LeadershipRoute(Gate gate, Duration keepAlive, Publisher<?> ending) {
        this.gate = gate;
        this.keepAlive = keepAlive;
        this.ending = ending;
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
                    .map(leadership -> Answer.json(json(leadership)))
                    .switchIfEmpty(Mono.error(() -> Problem.notReady("the node has ended")))
                    .timeout(exchange.remaining());
        }
        return Mono.just(new EventStream(
                // 200 at once, recovered or not: a browser gives up on a stream that answers anything else
                gate.opened()
                        .flatMapMany(replica -> replica.node().leadership())
                        .map(leadership -> EventStream.event(Json.bytes(json(leadership)))),
                keepAlive,
                ending));
    }

    private static ObjectNode json(Leadership leadership) {
        ObjectNode body = Json.object();
        body.put("group", leadership.groupId());
        body.put("term", leadership.term());
        body.put("role", leadership.role().name().toLowerCase(Locale.ROOT));
        body.put("leader", leadership.leaderId());
        return body;
    }
}
