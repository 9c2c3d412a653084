package io.reactorraft.wal;

import io.reactorraft.core.LogView;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is durable of one group: terms, positions and the newest entries.
 *
 * <p><b>Threads.</b> The log's thread changes it once a batch is durable, the loop and the reading thread ask it. One lock
 * guards all; nobody does I/O under it, and no step under it depends on the length of the log.
 */
final class GroupView implements LogView {
    private final Object lock = new Object();
    private final TermRuns terms = new TermRuns();
    private final EntryIndex index = new EntryIndex();
    private final EntryCache cache;
    private HardState hardState = HardState.getDefaultInstance();
    private SnapshotMetadata mark = SnapshotMetadata.getDefaultInstance();

    GroupView(long cacheBytes) {
        this.cache = new EntryCache(cacheBytes);
    }

    @Override
    public long firstIndex() {
        synchronized (lock) {
            return terms.base() + 1;
        }
    }

    @Override
    public long lastIndex() {
        synchronized (lock) {
            return terms.last();
        }
    }

    @Override
    public long term(long index) {
        synchronized (lock) {
            return terms.term(index);
        }
    }

    @Override
    public @Nullable List<Entry> entries(long from, long to, long maxBytes) {
        EntryBudget budget = new EntryBudget(maxBytes);
        synchronized (lock) {
            cache.collect(from, Math.min(to, terms.last() + 1), budget);
        }
        return budget.count() == 0 ? null : budget.entries();
    }

    @Override
    public @Nullable SnapshotMetadata snapshot() {
        SnapshotMetadata newest = mark();
        return newest.getIndex() == 0 ? null : newest;
    }

    /** What the newest entries take in memory. */
    long cachedBytes() {
        synchronized (lock) {
            return cache.bytes();
        }
    }

    HardState hardState() {
        synchronized (lock) {
            return hardState;
        }
    }

    SnapshotMetadata mark() {
        synchronized (lock) {
            return mark;
        }
    }

    void hardState(HardState durable) {
        synchronized (lock) {
            hardState = durable;
        }
    }

    /**
     * Entries became durable, and with them whatever they replace is gone.
     *
     * @param positions where each lies, as {@link EntryIndex#position}, from {@code at} on
     */
    void append(List<Entry> entries, long[] positions, int at) {
        synchronized (lock) {
            for (int i = 0; i < entries.size(); i++) {
                Entry entry = entries.get(i);
                add(entry.getIndex(), entry.getTerm(), positions[at + i]);
                cache.append(entry);
            }
        }
    }

    /** An entry is read back, and stays on disk alone. Before {@link #recovered}: nobody else looks, so nothing is locked. */
    void replay(long entryIndex, long term, long position) {
        add(entryIndex, term, position);
    }

    private void add(long entryIndex, long term, long position) {
        if (entryIndex <= terms.last()) {
            truncate(entryIndex - 1);
        }
        terms.append(term);
        index.append(entryIndex, position);
    }

    /** Entries behind {@code after} are gone. */
    void truncate(long after) {
        synchronized (lock) {
            terms.truncate(after);
            index.truncate(after);
            cache.truncate(after);
        }
    }

    /** A snapshot is marked; where {@code logBegins}, the log is empty behind it from here on. */
    void mark(SnapshotMetadata snapshot, boolean logBegins) {
        synchronized (lock) {
            mark = snapshot;
            if (logBegins) {
                reset(snapshot.getIndex(), snapshot.getTerm());
            }
        }
    }

    /** What recovery ends with. */
    void recovered(HardState durable, SnapshotMetadata newest) {
        synchronized (lock) {
            hardState = durable;
            mark = newest;
        }
    }

    /** The log is empty behind {@code base}. */
    void reset(long base, long term) {
        synchronized (lock) {
            terms.reset(base, term);
            index.truncate(0);
            cache.clear(base + 1);
        }
    }

    /** Segments before {@code cycle} are gone. */
    void compact(int cycle) {
        synchronized (lock) {
            long first = index.compact(cycle, terms.last() + 1);
            if (first > terms.base() + 1) {
                terms.compact(first - 1);
                cache.compact(first - 1);
            }
        }
    }

    /**
     * Hands over what is in memory from {@code from} on.
     *
     * @return where on disk to go on, where the first entry is not in memory
     */
    @Nullable
    Stretch collect(long from, long to, EntryBudget budget) {
        synchronized (lock) {
            if (from <= terms.base() || to > terms.last() + 1) {
                throw new IndexOutOfBoundsException("entries " + from + " to " + (to - 1)
                        + " were asked for, and the log holds " + (terms.base() + 1) + " to " + terms.last());
            }
            if (cache.get(from) == null) {
                return new Stretch(index.positionBefore(from), index.runEnd(from, to));
            }
            cache.collect(from, to, budget);
            return null;
        }
    }

    /**
     * Where on disk entries lie in a row.
     *
     * @param position from where to walk to the first one, as {@link EntryIndex#position}
     * @param end one past the last index that this walk finds
     */
    record Stretch(long position, long end) {}
}
