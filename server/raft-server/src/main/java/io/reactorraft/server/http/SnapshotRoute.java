package io.reactorraft.server.http;

import io.reactorraft.server.api.Documents;
import io.reactorraft.server.api.Gate;
import io.reactorraft.server.api.Operations;
import io.reactorraft.server.api.Replica;
import java.util.Map;
import java.util.Set;
import reactor.core.publisher.Mono;

/** {@code POST /v1/snapshot}: this node takes a snapshot of its own, now. */
final class SnapshotRoute {

    private final Gate gate;

    SnapshotRoute(Gate gate) {
        this.gate = gate;
    }

    Route route() {
        return new Route("/v1/snapshot", Map.of("POST", this::post));
    }

    private Mono<Answer> post(Exchange exchange) {
        Replica replica = gate.pass();
        exchange.query().only(Set.of());
        JsonBody.refuseOtherPages(exchange);
        return Operations.snapshot(replica, exchange.remaining())
                .map(snapshot -> Answer.json(Documents.snapshot(snapshot)));
    }
}
