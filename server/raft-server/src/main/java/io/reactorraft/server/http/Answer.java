package io.reactorraft.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
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
    public int bytes() {
        return body.size();
    }

    @Override
    public Mono<Void> writeTo(HttpServerResponse response, boolean headersOnly) {
        response.status(status);
        headers.forEach(response::header);
        response.header(HttpHeaderNames.CACHE_CONTROL, "no-store");
        if (contentType != null) {
            response.header(HttpHeaderNames.CONTENT_TYPE, contentType);
            response.header("X-Content-Type-Options", "nosniff");
        }
        if (status == NOT_MODIFIED) {
            return response.send().then();
        }
        response.header(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(body.size()));
        if (headersOnly || body.isEmpty()) {
            return response.send().then();
        }
        return response.sendObject(Unpooled.wrappedBuffer(body.asReadOnlyByteBuffer()))
                .then();
    }
}
