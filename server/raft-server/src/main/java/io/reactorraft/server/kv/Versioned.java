package io.reactorraft.server.kv;

import com.google.protobuf.ByteString;

/**
 * The value of a key. Immutable, so that it may leave the apply thread.
 *
 * @param revision the store's revision at the key's last change; 1 or higher
 * @param hash of the value, so that it is read once
 */
public record Versioned(ByteString value, long revision, long hash) {

    private static final int VALUE_DOMAIN = 1;
    private static final int ENTRY_DOMAIN = 3;

    /** What an entry costs beside its key and value. */
    private static final long OVERHEAD_BYTES = 64;

    /** A value that was set by the change of this revision. */
    public Versioned(ByteString value, long revision) {
        this(value, revision, Digest.of(VALUE_DOMAIN).add(value).value());
    }

    /** What the entry counts against the quota. */
    long weight(byte[] key) {
        return OVERHEAD_BYTES + key.length + value.size();
    }

    /** The hash of the entry. */
    long hash(byte[] key) {
        return Digest.of(ENTRY_DOMAIN).add(key).add(revision).add(hash).value();
    }
}
