package io.reactorraft.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.reactorraft.server.Durations;
import io.reactorraft.server.Sizes;
import io.reactorraft.server.api.Documents;
import io.reactorraft.server.api.Gate;
import io.reactorraft.server.api.Operations;
import io.reactorraft.server.api.Problem;
import io.reactorraft.server.api.Replica;
import io.reactorraft.server.kv.proto.SettingsChange;
import java.util.Map;
import java.util.Set;
import reactor.core.publisher.Mono;

/** {@code /v1/settings}: what all replicas depend on. A PUT sets those it names and leaves the others. */
final class SettingsRoute {

    private static final int MAX_BYTES = 16 << 10;

    private final Gate gate;

    SettingsRoute(Gate gate) {
        this.gate = gate;
    }

    Route route() {
        return new Route("/v1/settings", Map.of("GET", this::get, "PUT", this::put));
    }

    private Mono<Answer> get(Exchange exchange) {
        Replica replica = gate.pass();
        exchange.query().only(Set.of());
        return Operations.settings(replica, exchange.remaining())
                .map(settings -> Answer.json(Documents.settings(settings)));
    }

    private Mono<Answer> put(Exchange exchange) {
        Replica replica = gate.pass();
        exchange.query().only(Set.of());
        return JsonBody.read(exchange, "a settings document", MAX_BYTES)
                .map(SettingsRoute::change)
                .flatMap(change -> Operations.set(replica, change, exchange.remaining()))
                .map(settings -> Answer.json(Documents.settings(settings)));
    }

    private static SettingsChange change(JsonNode json) {
        if (!json.isObject() || json.isEmpty()) {
            throw Problem.invalid("body", "must be an object with the settings to change");
        }
        SettingsChange.Builder change = SettingsChange.newBuilder();
        json.properties().forEach(setting -> set(change, setting.getKey(), setting.getValue()));
        return change.build();
    }

    private static void set(SettingsChange.Builder change, String name, JsonNode value) {
        try {
            switch (name) {
                case "version" -> change.setVersion((int) Math.min(Integer.MAX_VALUE, whole(name, value)));
                case "quota" ->
                    change.setQuotaBytes(value.isTextual() ? Sizes.parse(value.asText()) : whole(name, value));
                case "history" -> change.setHistory(whole(name, value));
                case "idempotencyWindow" ->
                    change.setIdempotencyWindowMillis(
                            Durations.parse(value.asText()).toMillis());
                case "leaseReads" -> {
                    if (value.asBoolean() || !value.isBoolean()) {
                        throw Problem.invalid(name, "must be false: this version of the server has no lease reads");
                    }
                    change.setLeaseReads(false);
                }
                default ->
                    throw Problem.invalid(
                            name,
                            "there is no setting '" + name
                                    + "': version, quota, history, idempotencyWindow, leaseReads");
            }
        } catch (IllegalArgumentException refused) {
            throw Problem.invalid(name, String.valueOf(refused.getMessage()));
        }
    }

    private static long whole(String name, JsonNode value) {
        if (!value.canConvertToLong() || !value.isIntegralNumber() || value.asLong() < 0) {
            throw Problem.invalid(name, "must be a whole number, got " + value);
        }
        return value.asLong();
    }
}
