package io.reactorraft.wal;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The records from the beginning of a segment on, read and checked at once, so that another thread can replay them: of
 * entries what {@link EntryHead} knows, of all others everything.
 *
 * <p>They end before whatever is not the next record, and at a bound. Whoever has replayed them goes on in the file itself,
 * from {@link #end} on, and so meets by itself whatever is wrong there. Not thread-safe.
 */
final class CheckedRecords implements Records {

    /** How many records are kept at most: 12 MiB of them. */
    static final int MAX_RECORDS = 1 << 19;

    /** How many bytes of others than entries are kept at most. */
    static final int MAX_OTHER_BYTES = 4 << 20;

    private static final int FIRST = 1 << 12;
    private static final int WORDS = 3; // index and term, or 0 and which of the others; then offset and group
    private static final int OTHER = 0;

    private final long first;
    private final List<Other> others = new ArrayList<>();
    private long[] words = new long[FIRST * WORDS];
    private int count;
    private int otherBytes;
    private long end;
    private long documentEnd;
    private int at = -1;

    private record Other(RecordType type, boolean logBegins, ByteString payload) {}

    private CheckedRecords(long first) {
        this.first = first;
    }

    /** Walks a segment whose file the reader was just attached to, up to record {@code last}. */
    static CheckedRecords read(RecordReader reader, long first, long last) {
        CheckedRecords records = new CheckedRecords(first);
        try {
            records.readUpTo(last, reader);
        } catch (IOException unreadable) {
            // whoever goes on there meets it too, and can tell of it
        }
        return records;
    }

    private void readUpTo(long last, RecordReader reader) throws IOException {
        EntryHead entry = new EntryHead();
        while (first + count <= last && count < MAX_RECORDS && otherBytes < MAX_OTHER_BYTES) {
            if (!reader.next() || reader.number() != first + count) {
                return;
            }
            if (reader.type() == RecordType.ENTRY) {
                reader.entry(entry);
                if (entry.index() == OTHER) {
                    return; // no entry has it
                }
                add(entry.index(), entry.term(), reader);
            } else {
                ByteString payload = ByteString.copyFrom(reader.payload());
                otherBytes += payload.size();
                others.add(new Other(reader.type(), reader.logBegins(), payload));
                add(OTHER, others.size() - 1, reader);
            }
            end = reader.end();
            documentEnd = reader.documentEnd();
        }
    }

    private void add(long index, long term, RecordReader reader) {
        int word = count * WORDS;
        if (word == words.length) {
            words = Arrays.copyOf(words, words.length * 2);
        }
        words[word] = index;
        words[word + 1] = term;
        words[word + 2] = reader.offset() << Short.SIZE | reader.group();
        count++;
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
        return true;
    }

    @Override
    public long offset() {
        return words[at * WORDS + 2] >>> Short.SIZE;
    }

    @Override
    public long number() {
        return first + at;
    }

    @Override
    public RecordType type() {
        return words[at * WORDS] == OTHER ? other().type() : RecordType.ENTRY;
    }

    @Override
    public int group() {
        return (int) words[at * WORDS + 2] & 0xFFFF;
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
        into.set(words[at * WORDS + 1], words[at * WORDS]);
    }

    private Other other() {
        return others.get((int) words[at * WORDS + 1]);
    }
}
