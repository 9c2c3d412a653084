package io.reactorraft.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.reactorraft.Applied;
import io.reactorraft.Consistency;
import io.reactorraft.server.kv.Commands;
import io.reactorraft.server.kv.Key;
import io.reactorraft.server.kv.Versioned;
import io.reactorraft.server.kv.proto.Command;
import io.reactorraft.server.kv.proto.Condition;
import io.reactorraft.server.kv.proto.Result;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** {@code /v1/kv/{key}}: one key at a time. Conditions travel in the command and are judged where it is applied. */
final class KeyValueRoutes {

    private static final String PREFIX = "/v1/kv/";
    private static final String IF_MATCH = "If-Match";
    private static final String IF_NONE_MATCH = "If-None-Match";

    private final Gate gate;

    KeyValueRoutes(Gate gate) {
        this.gate = gate;
    }

    Route route() {
        return new Route(PREFIX, Map.of("GET", this::get, "PUT", this::put, "DELETE", this::delete));
    }

    private Mono<Answer> get(Exchange exchange) {
        Replica replica = gate.pass();
        Key key = key(exchange);
        Query query = exchange.query();
        query.only(Set.of("consistency"));
        Consistency consistency = consistency(query.one("consistency"));
        EntityTags ifMatch = EntityTags.parse(IF_MATCH, exchange.header(IF_MATCH));
        EntityTags ifNoneMatch = EntityTags.parse(IF_NONE_MATCH, exchange.header(IF_NONE_MATCH));
        return replica.node()
                .read(consistency, () -> Optional.ofNullable(replica.store().get(key)))
                .timeout(exchange.remaining(), late("the read"))
                .map(found -> got(key, found.orElse(null), ifMatch, ifNoneMatch))
                // Values that were read alone: the answer to a change must not be refused for want of room.
                .doOnNext(answer -> exchange.share().take(answer.body().size()));
    }

    private static Answer got(
            Key key, @Nullable Versioned found, @Nullable EntityTags ifMatch, @Nullable EntityTags ifNoneMatch) {
        Long revision = found == null ? null : found.revision();
        if (ifMatch != null && !ifMatch.matchStrongly(revision)) {
            throw Problem.precondition(revision == null ? 0 : revision);
        }
        if (found == null) {
            throw Problem.of(ProblemType.NOT_FOUND, "the key '" + key + "' has no value");
        }
        boolean known = ifNoneMatch != null && ifNoneMatch.matchWeakly(revision);
        Answer answer =
                known ? Answer.notModified() : new Answer(200, "application/octet-stream", found.value(), Map.of());
        return answer.with(HttpHeaderNames.ETAG, EntityTags.tag(found.revision()));
    }

    private Mono<Answer> put(Exchange exchange) {
        Replica replica = gate.pass();
        Key key = key(exchange);
        Condition condition = writeCondition(exchange);
        exchange.refuseHeader("Content-Range", "a value is replaced as a whole");
        refuseEncoded(exchange);
        return Body.read(exchange, Commands.MAX_VALUE_BYTES)
                .flatMap(value -> propose(exchange, replica, Commands.put(key, value, condition), (applied, body) -> {
                    body.put("revision", applied.result().getRevision());
                    body.put("term", applied.term());
                    body.put("index", applied.index());
                    String tag = EntityTags.tag(applied.result().getRevision());
                    return Answer.json(body).with(HttpHeaderNames.ETAG, tag);
                }));
    }

    private Mono<Answer> delete(Exchange exchange) {
        Replica replica = gate.pass();
        Command command = Commands.delete(key(exchange), writeCondition(exchange));
        return propose(exchange, replica, command, (applied, body) -> {
            body.put("revision", applied.result().getRevision());
            body.put("deleted", applied.result().getDeleted());
            return Answer.json(body);
        });
    }

    private static Mono<Answer> propose(
            Exchange exchange,
            Replica replica,
            Command command,
            BiFunction<Applied<Result>, ObjectNode, Answer> answer) {
        return replica.node()
                .propose(command)
                .timeout(exchange.remaining(), late("the change"))
                .map(applied -> {
                    if (applied.result().getOutcome() == Result.Outcome.CONDITION_FAILED) {
                        throw Problem.precondition(applied.result().getRevision());
                    }
                    return answer.apply(applied, Json.object());
                });
    }

    private static <T> Mono<T> late(String what) {
        return Mono.error(() -> new TimeoutException(what + " was not done within the request timeout"));
    }

    private static Key key(Exchange exchange) {
        byte[] bytes = PercentEncoding.decode("key", exchange.path().substring(PREFIX.length()));
        try {
            return Key.of(bytes);
        } catch (IllegalArgumentException refused) {
            throw Problem.invalid("key", String.valueOf(refused.getMessage()));
        }
    }

    private static Consistency consistency(@Nullable String asked) {
        if (asked == null) {
            return Consistency.LINEARIZABLE;
        }
        for (Consistency each : Consistency.values()) {
            if (each.name().toLowerCase(Locale.ROOT).equals(asked)) {
                return each;
            }
        }
        throw Problem.invalid("consistency", "'" + asked + "' is not linearizable, lease or stale");
    }

    /** What a write depends on. Whatever of it cannot be heeded is refused: ignoring it would do what was not asked. */
    private static Condition writeCondition(Exchange exchange) {
        exchange.query().only(Set.of());
        exchange.refuseHeader("Idempotency-Key", "this server cannot make retries exactly-once: use If-Match instead");
        EntityTags ifMatch = EntityTags.parse(IF_MATCH, exchange.header(IF_MATCH));
        EntityTags ifNoneMatch = EntityTags.parse(IF_NONE_MATCH, exchange.header(IF_NONE_MATCH));
        if (ifNoneMatch != null && (!ifNoneMatch.any() || !exchange.method().equals("PUT"))) {
            throw Problem.invalid(IF_NONE_MATCH, "a PUT may say *; nothing else has a meaning for a change");
        }
        if (ifNoneMatch != null && ifMatch != null) {
            throw Problem.invalid(IF_NONE_MATCH, "contradicts If-Match: the two never hold together");
        }
        if (ifNoneMatch != null) {
            return Commands.absent();
        }
        if (ifMatch == null) {
            return Commands.always();
        }
        return ifMatch.any() ? Commands.present() : Commands.revision(ifMatch.strong());
    }

    /** A GET could not give back what was stored under a coding: readers would get bytes that nobody wrote. */
    private static void refuseEncoded(Exchange exchange) {
        for (String coding : exchange.header(HttpHeaderNames.CONTENT_ENCODING)) {
            if (!coding.trim().equalsIgnoreCase("identity")) {
                throw Problem.of(ProblemType.MEDIA_TYPE, "a value is stored as it is, without the encoding " + coding);
            }
        }
    }
}
