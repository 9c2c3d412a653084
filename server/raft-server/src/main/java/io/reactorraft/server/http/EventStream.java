package io.reactorraft.server.http;

import com.google.protobuf.ByteString;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.time.Duration;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.http.server.HttpServerResponse;

/**
 * Server-sent events: 200 at once, then each event as it comes, written and flushed by itself.
 *
 * <p>The socket paces the source. The next event is asked for once the last one is with the system, so a client that
 * reads slowly holds three events of ours at most, and the source decides what it sees next.
 *
 * @param events each a whole event, as {@link #event} makes them
 * @param keepAlive how often a comment shows that the stream lives
 * @param ending completes when the server stops
 */
record EventStream(Flux<ByteString> events, Duration keepAlive, Publisher<?> ending) implements Reply {

    private static final ByteString OPENING = ByteString.copyFromUtf8("retry: 1000\n\n");
    private static final ByteString COMMENT = ByteString.copyFromUtf8(":\n\n");
    private static final ByteString DATA = ByteString.copyFromUtf8("data: ");
    private static final ByteString END = ByteString.copyFromUtf8("\n\n");

    /** An event of one line of data. */
    static ByteString event(byte[] line) {
        return DATA.concat(ByteString.copyFrom(line)).concat(END);
    }

    @Override
    public Mono<Void> writeTo(HttpServerResponse response, boolean headersOnly) {
        response.status(200);
        response.header(HttpHeaderNames.CONTENT_TYPE, "text/event-stream");
        response.header(HttpHeaderNames.CACHE_CONTROL, "no-store");
        response.header("X-Content-Type-Options", "nosniff");
        response.header("X-Accel-Buffering", "no");
        if (headersOnly) {
            return response.send().then();
        }
        return response.sendHeaders()
                .then()
                .thenMany(frames().concatMap(frame -> write(response, frame), 0))
                .then()
                .takeUntilOther(ending);
    }

    private static Mono<Void> write(HttpServerResponse response, ByteString frame) {
        // As a part of HTTP: plain bytes would be taken for a whole body.
        return response.sendObject(new DefaultHttpContent(Unpooled.wrappedBuffer(frame.asReadOnlyByteBuffer())))
                .then();
    }

    /** Events with comments between them, until the events end. */
    private Flux<ByteString> frames() {
        return Flux.defer(() -> {
            Sinks.Empty<Void> over = Sinks.empty();
            Flux<ByteString> comments = Flux.interval(keepAlive)
                    .onBackpressureDrop()
                    .map(tick -> COMMENT)
                    .takeUntilOther(over.asMono());
            return Flux.concat(
                    Mono.just(OPENING), Flux.merge(1, events.doFinally(signal -> over.tryEmitEmpty()), comments));
        });
    }
}
