package io.reactorraft.server.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
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

    /** Bytes of one write: a client that takes a little, and then waits, is not one that takes nothing. */
    static final int PIECE_BYTES = 16 << 10;

    /** What the system may hold back for the client: it takes more only once a good part of that is gone. */
    private static final int SEND_BUFFER_BYTES = 128 << 10;

    @Override
    public Mono<Void> writeTo(HttpServerResponse response, boolean headersOnly) {
        response.status(200);
        response.header(HttpHeaderNames.CONTENT_TYPE, "application/octet-stream");
        response.header(HttpHeaderNames.CACHE_CONTROL, "no-store");
        response.header("X-Content-Type-Options", "nosniff");
        if (headersOnly) {
            return response.send().then();
        }
        response.withConnection(connection -> {
            if (connection.channel().isActive()) {
                connection.channel().config().setOption(ChannelOption.SO_SNDBUF, SEND_BUFFER_BYTES);
            }
        });
        return response.sendHeaders()
                .then()
                .then(writtenBy(piece -> response.sendObject(new DefaultHttpContent(Unpooled.wrappedBuffer(piece)))
                        .then()));
    }

    /** All bytes, piece by piece: {@code write} completes once the socket has taken its piece. */
    Mono<Void> writtenBy(Function<ByteBuffer, Mono<Void>> write) {
        return bytes.concatMapIterable(ByteStream::pieces, AHEAD)
                .concatMap(
                        piece -> write.apply(piece).timeout(patience, Mono.error(() -> new StalledException(patience))),
                        0)
                .then();
    }

    private static List<ByteBuffer> pieces(ByteBuffer buffer) {
        List<ByteBuffer> pieces = new ArrayList<>();
        for (int from = buffer.position(); from < buffer.limit(); from += PIECE_BYTES) {
            pieces.add(buffer.slice(from, Math.min(PIECE_BYTES, buffer.limit() - from)));
        }
        return pieces;
    }

    /** The client does not read. */
    static final class StalledException extends RuntimeException {
        private static final long serialVersionUID = 1;

        StalledException(Duration patience) {
            super("the client took nothing for " + patience, null, false, false);
        }
    }
}
