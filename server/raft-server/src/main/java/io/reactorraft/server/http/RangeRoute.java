package io.reactorraft.server.http;

import com.google.protobuf.ByteString;
import io.reactorraft.server.api.Documents;
import io.reactorraft.server.api.Gate;
import io.reactorraft.server.api.Operations;
import io.reactorraft.server.api.Problem;
import io.reactorraft.server.api.Replica;
import io.reactorraft.server.kv.StoreView;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * {@code /v1/kv}: the keys under a prefix, a page at a time. The first page says which revision it shows; the next ones ask
 * for that, and a watch goes on behind it.
 */
final class RangeRoute {

    /** The most entries of a page. */
    static final int MAX_ENTRIES = 1_000;

    /** A page that has this many bytes of keys and values is closed; it has one entry at least. */
    static final long MAX_BYTES = 4 << 20;

    private static final int DEFAULT_ENTRIES = 100;

    private final Gate gate;

    RangeRoute(Gate gate) {
        this.gate = gate;
    }

    Route route() {
        return new Route("/v1/kv", Map.of("GET", this::get));
    }

    private Mono<Answer> get(Exchange exchange) {
        Replica replica = gate.pass();
        Query query = exchange.query();
        query.only(Set.of("prefix", "limit", "after", "revision", "consistency"));
        ByteString prefix = ByteString.copyFromUtf8(query.one("prefix", ""));
        String after = query.one("after");
        int limit = limit(query.number("limit", 1));
        Operations.At at =
                new Operations.At(Operations.consistency(query.one("consistency")), query.number("revision", 0));
        return Operations.view(replica, at, exchange.remaining())
                .map(view ->
                        page(exchange, view, prefix, after == null ? null : ByteString.copyFromUtf8(after), limit));
    }

    private static Answer page(
            Exchange exchange, StoreView view, ByteString prefix, @Nullable ByteString after, int limit) {
        // The room is taken before the page is made: base64 and all of it at once.
        StoreView.Page page = view.range(prefix, after, new StoreView.PageSize(limit, MAX_BYTES));
        exchange.share().take(2 * weight(page));
        return Answer.json(Documents.page(view.revision(), page));
    }

    private static long weight(StoreView.Page page) {
        return page.entries().stream()
                .mapToLong(entry ->
                        entry.key().size() + (long) entry.value().value().size())
                .sum();
    }

    private static int limit(@Nullable Long asked) {
        if (asked == null) {
            return DEFAULT_ENTRIES;
        }
        if (asked > MAX_ENTRIES) {
            throw Problem.invalid(
                    "limit", "a page has 1 to " + MAX_ENTRIES + " entries; ask for the next one after it");
        }
        return asked.intValue();
    }
}
