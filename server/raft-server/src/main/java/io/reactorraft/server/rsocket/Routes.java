package io.reactorraft.server.rsocket;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.reactorraft.server.api.Documents;
import io.reactorraft.server.api.Gate;
import io.reactorraft.server.api.Json;
import io.reactorraft.server.api.Operations;
import io.reactorraft.server.api.Problem;
import io.reactorraft.server.api.ProblemType;
import io.reactorraft.server.api.Problems;
import io.reactorraft.server.api.Replica;
import io.reactorraft.server.kv.Commands;
import io.reactorraft.server.kv.Key;
import io.reactorraft.server.kv.Versioned;
import io.reactorraft.server.kv.WatchEvent;
import io.reactorraft.server.kv.proto.Command;
import io.reactorraft.server.kv.proto.Condition;
import io.rsocket.Payload;
import io.rsocket.RSocket;
import io.rsocket.exceptions.ApplicationErrorException;
import io.rsocket.exceptions.RejectedException;
import io.rsocket.util.DefaultPayload;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What a connection may ask. Requests fail with the problem as text: {@code REJECTED} where nothing was done, {@code
 * APPLICATION_ERROR} where it may have been.
 */
final class Routes implements RSocket {

    private final Gate gate;
    private final String version;
    private final Duration timeout;
    private final Publisher<?> ending;

    /** All streams end when {@code ending} completes. */
    Routes(Gate gate, String version, Duration timeout, Publisher<?> ending) {
        this.gate = gate;
        this.version = version;
        this.timeout = timeout;
        this.ending = ending;
    }

    @Override
    public Mono<Payload> requestResponse(Payload payload) {
        return Mono.defer(() -> {
                    Request request = Request.of(payload);
                    boolean write =
                            request.route().equals("kv.put") || request.route().equals("kv.delete");
                    return answer(request).onErrorMap(error -> failure(error, write));
                })
                .onErrorMap(Problem.class, problem -> failure(problem, false))
                .map(Routes::payload);
    }

    private Mono<ObjectNode> answer(Request request) {
        return switch (request.route()) {
            case "kv.get" -> Mono.defer(() -> get(request));
            case "kv.put" -> Mono.defer(() -> put(request));
            case "kv.delete" -> Mono.defer(() -> delete(request));
            case "status" -> Mono.fromSupplier(() -> Documents.status(gate.pass(), version));
            case "leadership", "watch" -> Mono.error(Problem.invalid("route", "is a request-stream"));
            default -> Mono.error(unknown(request));
        };
    }

    @Override
    public Flux<Payload> requestStream(Payload payload) {
        return Flux.defer(() -> {
                    Request request = Request.of(payload);
                    return switch (request.route()) {
                        case "leadership" -> leadership(request);
                        case "watch" -> watch(request);
                        case "kv.get", "kv.put", "kv.delete", "status" ->
                            Flux.<ObjectNode>error(Problem.invalid("route", "is a request-response"));
                        default -> Flux.<ObjectNode>error(unknown(request));
                    };
                })
                .onErrorMap(error -> failure(error, false))
                .map(Routes::payload)
                .takeUntilOther(ending);
    }

    private static Problem unknown(Request request) {
        return Problem.of(
                ProblemType.NOT_FOUND,
                "there is no route '" + request.route() + "': leadership, watch, kv.get, kv.put, kv.delete, status");
    }

    private Flux<ObjectNode> leadership(Request request) {
        request.only(Set.of());
        return gate.opened().flatMapMany(replica -> replica.node().leadership()).map(Documents::leadership);
    }

    private Flux<ObjectNode> watch(Request request) {
        request.only(Set.of("prefix", "from"));
        String prefix = request.text("prefix");
        Long asked = request.number("from", 1);
        long from = asked == null ? 0 : asked;
        ByteString bytes = ByteString.copyFromUtf8(prefix == null ? "" : prefix);
        return gate.opened()
                .flatMapMany(replica ->
                        Operations.checkWatch(replica, from).thenMany(Operations.watch(replica, bytes, from)))
                .map(Routes::event);
    }

    private static ObjectNode event(WatchEvent event) {
        ObjectNode body = Json.object();
        if (event instanceof WatchEvent.Changed changed) {
            body.put("event", changed.change().isDelete() ? "delete" : "put");
            body.setAll(Documents.change(changed.change()));
        } else if (event instanceof WatchEvent.Bookmark bookmark) {
            body.put("event", "bookmark");
            body.put("revision", bookmark.revision());
        } else if (event instanceof WatchEvent.Lagged lagged) {
            body.put("event", "lagged");
            body.put("resume", lagged.resume());
        }
        return body;
    }

    private Mono<ObjectNode> get(Request request) {
        Replica replica = gate.pass();
        request.only(Set.of("key", "consistency", "revision"));
        Key key = key(request);
        Operations.At at =
                new Operations.At(Operations.consistency(request.text("consistency")), request.number("revision", 0));
        return Operations.view(replica, at, timeout).map(view -> {
            Versioned found = view.get(key);
            if (found == null) {
                throw Problem.of(ProblemType.NOT_FOUND, "the key '" + key + "' has no value");
            }
            return Documents.entry(ByteString.copyFromUtf8(key.toString()), found, found.revision());
        });
    }

    private Mono<ObjectNode> put(Request request) {
        Replica replica = gate.pass();
        request.only(Set.of("key", "value", "ifMatch", "ifNoneMatch", "idempotencyKey"));
        ByteString value = UnsafeByteOperations.unsafeWrap(request.bytes("value", Commands.MAX_VALUE_BYTES));
        Command put = Commands.put(key(request), value, condition(request));
        return Operations.change(replica, once(request, put), timeout).map(Documents::put);
    }

    private Mono<ObjectNode> delete(Request request) {
        Replica replica = gate.pass();
        request.only(Set.of("key", "ifMatch", "idempotencyKey"));
        Command delete = Commands.delete(key(request), condition(request));
        return Operations.change(replica, once(request, delete), timeout).map(Documents::deleted);
    }

    private static Key key(Request request) {
        String key = request.text("key");
        if (key == null) {
            throw Problem.invalid("key", "is missing");
        }
        return Operations.key(key.getBytes(StandardCharsets.UTF_8));
    }

    private static Command once(Request request, Command change) {
        return Operations.once(request.text("idempotencyKey"), change);
    }

    /** {@code ifMatch} is a revision, {@code ifNoneMatch} can only be {@code *}. */
    private static Condition condition(Request request) {
        Long revision = request.number("ifMatch", 1);
        String none = request.text("ifNoneMatch");
        if (none != null && !none.equals("*")) {
            throw Problem.invalid("ifNoneMatch", "may say *; nothing else has a meaning for a change");
        }
        if (none != null && revision != null) {
            throw Problem.invalid("ifNoneMatch", "contradicts ifMatch: the two never hold together");
        }
        if (none != null) {
            return Commands.absent();
        }
        return revision == null ? Commands.always() : Commands.revision(List.of(revision));
    }

    private static Payload payload(ObjectNode body) {
        return DefaultPayload.create(Json.bytes(body));
    }

    private static Throwable failure(Throwable error, boolean write) {
        if (error instanceof RejectedException || error instanceof ApplicationErrorException) {
            return error;
        }
        Problem problem = Problems.of(error, write);
        @Nullable String text = new String(Json.bytes(problem.document()), StandardCharsets.UTF_8);
        return problem.isUnknown() ? new ApplicationErrorException(text) : new RejectedException(text);
    }
}
