package io.reactorraft.server.api;

/** The kinds of failure that clients can tell apart; part of the interface, so names and statuses stay. */
public enum ProblemType {
    INVALID("invalid", 400, "The request is not valid"),
    FORBIDDEN("forbidden", 403, "This is not allowed"),
    NOT_FOUND("not-found", 404, "There is nothing here"),
    METHOD_NOT_ALLOWED("", 405, "Method Not Allowed"),
    QUORUM_AT_RISK("quorum-at-risk", 409, "Too few members could be reached afterwards"),
    ID_USED("id-used", 409, "The id, or the disk under it, was used before"),
    UNREACHABLE("unreachable", 409, "The member cannot be reached"),
    REFUSED("refused", 409, "The cluster does not do that"),
    IDEMPOTENCY_KEY_EXPIRED("idempotency-key-expired", 409, "The idempotency key is too old"),
    COMPACTED("compacted", 410, "The revision is forgotten"),
    REVISION_AHEAD("revision-ahead", 410, "The revision was not yet made"),
    PRECONDITION("precondition", 412, "The condition does not hold"),
    TOO_LARGE("too-large", 413, "The request is too large"),
    MEDIA_TYPE("media-type", 415, "The body's encoding is not supported"),
    WRONG_HOST("wrong-host", 421, "This server does not answer for that host"),
    IDEMPOTENCY_KEY_REUSED("idempotency-key-reused", 422, "The idempotency key belongs to another change"),
    INTERNAL("internal", 500, "Something is wrong with the server"),
    NO_LEADER("no-leader", 503, "No leader is known"),
    OVERLOADED("overloaded", 503, "Too much is waiting"),
    NOT_READY("not-ready", 503, "The server is starting or stopping"),
    OUTCOME_UNKNOWN("outcome-unknown", 504, "The change may have been applied, or may be yet"),
    TIMEOUT("timeout", 504, "The request took too long"),
    QUOTA("quota", 507, "The store is full"),
    DISK_FULL("disk-full", 507, "The leader's disk is full");

    private final String name;
    private final int status;
    private final String title;

    ProblemType(String name, int status, String title) {
        this.name = name;
        this.status = status;
        this.title = title;
    }

    /** RFC 9457: {@code about:blank} where the status says it all. */
    public String uri() {
        return name.isEmpty() ? "about:blank" : "urn:reactor-raft:problem:" + name;
    }

    /** The status of HTTP. */
    public int status() {
        return status;
    }

    /** What it is, in a few words. */
    public String title() {
        return title;
    }
}
