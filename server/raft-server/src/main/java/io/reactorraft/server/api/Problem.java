package io.reactorraft.server.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why a request was not served, thrown by a route and written as {@code application/problem+json} (RFC 9457). Immutable;
 * without a stack trace, for it tells the client's story and not ours.
 */
public final class Problem extends RuntimeException {
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
    public static Problem of(ProblemType type, String detail) {
        return new Problem(type, detail, new Details(false, null, null, null, null, null));
    }

    /** The change may have been made. */
    public static Problem unknown(ProblemType type, String detail) {
        return new Problem(type, detail, new Details(true, null, null, null, null, null));
    }

    /** The request is wrong at {@code field}: a header, a query parameter or a part of the path. */
    public static Problem invalid(String field, String detail) {
        return new Problem(ProblemType.INVALID, detail, new Details(false, field, null, null, null, null));
    }

    /** The condition failed; the key's revision, 0 where it has no value, tells what to compare with next. */
    public static Problem precondition(long revision) {
        String detail = revision == 0 ? "the key has no value" : "the key's last change is revision " + revision;
        return new Problem(ProblemType.PRECONDITION, detail, new Details(false, null, null, revision, null, null));
    }

    /** The request is wrong at {@code field} in a way that has a name of its own. */
    public static Problem at(ProblemType type, String field, String detail) {
        return new Problem(type, detail, new Details(false, field, null, null, null, null));
    }

    /** Not appended, since nobody leads, or not the one that was asked. */
    public static Problem noLeader(String detail, @Nullable String leader) {
        return new Problem(ProblemType.NO_LEADER, detail, new Details(false, null, leader, null, SOON, null));
    }

    /** Not appended; again later. */
    public static Problem overloaded(String detail, Duration retryAfter) {
        return new Problem(ProblemType.OVERLOADED, detail, new Details(false, null, null, null, retryAfter, null));
    }

    /** Not appended; again once another member leads, or somebody has made room. */
    public static Problem diskFull(String detail, Duration retryAfter) {
        return new Problem(ProblemType.DISK_FULL, detail, new Details(false, null, null, null, retryAfter, null));
    }

    /** The node is starting or stopping. */
    public static Problem notReady(String detail) {
        return new Problem(ProblemType.NOT_READY, detail, new Details(false, null, null, null, SOON, null));
    }

    /** The path is right and the method is not. */
    public static Problem methodNotAllowed(String method, List<String> allowed) {
        return new Problem(
                ProblemType.METHOD_NOT_ALLOWED,
                method + " is not among " + String.join(", ", allowed),
                new Details(false, null, null, null, null, String.join(", ", allowed)));
    }

    public ProblemType type() {
        return type;
    }

    /** Whether the change may have been made all the same. */
    public boolean isUnknown() {
        return details.unknown;
    }

    /** What {@code Retry-After} has to say, whole seconds; null: nothing. Rounded up, and never 0. */
    public @Nullable Long retryAfterSeconds() {
        Duration after = details.retryAfter;
        return after == null
                ? null
                : Long.valueOf(Math.max(1, after.plusNanos(999_999_999).toSeconds()));
    }

    /** What {@code Allow} has to say; null: nothing. */
    public @Nullable String allow() {
        return details.allow;
    }

    /** The document that tells the client. */
    public ObjectNode document() {
        ObjectNode body = Json.object();
        body.put("type", type.uri());
        body.put("title", type.title());
        body.put("status", type.status());
        body.put("detail", String.valueOf(getMessage()));
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
        return body;
    }
}
