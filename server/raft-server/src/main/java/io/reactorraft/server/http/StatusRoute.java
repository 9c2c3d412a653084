package io.reactorraft.server.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.reactorraft.Peer;
import io.reactorraft.RaftStatus;
import io.reactorraft.Role;
import java.util.Locale;
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
        RaftStatus status = replica.node().status();
        ObjectNode body = Json.object();
        body.put("id", replica.node().id());
        body.put("clusterId", replica.clusterId());
        body.put("version", version);
        body.put("term", status.leadership().term());
        body.put("role", status.leadership().role().name().toLowerCase(Locale.ROOT));
        body.put("leader", status.leadership().leaderId());
        body.put("commitIndex", status.commitIndex());
        body.put("appliedIndex", status.appliedIndex());
        body.put("lastIndex", status.lastIndex());
        body.put("firstIndex", status.firstIndex());
        body.putArray("alarms");
        ArrayNode members = body.putArray("members");
        boolean leads = status.leadership().role() == Role.LEADER;
        status.peers().forEach(peer -> member(members.addObject(), peer, leads));
        return Mono.just(Answer.json(body));
    }

    /** Only a leader knows how far its peers are, and who of them is alive; elsewhere that is null, not a guess. */
    private static void member(ObjectNode body, Peer peer, boolean leads) {
        Peer.Progress progress = peer.progress();
        body.put("id", peer.member().id());
        body.put("address", peer.member().address());
        body.put("http", peer.member().tags().get("http"));
        body.put("voter", !peer.member().learner());
        body.put("match", progress == null ? null : progress.match());
        body.put("state", progress == null ? null : progress.state());
        body.put("active", leads ? peer.active() : null);
    }
}
