package io.reactorraft.benchmarks;

import com.google.protobuf.ByteString;
import io.reactorraft.core.LogView;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A log in memory that allocates nothing while it is measured: what was there before in full, and of what is appended the
 * latest entries, in a ring.
 */
final class MeasuredLog implements LogView {

    private static final int RING = 1 << 12;
    private static final long TERM_BEFORE = 1;

    private final List<Entry> before;
    private final Entry[] latest = new Entry[RING];
    private long lastIndex;

    MeasuredLog(List<Entry> before) {
        this.before = before;
        this.lastIndex = before.size();
        Arrays.fill(latest, Entry.getDefaultInstance());
    }

    /** What a log of this length holds; may be shared. */
    static List<Entry> entriesBefore(int count) {
        List<Entry> entries = new ArrayList<>(count);
        for (int index = 1; index <= count; index++) {
            entries.add(Entry.newBuilder()
                    .setTerm(TERM_BEFORE)
                    .setIndex(index)
                    .setData(ByteString.copyFromUtf8("entry " + index))
                    .build());
        }
        return entries;
    }

    void append(List<Entry> entries) {
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            latest[position(entry.getIndex())] = entry;
            lastIndex = entry.getIndex();
        }
    }

    private static int position(long index) {
        return (int) (index % RING);
    }

    private Entry entry(long index) {
        Entry entry = index <= before.size() ? before.get((int) index - 1) : latest[position(index)];
        if (entry.getIndex() != index) {
            throw new BenchmarkException("the ring of " + RING + " entries holds index " + index + " no more");
        }
        return entry;
    }

    @Override
    public long firstIndex() {
        return 1;
    }

    @Override
    public long lastIndex() {
        return lastIndex;
    }

    @Override
    public long term(long index) {
        if (index > lastIndex) {
            return UNKNOWN_TERM;
        }
        return index == 0 ? 0 : entry(index).getTerm();
    }

    /** Without a limit of its own: what is measured asks for less than a message's worth. */
    @Override
    public @Nullable List<Entry> entries(long from, long to, long maxBytes) {
        List<Entry> found = new ArrayList<>((int) (to - from));
        for (long index = from; index < to; index++) {
            found.add(entry(index));
        }
        return found;
    }

    @Override
    public @Nullable SnapshotMetadata snapshot() {
        return null;
    }
}
