package io.reactorraft.server.kv;

import com.google.protobuf.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values at the latest revision, and the way there. Changed on the apply thread alone; the numbers may be read
 * on any.
 */
final class Contents {

    private final History history = new History();
    private SortedTree<Versioned> tree = SortedTree.empty();
    private volatile long bytes;

    History history() {
        return history;
    }

    SortedTree<Versioned> tree() {
        return tree;
    }

    long revision() {
        return history.last();
    }

    /** What counts against the quota. */
    long bytes() {
        return bytes;
    }

    @Nullable
    Versioned get(byte[] key) {
        return tree.get(key);
    }

    /** By how much setting the key would grow what counts against the quota. */
    long growth(byte[] key, ByteString value) {
        Versioned before = tree.get(key);
        return new Versioned(value, 0, 0).weight(key) - (before == null ? 0 : before.weight(key));
    }

    /** The next change: sets the key or, with null, takes its value away. */
    void change(ByteString key, @Nullable ByteString value) {
        long revision = revision() + 1;
        apply(new Change(revision, key, value == null ? null : new Versioned(value, revision)));
    }

    /** A change that was made before. */
    void apply(Change change) {
        byte[] key = change.key().toByteArray();
        Versioned before = tree.get(key);
        Versioned after = change.value();
        tree = after == null ? tree.without(key) : tree.with(key, after);
        bytes = bytes + (after == null ? 0 : after.weight(key)) - (before == null ? 0 : before.weight(key));
        history.add(change, tree);
    }

    /** Begins anew, with what was there at this revision. */
    void reset(long revision, SortedTree<Versioned> loaded, long loadedBytes, long loadedHash) {
        tree = loaded;
        bytes = loadedBytes;
        history.reset(revision, loaded, loadedHash);
    }

    /** The tree at a revision that is kept. */
    SortedTree<Versioned> at(long revision) {
        if (revision == revision()) {
            return tree;
        }
        if (revision == history.compacted()) {
            return history.oldest();
        }
        History.Moment moment = history.at(revision);
        if (moment == null) {
            throw new RevisionException(revision, history.compacted(), history.last());
        }
        return moment.tree();
    }
}
