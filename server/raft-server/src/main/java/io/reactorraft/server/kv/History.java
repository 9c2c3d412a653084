package io.reactorraft.server.kv;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The latest changes, each with the tree that it led to: so a read at an old revision is a read, and a watch resumes by
 * walking on. Forgets from the oldest on, as {@link #trim} is told.
 *
 * <p>Changed on the apply thread alone; {@link #at} may be asked on any.
 */
final class History {

    private static final int LEAST_SLOTS = 16;

    /**
     * A point in time.
     *
     * @param tree as the change left it
     */
    record Moment(Change change, SortedTree<Versioned> tree) {}

    private volatile AtomicReferenceArray<@Nullable Moment> slots = new AtomicReferenceArray<>(LEAST_SLOTS);
    private volatile long compacted;
    private volatile long last;
    private long bytes;
    private SortedTree<Versioned> oldest = SortedTree.empty();
    private long oldestHash;
    private long changesHash;

    /** The change of this revision and what it led to; null where it is forgotten, or not yet made. Any thread. */
    @Nullable
    Moment at(long revision) {
        AtomicReferenceArray<@Nullable Moment> now = slots;
        Moment found = now.get(slot(revision, now.length()));
        return found != null && found.change().revision() == revision ? found : null;
    }

    /** The latest revision; whoever asks {@link #at} for one up to it, and gets none, comes too late. Any thread. */
    long last() {
        return last;
    }

    /** The oldest revision that can be read; its own change is forgotten. Any thread. */
    long compacted() {
        return compacted;
    }

    /** The tree at {@link #compacted}. */
    SortedTree<Versioned> oldest() {
        return oldest;
    }

    long bytes() {
        return bytes;
    }

    /** The hash of the changes that are kept, and of what was there before them. */
    long hash() {
        return oldestHash + changesHash;
    }

    int size() {
        return (int) (last - compacted);
    }

    /** Begins anew: nothing is known before this revision, when the tree had this hash. */
    void reset(long revision, SortedTree<Versioned> tree, long treeHash) {
        slots = new AtomicReferenceArray<>(LEAST_SLOTS);
        compacted = revision;
        last = revision;
        oldest = tree;
        oldestHash = treeHash;
        changesHash = 0;
        bytes = 0;
    }

    /** Counts on from so much further; nothing of the way there is kept. */
    void skip(long revisions) {
        if (size() > 0) {
            throw new IllegalStateException(size() + " changes are kept");
        }
        long further = last + revisions; // nothing is kept, so both stand at the same revision
        compacted = further;
        last = further;
    }

    /** The next change, with its tree. */
    void add(Change change, SortedTree<Versioned> tree) {
        if (change.revision() != last + 1) {
            throw new IllegalStateException("revision " + change.revision() + " after " + last);
        }
        if (size() == slots.length()) {
            grow();
        }
        slots.set(slot(change.revision(), slots.length()), new Moment(change, tree));
        bytes = bytes + change.weight();
        changesHash += change.hash();
        last = change.revision();
    }

    private void grow() {
        AtomicReferenceArray<@Nullable Moment> old = slots;
        AtomicReferenceArray<@Nullable Moment> larger = new AtomicReferenceArray<>(2 * old.length());
        for (long revision = compacted + 1; revision <= last; revision++) {
            larger.set(slot(revision, larger.length()), old.get(slot(revision, old.length())));
        }
        slots = larger;
    }

    /** Forgets the oldest changes until at most so many are left, of at most so many bytes. */
    void trim(long maxChanges, long maxBytes) {
        while (size() > maxChanges || (bytes > maxBytes && size() > 0)) {
            int slot = slot(compacted + 1, slots.length());
            Moment forgotten = slots.get(slot);
            if (forgotten == null) {
                throw new IllegalStateException("revision " + (compacted + 1) + " is missing in the history");
            }
            forget(forgotten.change(), forgotten.tree());
            slots.set(slot, null);
        }
    }

    private void forget(Change change, SortedTree<Versioned> tree) {
        byte[] key = change.key().toByteArray();
        Versioned before = oldest.get(key);
        Versioned after = change.value();
        oldestHash += (after == null ? 0 : after.hash(key)) - (before == null ? 0 : before.hash(key));
        oldest = tree;
        changesHash -= change.hash();
        bytes = bytes - change.weight();
        compacted = change.revision();
    }

    /** All that is kept, in order; a copy of references, since what is forgotten next must not go missing in it. */
    Change[] capture() {
        Change[] captured = new Change[size()];
        for (int i = 0; i < captured.length; i++) {
            Moment moment = slots.get(slot(compacted + 1 + i, slots.length()));
            if (moment == null) {
                throw new IllegalStateException("revision " + (compacted + 1 + i) + " is missing in the history");
            }
            captured[i] = moment.change();
        }
        return captured;
    }

    private static int slot(long revision, int length) {
        return (int) (revision & length - 1);
    }
}
