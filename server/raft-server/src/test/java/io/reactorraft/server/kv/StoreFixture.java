package io.reactorraft.server.kv;

import com.google.protobuf.ByteString;
import io.reactorraft.Committed;
import io.reactorraft.server.kv.proto.Command;
import io.reactorraft.server.kv.proto.Result;
import java.time.Duration;
import java.time.Instant;

/** A store that is applied to by hand, at a time of the test's own. */
final class StoreFixture {

    static final Duration SOON = Duration.ofSeconds(60);

    final KeyValueStore store = new KeyValueStore();
    long index;
    long now = 1_700_000_000_000L;

    Result apply(Command command) {
        return store.apply(new Committed<>(2, ++index, Instant.ofEpochMilli(now), 1, command));
    }

    Result put(String key, String value) {
        return apply(Commands.put(Key.of(key), ByteString.copyFromUtf8(value), Commands.always()));
    }

    Result delete(String key) {
        return apply(Commands.delete(Key.of(key), Commands.always()));
    }

    /** Goes on with a copy that came out of a snapshot. */
    StoreFixture restored() {
        StoreFixture copy = new StoreFixture();
        copy.store.restore(store.snapshot()).block(SOON);
        copy.index = index;
        copy.now = now;
        return copy;
    }
}
