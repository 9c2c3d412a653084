package io.reactorraft.server.kv;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The store at one revision. Immutable: taken on the apply thread in no time, and read on any other at leisure. */
public final class StoreView {

    private final long revision;
    private final SortedTree<Versioned> tree;

    StoreView(long revision, SortedTree<Versioned> tree) {
        this.revision = revision;
        this.tree = tree;
    }

    /** An entry of a range. */
    public record Entry(ByteString key, Versioned value) {}

    /**
     * A part of a range.
     *
     * @param more whether there is more behind its last entry
     */
    public record Page(List<Entry> entries, boolean more) {
        public Page {
            entries = List.copyOf(entries);
        }
    }

    /**
     * What a page may hold.
     *
     * @param maxBytes of keys and values; at least one entry is taken
     */
    public record PageSize(int maxEntries, long maxBytes) {}

    /** Which revision this is. */
    public long revision() {
        return revision;
    }

    /** The key's value; null where it has none. */
    public @Nullable Versioned get(Key key) {
        return tree.get(key.bytes());
    }

    /** The keys that begin with {@code prefix}, in the order of their bytes, behind {@code after} where it is given. */
    public Page range(ByteString prefix, @Nullable ByteString after, PageSize size) {
        List<Entry> entries = new ArrayList<>();
        long bytes = 0;
        Iterator<SortedTree.Node<Versioned>> rest = from(prefix, after);
        while (rest.hasNext()) {
            SortedTree.Node<Versioned> node = rest.next();
            ByteString key = ByteString.copyFrom(node.key());
            if (!key.startsWith(prefix)) {
                break;
            }
            bytes += key.size() + (long) node.value().value().size();
            boolean full = entries.size() >= size.maxEntries() || (bytes > size.maxBytes() && !entries.isEmpty());
            if (full) {
                return new Page(entries, true);
            }
            entries.add(new Entry(key, node.value()));
        }
        return new Page(entries, false);
    }

    private Iterator<SortedTree.Node<Versioned>> from(ByteString prefix, @Nullable ByteString after) {
        if (after == null || ByteString.unsignedLexicographicalComparator().compare(after, prefix) < 0) {
            return tree.ascendingFrom(prefix.toByteArray());
        }
        // The key with a zero byte behind it is the first that is larger.
        return tree.ascendingFrom(after.concat(ByteString.copyFrom(new byte[1])).toByteArray());
    }
}
