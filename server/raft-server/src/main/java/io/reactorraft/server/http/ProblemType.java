package io.reactorraft.server.http;

/** The kinds of failure that clients can tell apart; part of the interface, so names and statuses stay. */
enum ProblemType {
    INVALID("invalid", 400, "The request is not valid"),
    NOT_FOUND("not-found", 404, "There is nothing here"),
    METHOD_NOT_ALLOWED("", 405, "Method Not Allowed"),
    PRECONDITION("precondition", 412, "The condition does not hold"),
    TOO_LARGE("too-large", 413, "The request is too large"),
    MEDIA_TYPE("media-type", 415, "The body's encoding is not supported"),
    WRONG_HOST("wrong-host", 421, "This server does not answer for that host"),
    INTERNAL("internal", 500, "Something is wrong with the server"),
    NO_LEADER("no-leader", 503, "No leader is known"),
    OVERLOADED("overloaded", 503, "Too much is waiting"),
    NOT_READY("not-ready", 503, "The server is starting or stopping"),
    OUTCOME_UNKNOWN("outcome-unknown", 504, "The change may have been applied, or may be yet"),
    TIMEOUT("timeout", 504, "The request took too long");

    private final String name;
    private final int status;
    private final String title;

    ProblemType(String name, int status, String title) {
        this.name = name;
        this.status = status;
        this.title = title;
    }

    /** RFC 9457: {@code about:blank} where the status says it all. */
    String uri() {
        return name.isEmpty() ? "about:blank" : "urn:reactor-raft:problem:" + name;
    }

    int status() {
        return status;
    }

    String title() {
        return title;
    }
}
