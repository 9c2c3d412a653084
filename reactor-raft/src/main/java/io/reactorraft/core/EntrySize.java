package io.reactorraft.core;

import io.reactorraft.proto.Entry;
import java.util.List;

/** What an entry counts for where a limit is in bytes. */
interface EntrySize {

    /** As it stands on the wire and on disk; the generated class computes it once and remembers it. */
    EntrySize SERIALIZED = Entry::getSerializedSize;

    long of(Entry entry);

    default long of(List<Entry> entries) {
        long bytes = 0;
        for (int i = 0; i < entries.size(); i++) {
            bytes += of(entries.get(i));
        }
        return bytes;
    }

    /** What counts towards the windows of followers and the uncommitted tail: the data alone. */
    static long ofData(List<Entry> entries) {
        long bytes = 0;
        for (int i = 0; i < entries.size(); i++) {
            bytes += entries.get(i).getData().size();
        }
        return bytes;
    }
}
