package io.reactorraft.wal;

import io.reactorraft.proto.Entry;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads entries that are no longer in memory, by walking the segment from the nearest waypoint.
 *
 * <p>Used on the reading thread alone.
 */
final class EntryReader implements AutoCloseable {
    private final Map<Integer, Path> segments;
    private final RecordReader reader = new RecordReader();
    private final EntryHead head = new EntryHead();
    private @Nullable FileChannel channel;
    private int cycle = -1;

    /** {@code segments}: where each lies, by cycle. */
    EntryReader(Map<Integer, Path> segments) {
        this.segments = segments;
    }

    /** What the checksums of this log begin with; before the first read. */
    void seed(long seed) {
        reader.seed(seed);
    }

    /** As {@link io.reactorraft.spi.LogStore#read} says. */
    List<Entry> read(GroupLog group, long from, long to, long maxBytes) throws IOException {
        EntryBudget budget = new EntryBudget(maxBytes);
        long next = from;
        while (next < to) {
            GroupView.Stretch stretch = group.view().collect(next, to, budget);
            if (stretch != null) {
                walk(group, next, stretch, budget);
            }
            if (from + budget.count() == next) {
                break; // the next one does not fit
            }
            next = from + budget.count();
        }
        return budget.entries();
    }

    private void walk(GroupLog group, long from, GroupView.Stretch stretch, EntryBudget budget) throws IOException {
        int wanted = EntryIndex.cycle(stretch.position());
        reader.startAt(open(wanted, from), EntryIndex.offset(stretch.position()));
        long next = from;
        while (next < stretch.end()) {
            if (!reader.next()) {
                throw new IOException(segments.get(wanted) + ":" + reader.offset() + " is damaged: entry " + next
                        + " of group " + group.groupId() + " cannot be read: " + reader.stop());
            }
            if (reader.type() == RecordType.ENTRY && reader.group() == group.number()) {
                reader.entry(head);
                if (head.index() == next) {
                    if (!budget.add(Entry.parseFrom(reader.payload()))) {
                        return;
                    }
                    next++;
                }
            }
        }
    }

    private FileChannel open(int wanted, long index) throws IOException {
        FileChannel current = channel;
        if (current != null && cycle == wanted) {
            return current;
        }
        close();
        Path path = segments.get(wanted);
        if (path == null) {
            throw new IndexOutOfBoundsException("entry " + index + " was compacted");
        }
        try {
            current = FileChannel.open(path, StandardOpenOption.READ);
        } catch (NoSuchFileException gone) {
            IndexOutOfBoundsException compacted = new IndexOutOfBoundsException("entry " + index + " was compacted");
            compacted.initCause(gone);
            throw compacted;
        }
        channel = current;
        cycle = wanted;
        return current;
    }

    /** Closes the file it read last; it may read another. */
    @Override
    public void close() throws IOException {
        FileChannel current = channel;
        channel = null;
        cycle = -1;
        if (current != null) {
            current.close();
        }
    }
}
