package io.reactorraft.server.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.reactorraft.server.api.Problem;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.netty.http.server.HttpServerRequest;

/** One request, taken apart, with the time and the memory it may take. */
final class Exchange implements AutoCloseable {

    private final HttpServerRequest request;
    private final ByteBudget.Share share;
    private final long started = System.nanoTime();
    private final long deadline;
    private final @Nullable String authority;
    private final String path;
    private final String rawQuery;
    private String route = "none";
    private boolean bodyTaken;
    private boolean bodyRead;

    Exchange(HttpServerRequest request, ByteBudget.Share share, Duration timeout) {
        this.request = request;
        this.share = share;
        this.deadline = started + timeout.toNanos();
        String uri = request.uri();
        int scheme = uri.startsWith("/") ? -1 : uri.indexOf("://");
        int start = scheme < 0 ? 0 : pathStart(uri, scheme + 3);
        this.authority = scheme < 0 ? null : uri.substring(scheme + 3, start);
        int question = uri.indexOf('?', start);
        this.path = uri.substring(start, question < 0 ? uri.length() : question);
        this.rawQuery = question < 0 ? "" : uri.substring(question + 1);
    }

    private static int pathStart(String uri, int from) {
        for (int at = from; at < uri.length(); at++) {
            if (uri.charAt(at) == '/' || uri.charAt(at) == '?') {
                return at;
            }
        }
        return uri.length();
    }

    String method() {
        return request.method().name();
    }

    /** GET or HEAD: whatever happens, nothing was changed. */
    boolean isRead() {
        return method().equals("GET") || isHead();
    }

    boolean isHead() {
        return method().equals("HEAD");
    }

    /** As it stands in the request line, still encoded. */
    String path() {
        return path;
    }

    /** Which route it took, as metrics name it. */
    String route() {
        return route;
    }

    void took(Route taken) {
        route = taken.label();
    }

    /** How long it has been here. */
    long nanos() {
        return System.nanoTime() - started;
    }

    /** Who is asked for in a request line of absolute form; null in the usual one. */
    @Nullable
    String authority() {
        return authority;
    }

    Query query() {
        return Query.parse(rawQuery);
    }

    HttpHeaders headers() {
        return request.requestHeaders();
    }

    List<String> header(CharSequence name) {
        return headers().getAll(name);
    }

    /** Refuses a header that would change what the request means, and that nothing here heeds. */
    void refuseHeader(String name, String why) {
        if (headers().contains(name)) {
            throw Problem.invalid(name, why);
        }
    }

    /** What is left until the request must be answered; never less than a millisecond. */
    Duration remaining() {
        return Duration.ofNanos(Math.max(1_000_000, deadline - System.nanoTime()));
    }

    ByteBudget.Share share() {
        return share;
    }

    HttpServerRequest request() {
        return request;
    }

    boolean hasBody() {
        return headers().contains(HttpHeaderNames.TRANSFER_ENCODING) || declaredLength() > 0;
    }

    /** What {@code Content-Length} says; 0 where it is not there. */
    long declaredLength() {
        String length = headers().get(HttpHeaderNames.CONTENT_LENGTH);
        return length == null ? 0 : Long.parseLong(length); // the decoder refuses what is no number
    }

    /** Somebody reads the body; it can be read once. */
    void takeBody() {
        bodyTaken = true;
    }

    boolean bodyTaken() {
        return bodyTaken;
    }

    /** It was read to its end. */
    void bodyWasRead() {
        bodyRead = true;
    }

    boolean bodyRead() {
        return bodyRead;
    }

    @Override
    public void close() {
        share.close();
    }
}
