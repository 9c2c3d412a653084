package io.reactorraft.server.kv;

import com.google.protobuf.ByteString;

/**
 * The value of a key. Immutable, so that it may leave the apply thread.
 *
 * @param revision the store's revision at the key's last change; 1 or higher
 */
public record Versioned(ByteString value, long revision) {}
