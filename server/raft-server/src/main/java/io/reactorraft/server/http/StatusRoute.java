package io.reactorraft.server.http;

import io.reactorraft.server.api.Documents;
import io.reactorraft.server.api.Gate;
import io.reactorraft.server.api.Replica;
import java.util.Map;
import java.util.Set;
import reactor.core.publisher.Mono;

/** {@code /v1/status}: the node at this moment, as it sees itself and its peers. */
final class StatusRoute {

    private final Gate gate;
    private final String version;

    StatusRoute(Gate gate, String version) {
        this.gate = gate;
        this.version = version;
    }

    Route route() {
        return new Route("/v1/status", Map.of("GET", this::get));
    }

    private Mono<Answer> get(Exchange exchange) {
        Replica replica = gate.pass();
        exchange.query().only(Set.of());
        return Mono.just(Answer.json(Documents.status(replica, version)));
    }
}
