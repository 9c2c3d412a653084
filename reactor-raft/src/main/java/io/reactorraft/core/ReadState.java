package io.reactorraft.core;

import com.google.protobuf.ByteString;

/**
 * The answer to a ReadIndex (thesis §6.4): a read asked with {@code context} may be served once {@code index} is
 * applied.
 */
public record ReadState(long index, ByteString context) {}
