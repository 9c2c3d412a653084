package io.reactorraft.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.reactorraft.Member;
import io.reactorraft.Membership;
import io.reactorraft.server.api.Documents;
import io.reactorraft.server.api.Gate;
import io.reactorraft.server.api.Operations;
import io.reactorraft.server.api.Problem;
import io.reactorraft.server.api.ProblemType;
import io.reactorraft.server.api.Replica;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * {@code /v1/members} and {@code /v1/leadership/transfer}: who belongs to the cluster, and who leads it. Any member may be
 * asked; whatever is asked may be asked again.
 */
final class MembersRoutes {

    private static final int MAX_BYTES = 64 << 10;
    private static final String ONE = "/v1/members/";

    private final Gate gate;

    MembersRoutes(Gate gate) {
        this.gate = gate;
    }

    List<Route> routes() {
        return List.of(
                new Route("/v1/members", Map.of("GET", this::get, "POST", this::add, "PUT", this::reconcile)),
                new Route(ONE, Map.of("DELETE", this::remove, "POST", this::promoteOrReplace)),
                new Route("/v1/leadership/transfer", Map.of("POST", this::transfer)));
    }

    private Mono<Answer> get(Exchange exchange) {
        Replica replica = pass(exchange);
        return Mono.just(
                shown(replica.node().membership(), replica.node().membership().members()));
    }

    private Mono<Answer> add(Exchange exchange) {
        Replica replica = pass(exchange);
        return JsonBody.read(exchange, "a member", MAX_BYTES)
                .map(body -> member(body, ""))
                .flatMap(member -> change(exchange, replica, members -> members.add(member)));
    }

    private Mono<Answer> reconcile(Exchange exchange) {
        Replica replica = pass(exchange);
        return JsonBody.read(exchange, "a list of members", MAX_BYTES)
                .map(MembersRoutes::members)
                .flatMap(target -> change(exchange, replica, members -> members.reconcile(target)));
    }

    private Mono<Answer> remove(Exchange exchange) {
        Replica replica = gate.pass();
        exchange.query().only(Set.of("dataId"));
        String id = exchange.path().substring(ONE.length());
        requireId(id);
        String dataId = hexadecimal(exchange.query().one("dataId"));
        return change(exchange, replica, members -> dataId.isEmpty() ? members.remove(id) : members.remove(id, dataId));
    }

    private Mono<Answer> promoteOrReplace(Exchange exchange) {
        Replica replica = pass(exchange);
        JsonBody.refuseOtherPages(exchange);
        String rest = exchange.path().substring(ONE.length());
        int slash = rest.indexOf('/');
        String id = slash < 0 ? rest : rest.substring(0, slash);
        requireId(id);
        return switch (slash < 0 ? "" : rest.substring(slash + 1)) {
            case "promote" -> change(exchange, replica, members -> members.promote(id));
            case "replace" ->
                lostDisk(exchange)
                        .flatMap(dataId -> change(
                                exchange,
                                replica,
                                members -> dataId.isEmpty() ? members.replace(id) : members.replace(id, dataId)));
            default -> throw Problem.of(ProblemType.NOT_FOUND, "there is no resource " + exchange.path());
        };
    }

    /** The data directory that is to be replaced; empty: the one that the member is known by now. */
    private static Mono<String> lostDisk(Exchange exchange) {
        if (!exchange.hasBody()) {
            return Mono.just("");
        }
        return JsonBody.read(exchange, "a data directory", MAX_BYTES)
                .map(body -> hexadecimal(JsonBody.text(body, "dataId")));
    }

    private static String hexadecimal(@Nullable String dataId) {
        if (dataId != null && !dataId.matches("([0-9a-fA-F]{2}){1,64}")) {
            throw Problem.invalid("dataId", "is hexadecimal, as the list of members shows it");
        }
        return dataId == null ? "" : dataId;
    }

    private Mono<Answer> transfer(Exchange exchange) {
        Replica replica = pass(exchange);
        return JsonBody.read(exchange, "a transfer", MAX_BYTES)
                .map(body -> required(body, "to", ""))
                .flatMap(to -> Operations.transfer(replica, to, exchange.remaining()))
                .map(leadership -> Answer.json(Documents.leadership(leadership)));
    }

    private Replica pass(Exchange exchange) {
        Replica replica = gate.pass();
        exchange.query().only(Set.of());
        return replica;
    }

    private static Mono<Answer> change(
            Exchange exchange, Replica replica, Function<Membership, Mono<List<Member>>> change) {
        Membership membership = replica.node().membership();
        return Operations.change(change.apply(membership), exchange.remaining())
                .map(members -> shown(membership, members));
    }

    private static Answer shown(Membership membership, List<Member> members) {
        return Answer.json(Documents.members(members, membership::dataId));
    }

    private static List<Member> members(JsonNode body) {
        JsonNode list = body.isObject() ? body.path("members") : body;
        if (!list.isArray() || list.isEmpty()) {
            throw Problem.invalid("body", "must be a list of members, each with id and address");
        }
        List<Member> members = new ArrayList<>();
        for (JsonNode each : list) {
            members.add(member(each, "members[" + members.size() + "]."));
        }
        return members;
    }

    private static Member member(JsonNode body, String where) {
        if (!body.isObject()) {
            throw Problem.invalid("body", "must be an object with id, address and learner");
        }
        String id = required(body, "id", where);
        requireId(id);
        String address = required(body, "address", where);
        JsonNode learner = body.path("learner");
        if (!learner.isMissingNode() && !learner.isBoolean()) {
            throw Problem.invalid(where + "learner", "must be true or false");
        }
        try {
            return new Member(id, address, learner.asBoolean(), Map.of());
        } catch (IllegalArgumentException wrong) {
            throw Problem.invalid(where + "address", String.valueOf(wrong.getMessage()));
        }
    }

    private static String required(JsonNode body, String name, String where) {
        @Nullable String text = JsonBody.text(body, name);
        if (text == null) {
            throw Problem.invalid(where + name, "is missing");
        }
        return text;
    }

    private static void requireId(String id) {
        if (!id.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")) {
            throw Problem.invalid("id", "is 1 to 64 letters, digits, dots, dashes or underscores");
        }
    }
}
