package io.reactorraft.server.kv;

import com.google.protobuf.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * One change of one key. Immutable.
 *
 * @param revision the store's, once it was made
 * @param value what the key was set to; null: its value was taken away
 */
public record Change(
        long revision, ByteString key, @Nullable Versioned value) {

    private static final int DOMAIN = 2;

    /** What each change costs beside its key and value: the paths of the tree that it does not share with the next. */
    private static final long OVERHEAD_BYTES = 512;

    /** Whether the key lost its value. */
    public boolean isDelete() {
        return value == null;
    }

    /** How much memory keeping it takes, by a rule that is the same on every replica. */
    long weight() {
        return OVERHEAD_BYTES + key.size() + (value == null ? 0 : value.value().size());
    }

    long hash() {
        return Digest.of(DOMAIN)
                .add(revision)
                .add(key)
                .add(value == null ? 0 : value.hash())
                .value();
    }
}
