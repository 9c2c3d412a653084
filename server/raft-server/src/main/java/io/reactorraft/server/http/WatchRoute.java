package io.reactorraft.server.http;

import com.google.protobuf.ByteString;
import io.reactorraft.server.api.Documents;
import io.reactorraft.server.api.Gate;
import io.reactorraft.server.api.Json;
import io.reactorraft.server.api.Operations;
import io.reactorraft.server.api.Replica;
import io.reactorraft.server.kv.Change;
import io.reactorraft.server.kv.WatchEvent;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * {@code /v1/watch}: changes under a prefix as server-sent events, each with its revision as id, so that a browser which
 * comes back resumes by itself. Paced by the connection: what is not yet written has not been asked for.
 */
final class WatchRoute {

    private static final String LAST_EVENT_ID = "Last-Event-ID";

    private final Gate gate;
    private final StreamSettings streams;
    private final AtomicReference<@Nullable Written> latest = new AtomicReference<>();

    /** An event that many watchers are told of is written down once. */
    private record Written(Change change, ByteString event) {}

    WatchRoute(Gate gate, StreamSettings streams) {
        this.gate = gate;
        this.streams = streams;
    }

    Route route() {
        return new Route("/v1/watch", Map.of("GET", this::get));
    }

    private Mono<? extends Reply> get(Exchange exchange) {
        Query query = exchange.query();
        query.only(Set.of("prefix", "from"));
        ByteString prefix = ByteString.copyFromUtf8(query.one("prefix", ""));
        Long asked = query.number("from", 1);
        Long last = lastEventId(exchange);
        long from = last != null ? last + 1 : asked != null ? asked : 0;
        Reply stream = streams.of(gate.opened()
                .flatMapMany(replica -> Operations.watch(replica, prefix, from))
                .map(this::event));
        Replica replica = gate.running();
        // 200 at once, recovered or not: a browser gives up on a stream that answers anything else. 410 is meant to.
        return replica == null
                ? Mono.just(stream)
                : Operations.checkWatch(replica, from).thenReturn(stream);
    }

    private static @Nullable Long lastEventId(Exchange exchange) {
        List<String> given = exchange.header(LAST_EVENT_ID);
        if (given.isEmpty() || given.get(0).isEmpty()) {
            return null;
        }
        return Query.number(LAST_EVENT_ID, given.get(0), 0);
    }

    private ByteString event(WatchEvent event) {
        if (event instanceof WatchEvent.Changed changed) {
            return written(changed.change());
        }
        if (event instanceof WatchEvent.Bookmark bookmark) {
            return ByteString.copyFromUtf8("id: " + bookmark.revision() + "\n\n");
        }
        if (event instanceof WatchEvent.Lagged lagged) {
            return ByteString.copyFromUtf8("event: lagged\ndata: {\"resume\":" + lagged.resume() + "}\n\n");
        }
        throw new AssertionError("an event that nobody knows: " + event);
    }

    private ByteString written(Change change) {
        Written known = latest.get();
        if (known != null && known.change().equals(change)) {
            return known.event();
        }
        String head = "id: " + change.revision() + "\nevent: " + (change.isDelete() ? "delete" : "put") + "\n";
        ByteString event =
                ByteString.copyFromUtf8(head).concat(EventStream.event(Json.bytes(Documents.change(change))));
        latest.set(new Written(change, event));
        return event;
    }
}
