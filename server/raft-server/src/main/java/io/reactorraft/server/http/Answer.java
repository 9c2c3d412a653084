package io.reactorraft.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.reactorraft.server.api.Json;
import io.reactorraft.server.api.Problem;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerResponse;

/**
 * A whole answer. Immutable; values out of the store are shared, not copied.
 *
 * @param contentType null where there is no body to describe
 */
record Answer(int status, @Nullable String contentType, ByteString body, Map<CharSequence, String> headers)
        implements Reply {

    private static final int NOT_MODIFIED = 304;

    Answer(int status, String contentType, byte[] body, Map<CharSequence, String> headers) {
        this(status, contentType, UnsafeByteOperations.unsafeWrap(body), headers);
    }

    static Answer json(ObjectNode body) {
        return new Answer(200, "application/json", Json.bytes(body), Map.of());
    }

    /** What a client is told in place of what it asked for. */
    static Answer problem(Problem problem) {
        Answer answer = new Answer(
                problem.type().status(), "application/problem+json", Json.bytes(problem.document()), Map.of());
        Long retryAfter = problem.retryAfterSeconds();
        if (retryAfter != null) {
            answer = answer.with(HttpHeaderNames.RETRY_AFTER, retryAfter.toString());
        }
        String allow = problem.allow();
        return allow == null ? answer : answer.with(HttpHeaderNames.ALLOW, allow);
    }

    static Answer text(int status, String body) {
        return new Answer(status, "text/plain; charset=utf-8", body.getBytes(StandardCharsets.UTF_8), Map.of());
    }

    static Answer notModified() {
        return new Answer(NOT_MODIFIED, null, ByteString.EMPTY, Map.of());
    }

    Answer with(CharSequence name, String value) {
        Map<CharSequence, String> more = new LinkedHashMap<>(headers);
        more.put(name, value);
        return new Answer(status, contentType, body, more);
    }

    @Override
    public Mono<Void> writeTo(HttpServerResponse response, boolean headersOnly) {
        writeHeaders(response);
        if (headersOnly || body.isEmpty()) {
            return response.send().then();
        }
        return response.sendObject(content()).then();
    }

    /**
     * Writes it all, and yet keeps the connection open until {@code after} completes: the length in the headers tells the
     * client where the body ends, and we do not say that it ended.
     */
    Mono<Void> writeAndHold(HttpServerResponse response, boolean headersOnly, Mono<Void> after) {
        response.keepAlive(false);
        writeHeaders(response);
        Mono<Void> written = response.sendHeaders().then();
        if (!headersOnly && !body.isEmpty()) {
            // As a part of HTTP: plain bytes behind headers with a length would be dropped as a second body.
            written = written.then(Mono.defer(
                    () -> response.sendObject(new DefaultHttpContent(content())).then()));
        }
        return written.then(after);
    }

    private ByteBuf content() {
        return Unpooled.wrappedBuffer(body.asReadOnlyByteBuffer());
    }

    private void writeHeaders(HttpServerResponse response) {
        response.status(status);
        headers.forEach(response::header);
        response.header(HttpHeaderNames.CACHE_CONTROL, "no-store");
        if (contentType != null) {
            response.header(HttpHeaderNames.CONTENT_TYPE, contentType);
            response.header("X-Content-Type-Options", "nosniff");
        }
        if (status != NOT_MODIFIED) {
            response.header(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(body.size()));
        }
    }
}
