package io.reactorraft.wal;

import io.reactorraft.proto.Entry;
import java.util.ArrayList;
import java.util.List;

/** Entries that are gathered for somebody, as many as fit into so many bytes of serialised size but at least one. */
final class EntryBudget {
    private final long maxBytes;
    private final List<Entry> entries = new ArrayList<>();
    private long bytes;

    /** {@code maxBytes}: 0 for no limit. */
    EntryBudget(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Takes the entry; false where it does not fit any more. */
    boolean add(Entry entry) {
        long size = entry.getSerializedSize();
        if (maxBytes > 0 && bytes + size > maxBytes && !entries.isEmpty()) {
            return false;
        }
        bytes += size;
        entries.add(entry);
        return true;
    }

    int count() {
        return entries.size();
    }

    List<Entry> entries() {
        return entries;
    }
}
