package io.reactorraft.wal;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The records from the beginning of a segment on, read and checked at once, so that another thread can replay them: of
 * entries what {@link EntryHead} knows, of all others everything. Most entries are the next one of their group in the same
 * term, so eight bytes say all of them; and it is used again for other segments.
 *
 * <p>The records end before whatever is not the next one, and at a bound. Whoever has replayed them goes on in the file
 * itself, from {@link #end} on, and so meets by itself whatever is wrong there. Not thread-safe.
 */
final class CheckedRecords implements Records {

    /** How many records are kept at most: more than there are of usual ones in a segment of usual size, in 2 MiB. */
    static final int MAX_RECORDS = 1 << 18;

    /** How many others than next entries are kept at most. */
    static final int MAX_OTHERS = 1 << 14;

    /** How many bytes of them. */
    static final int MAX_OTHER_BYTES = 4 << 20;

    /** Of each: offset, group, and whether it is the next entry. */
    private final LongBuffer words = ByteBuffer.allocateDirect(MAX_RECORDS * Long.BYTES)
            .order(ByteOrder.nativeOrder())
            .asLongBuffer();

    private final List<Other> others = new ArrayList<>();
    private final Ends ends = new Ends();
    private long first;
    private int count;
    private int otherBytes;
    private long end;
    private long documentEnd;
    private int at;
    private int otherAt;

    /** A record that the one before it in its group does not say. */
    private record Other(RecordType type, boolean logBegins, ByteString payload, long index, long term) {}

    /** The newest entry of each group so far, while records are read, and once more while they are replayed. */
    private static final class Ends {
        private long[] indexes = new long[2];
        private long[] terms = new long[2];

        void clear() {
            Arrays.fill(indexes, 0);
        }

        void set(int group, long index, long term) {
            if (group >= indexes.length) {
                indexes = Arrays.copyOf(indexes, 2 * group);
                terms = Arrays.copyOf(terms, 2 * group);
            }
            indexes[group] = index;
            terms[group] = term;
        }

        boolean isNext(int group, long index, long term) {
            return group < indexes.length && indexes[group] != 0 && indexes[group] + 1 == index && terms[group] == term;
        }
    }

    /** Forgets all records; those to come are of a segment that begins behind record {@code previous}. */
    void clear(long previous) {
        first = previous + 1;
        count = 0;
        others.clear();
        otherBytes = 0;
        end = 0;
        documentEnd = 0;
        ends.clear();
        at = -1;
        otherAt = -1;
    }

    /** Reads the records of the segment whose file the reader was just attached to, up to the one with number {@code last}. */
    void read(RecordReader reader, long last) throws IOException {
        try {
            readUpTo(last, reader);
        } finally {
            ends.clear(); // they are replayed from the beginning
        }
    }

    private void readUpTo(long last, RecordReader reader) throws IOException {
        EntryHead entry = new EntryHead();
        while (first + count <= last && isRoom()) {
            if (!reader.next() || reader.number() != first + count) {
                return;
            }
            boolean isNext = false;
            if (reader.type() == RecordType.ENTRY) {
                reader.entry(entry);
                isNext = ends.isNext(reader.group(), entry.index(), entry.term());
                ends.set(reader.group(), entry.index(), entry.term());
            }
            if (!isNext) {
                others.add(other(reader, entry));
            }
            words.put(count++, reader.offset() << 32 | (long) reader.group() << 1 | (isNext ? 1 : 0));
            end = reader.end();
            documentEnd = reader.documentEnd();
        }
    }

    private boolean isRoom() {
        return count < MAX_RECORDS && others.size() < MAX_OTHERS && otherBytes < MAX_OTHER_BYTES;
    }

    private Other other(RecordReader reader, EntryHead entry) {
        if (reader.type() == RecordType.ENTRY) {
            return new Other(RecordType.ENTRY, false, ByteString.EMPTY, entry.index(), entry.term());
        }
        ByteString payload = ByteString.copyFrom(reader.payload());
        otherBytes += payload.size();
        return new Other(reader.type(), reader.logBegins(), payload, 0, 0);
    }

    /** One past the last byte of the last of them; 0: there is none. */
    long end() {
        return end;
    }

    /** Where the document of the last of them ends. */
    long documentEnd() {
        return documentEnd;
    }

    @Override
    public boolean next() {
        if (at + 1 >= count) {
            return false;
        }
        at++;
        if (isNextEntry()) {
            ends.set(group(), ends.indexes[group()] + 1, ends.terms[group()]);
        } else {
            otherAt++;
            if (type() == RecordType.ENTRY) {
                ends.set(group(), other().index(), other().term());
            }
        }
        return true;
    }

    @Override
    public long offset() {
        return words.get(at) >>> 32;
    }

    @Override
    public long number() {
        return first + at;
    }

    @Override
    public RecordType type() {
        return isNextEntry() ? RecordType.ENTRY : other().type();
    }

    @Override
    public int group() {
        return (int) words.get(at) >>> 1;
    }

    @Override
    public boolean logBegins() {
        return other().logBegins();
    }

    @Override
    public ByteBuffer payload() {
        return other().payload().asReadOnlyByteBuffer();
    }

    @Override
    public void entry(EntryHead into) {
        into.set(ends.terms[group()], ends.indexes[group()]);
    }

    private boolean isNextEntry() {
        return (words.get(at) & 1) != 0;
    }

    private Other other() {
        return others.get(otherAt);
    }
}
