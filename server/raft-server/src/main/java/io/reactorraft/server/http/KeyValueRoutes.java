package io.reactorraft.server.http;

import com.google.protobuf.ByteString;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.reactorraft.server.api.Documents;
import io.reactorraft.server.api.Gate;
import io.reactorraft.server.api.Operations;
import io.reactorraft.server.api.Problem;
import io.reactorraft.server.api.ProblemType;
import io.reactorraft.server.api.Replica;
import io.reactorraft.server.kv.Commands;
import io.reactorraft.server.kv.Key;
import io.reactorraft.server.kv.Versioned;
import io.reactorraft.server.kv.proto.Command;
import io.reactorraft.server.kv.proto.Condition;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** {@code /v1/kv/{key}}: one key at a time. Conditions travel in the command and are judged where it is applied. */
final class KeyValueRoutes {

    private static final String PREFIX = "/v1/kv/";
    private static final String IF_MATCH = "If-Match";
    private static final String IF_NONE_MATCH = "If-None-Match";
    private static final String IDEMPOTENCY_KEY = "Idempotency-Key";

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
        query.only(Set.of("consistency", "revision"));
        Operations.At at =
                new Operations.At(Operations.consistency(query.one("consistency")), query.number("revision", 0));
        EntityTags ifMatch = EntityTags.parse(IF_MATCH, exchange.header(IF_MATCH));
        EntityTags ifNoneMatch = EntityTags.parse(IF_NONE_MATCH, exchange.header(IF_NONE_MATCH));
        return Operations.view(replica, at, exchange.remaining())
                .map(view -> got(key, view.get(key), ifMatch, ifNoneMatch))
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
        String idempotencyKey = idempotencyKey(exchange);
        exchange.refuseHeader("Content-Range", "a value is replaced as a whole");
        refuseEncoded(exchange);
        return Body.read(exchange, "a value", Commands.MAX_VALUE_BYTES)
                .map(value -> command(idempotencyKey, key, value, condition))
                .flatMap(command -> Operations.change(replica, command, exchange.remaining()))
                .map(result -> Answer.json(Documents.put(result))
                        .with(HttpHeaderNames.ETAG, EntityTags.tag(result.getRevision())));
    }

    private static Command command(@Nullable String idempotencyKey, Key key, ByteString value, Condition condition) {
        return Operations.once(idempotencyKey, Commands.put(key, value, condition));
    }

    private Mono<Answer> delete(Exchange exchange) {
        Replica replica = gate.pass();
        Command delete = Commands.delete(key(exchange), writeCondition(exchange));
        return Operations.change(replica, Operations.once(idempotencyKey(exchange), delete), exchange.remaining())
                .map(result -> Answer.json(Documents.deleted(result)));
    }

    private static Key key(Exchange exchange) {
        return Operations.key(PercentEncoding.decode("key", exchange.path().substring(PREFIX.length())));
    }

    private static @Nullable String idempotencyKey(Exchange exchange) {
        List<String> given = exchange.header(IDEMPOTENCY_KEY);
        if (given.size() > 1) {
            throw Problem.invalid(IDEMPOTENCY_KEY, "a change has one key, this one " + given.size());
        }
        return given.isEmpty() ? null : given.get(0);
    }

    /** What a write depends on. Whatever of it cannot be heeded is refused: ignoring it would do what was not asked. */
    private static Condition writeCondition(Exchange exchange) {
        exchange.query().only(Set.of());
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
