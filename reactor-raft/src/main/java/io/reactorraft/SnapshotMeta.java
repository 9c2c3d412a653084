package io.reactorraft;

/**
 * A snapshot that is durable here.
 *
 * @param term of its last entry
 * @param index of the last entry that it stands for
 * @param bytes its size on disk
 */
public record SnapshotMeta(long term, long index, long bytes) {}
