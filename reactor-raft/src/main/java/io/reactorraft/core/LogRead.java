package io.reactorraft.core;

/**
 * Entries that a follower needs and that are not in memory. The runtime reads them on the log's thread and hands them
 * to {@link RawNode#logRead}; until then that follower is paused.
 *
 * @param from the first index wanted
 * @param to one past the last index wanted
 * @param maxBytes as in {@link LogView#entries}
 */
public record LogRead(String peerId, long from, long to, long maxBytes) {}
