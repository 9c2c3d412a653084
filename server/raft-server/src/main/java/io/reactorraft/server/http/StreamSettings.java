package io.reactorraft.server.http;

import com.google.protobuf.ByteString;
import java.time.Duration;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/**
 * What all streams have in common.
 *
 * @param keepAlive how often a comment shows that a stream lives
 * @param ending completes when the server stops
 */
record StreamSettings(Duration keepAlive, Publisher<?> ending) {

    /** A stream of these events. */
    EventStream of(Flux<ByteString> events) {
        return new EventStream(events, keepAlive, ending);
    }
}
