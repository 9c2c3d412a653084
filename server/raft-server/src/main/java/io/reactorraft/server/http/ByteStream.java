package io.reactorraft.server.http;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.nio.ByteBuffer;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerResponse;

/**
 * Bytes of which nobody knows beforehand how many there are. The socket paces the source; an error of the source breaks the
 * connection, so that nobody takes half of it for the whole.
 *
 * @param patience for how long a client may take nothing: then the connection is broken
 */
record ByteStream(Flux<ByteBuffer> bytes, Duration patience) implements Reply {

    /** Buffers ahead of the socket. */
    private static final int AHEAD = 4;

    @Override
    public Mono<Void> writeTo(HttpServerResponse response, boolean headersOnly) {
        response.status(200);
        response.header(HttpHeaderNames.CONTENT_TYPE, "application/octet-stream");
        response.header(HttpHeaderNames.CACHE_CONTROL, "no-store");
        response.header("X-Content-Type-Options", "nosniff");
        if (headersOnly) {
            return response.send().then();
        }
        return response.sendHeaders()
                .then()
                .thenMany(bytes.limitRate(AHEAD).concatMap(buffer -> write(response, buffer), 0))
                .then();
    }

    private Mono<Void> write(HttpServerResponse response, ByteBuffer buffer) {
        return response.sendObject(new DefaultHttpContent(Unpooled.wrappedBuffer(buffer)))
                .then()
                .timeout(patience, Mono.error(() -> new StalledException(patience)));
    }

    /** The client does not read. */
    static final class StalledException extends RuntimeException {
        private static final long serialVersionUID = 1;

        StalledException(Duration patience) {
            super("the client took nothing for " + patience, null, false, false);
        }
    }
}
