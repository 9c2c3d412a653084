package io.reactorraft.server.kv;

/** What a watcher is told. */
public sealed interface WatchEvent {

    /** A change under its prefix. */
    record Changed(Change change) implements WatchEvent {}

    /**
     * It has been told everything up to this revision.
     *
     * @param revision resume behind it
     */
    record Bookmark(long revision) implements WatchEvent {}

    /**
     * It fell too far behind and is told nothing more.
     *
     * @param resume the first revision that it has not been told of
     */
    record Lagged(long resume) implements WatchEvent {}
}
