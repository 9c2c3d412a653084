package io.reactorraft.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Why a request was not served, thrown by a route and written as {@code application/problem+json} (RFC 9457). Immutable;
 * without a stack trace, for it tells the client's story and not ours.
 */
final class Problem extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Reconnecting or asking again makes sense from then on. */
    private static final Duration SOON = Duration.ofSeconds(1);

    private final ProblemType type;
    private final transient Details details;

    private record Details(
            boolean unknown,
            @Nullable String field,
            @Nullable String leader,
            @Nullable Long revision,
            @Nullable Duration retryAfter,
            @Nullable String allow) {}

    private Problem(ProblemType type, String detail, Details details) {
        super(detail, null, false, false);
        this.type = type;
        this.details = details;
    }

    /** Nothing was changed. */
    static Problem of(ProblemType type, String detail) {
        return new Problem(type, detail, new Details(false, null, null, null, null, null));
    }

    /** The change may have been made. */
    static Problem unknown(ProblemType type, String detail) {
        return new Problem(type, detail, new Details(true, null, null, null, null, null));
    }

    /** The request is wrong at {@code field}: a header, a query parameter or a part of the path. */
    static Problem invalid(String field, String detail) {
        return new Problem(ProblemType.INVALID, detail, new Details(false, field, null, null, null, null));
    }

    /** The condition failed; the key's revision, 0 where it has no value, tells what to compare with next. */
    static Problem precondition(long revision) {
        String detail = revision == 0 ? "the key has no value" : "the key's last change is revision " + revision;
        return new Problem(ProblemType.PRECONDITION, detail, new Details(false, null, null, revision, null, null));
    }

    /** Not appended, since nobody leads, or not the one that was asked. */
    static Problem noLeader(String detail, @Nullable String leader) {
        return new Problem(ProblemType.NO_LEADER, detail, new Details(false, null, leader, null, SOON, null));
    }

    static Problem overloaded(String detail, Duration retryAfter) {
        return new Problem(ProblemType.OVERLOADED, detail, new Details(false, null, null, null, retryAfter, null));
    }

    static Problem notReady(String detail) {
        return new Problem(ProblemType.NOT_READY, detail, new Details(false, null, null, null, SOON, null));
    }

    static Problem methodNotAllowed(String method, List<String> allowed) {
        return new Problem(
                ProblemType.METHOD_NOT_ALLOWED,
                method + " is not among " + String.join(", ", allowed),
                new Details(false, null, null, null, null, String.join(", ", allowed)));
    }

    ProblemType type() {
        return type;
    }

    private String detail() {
        return String.valueOf(getMessage());
    }

    /** The answer that tells the client. */
    Answer answer() {
        ObjectNode body = Json.object();
        body.put("type", type.uri());
        body.put("title", type.title());
        body.put("status", type.status());
        body.put("detail", detail());
        body.put("applied", details.unknown ? "unknown" : "no");
        if (details.field != null) {
            body.put("field", details.field);
        }
        if (type == ProblemType.NO_LEADER) {
            body.put("leader", details.leader);
        }
        if (details.revision != null) {
            body.put("revision", details.revision);
        }
        Answer answer = new Answer(type.status(), "application/problem+json", Json.bytes(body), Map.of());
        if (details.retryAfter != null) {
            answer = answer.with(HttpHeaderNames.RETRY_AFTER, Long.toString(wholeSeconds(details.retryAfter)));
        }
        return details.allow == null ? answer : answer.with(HttpHeaderNames.ALLOW, details.allow);
    }

    /** {@code Retry-After} knows whole seconds only: rounded up, and never 0. */
    private static long wholeSeconds(Duration duration) {
        return Math.max(1, duration.plusNanos(999_999_999).toSeconds());
    }
}
