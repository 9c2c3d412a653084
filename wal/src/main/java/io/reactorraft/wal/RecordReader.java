package io.reactorraft.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;

/**
 * Walks the records of one segment, reading the file itself: recovery trusts checksums of ours, never the state that
 * Chronicle keeps beside them.
 *
 * <p>A segment is a sequence of Chronicle documents, each a header of 32 bits and its body: bit 31 not ready, bit 30
 * metadata of Chronicle's own, below them the length. A zero header is where writing ended. Not thread-safe.
 */
final class RecordReader implements Records {
    private static final int NOT_READY = 0x8000_0000;
    private static final int METADATA = 0x4000_0000;
    private static final int LENGTH_MASK = 0x3FFF_FFFF;
    private static final int END_OF_FILE = NOT_READY | METADATA;
    private static final int HEADER = 4;

    /** So often a search for a proof looks at each byte, on average, before it gives up. */
    private static final int CHECKED_TIMES = 16;

    private final RecordChecksum checksum = new RecordChecksum(0);
    private final FileWindow window = new FileWindow();
    private long nextOffset;
    private long documentEnd;
    private long offset;
    private int length;
    private long number;
    private RecordType type = RecordType.SEGMENT_START;
    private byte flags;
    private int group;
    private String stop = "";
    private boolean endsClean;

    /** What the checksums of all records but the first one of a segment begin with. */
    void seed(long seed) {
        checksum.seed(seed);
    }

    /** Begins at the first document of a file. */
    void start(FileChannel channel) throws IOException {
        window.attach(channel);
        nextOffset = 0;
        documentEnd = 0;
        endsClean = false;
    }

    /** Begins at a record somewhere in a file. */
    void startAt(FileChannel channel, long recordOffset) throws IOException {
        window.attach(channel);
        nextOffset = recordOffset;
        documentEnd = Long.MAX_VALUE; // the record that ends the document says so
    }

    /** Goes on behind records which another reader has checked. */
    void startBehind(CheckedRecords checked, FileChannel channel) throws IOException {
        start(channel);
        nextOffset = checked.end();
        documentEnd = checked.documentEnd();
    }

    /** Moves on to the next record; false where none is, and {@link #stop} then says why. */
    @Override
    public boolean next() throws IOException {
        while (nextOffset >= documentEnd) {
            if (!nextDocument()) {
                return false;
            }
        }
        String fault = fault(nextOffset, documentEnd);
        if (fault != null) {
            return stop(nextOffset, fault);
        }
        offset = nextOffset;
        nextOffset += RecordLayout.sizeOf(length);
        if ((flags & RecordLayout.LAST_OF_DOCUMENT) != 0) {
            documentEnd = nextOffset;
        }
        return true;
    }

    /** What ended the walk, for people. */
    String stop() {
        return stop;
    }

    /** Whether the walk ended where writing ended, and not at something broken. */
    boolean endsClean() {
        return endsClean;
    }

    /** Ends the walk at this record, which is whole and yet not what belongs here. */
    void refuse(String why) {
        stop = why;
    }

    /** Of this record; after the walk has ended, of the place where it did. */
    @Override
    public long offset() {
        return offset;
    }

    /** One past the last byte of this record. */
    long end() {
        return nextOffset;
    }

    /** One past the last byte of the document that this record is in. */
    long documentEnd() {
        return documentEnd;
    }

    @Override
    public long number() {
        return number;
    }

    @Override
    public RecordType type() {
        return type;
    }

    @Override
    public boolean logBegins() {
        return (flags & RecordLayout.LOG_BEGINS) != 0;
    }

    @Override
    public int group() {
        return group;
    }

    @Override
    public ByteBuffer payload() {
        return window.slice(offset + RecordLayout.PAYLOAD, length);
    }

    @Override
    public void entry(EntryHead into) {
        into.read(window, offset + RecordLayout.PAYLOAD, length);
    }

    /**
     * Looks for a record behind {@code from} which proves that record {@code lost} had been durable, whatever stands
     * between. The first record of a segment is none, as its checksum has no seed.
     *
     * <p>What stands there may be of a client's making, and look like large records without end, each of which costs a
     * checksum. So the search ends when {@value #CHECKED_TIMES} times the file were checked: {@code wal.mark} still knows.
     *
     * @return where it begins; -1: there is none
     */
    long findProof(long from, long lost) throws IOException {
        long highest = lost + window.fileSize() / RecordLayout.PAYLOAD;
        long toCheck = CHECKED_TIMES * window.fileSize();
        for (long at = (from + 3) & ~3L; window.has(at, RecordLayout.PAYLOAD); at += 4) {
            if (at % FileWindow.PAGE == 0 && window.isZeroPage(at)) {
                at += FileWindow.PAGE - RecordLayout.NUMBER - Long.BYTES; // the next number is partly on the next page
                continue;
            }
            long candidate = window.getLong(at + RecordLayout.NUMBER);
            if (candidate <= lost || candidate > highest) {
                continue; // nearly always: zeros, or what stood there before
            }
            int unsynced = RecordLayout.unsynced(window.get(at + RecordLayout.FLAGS));
            RecordType found = RecordType.of(window.get(at + RecordLayout.TYPE));
            boolean proof = candidate - 1 - unsynced >= lost
                    && unsynced < RecordLayout.UNSYNCED_MANY
                    && found != null
                    && found != RecordType.SEGMENT_START;
            if (proof) {
                if (fault(at, Long.MAX_VALUE) == null) {
                    return at;
                }
                boolean checked = length >= 0 && at + length <= window.fileSize();
                toCheck -= checked ? RecordLayout.PAYLOAD + length : RecordLayout.PAYLOAD;
                if (toCheck < 0) {
                    return -1;
                }
            }
        }
        return -1;
    }

    private boolean nextDocument() throws IOException {
        long at = (nextOffset + 3) & ~3L;
        if (!window.has(at, HEADER)) {
            endsClean = at == window.fileSize(); // what was not used was given back
            return stop(at, "the file ends");
        }
        int header = window.getInt(at);
        if (header == 0 || header == END_OF_FILE) {
            endsClean = true;
            return stop(at, "nothing more was written");
        }
        if ((header & NOT_READY) != 0) {
            return stop(at, "a write was not finished");
        }
        nextOffset = at + HEADER;
        if ((header & METADATA) != 0) {
            nextOffset += header & LENGTH_MASK;
            documentEnd = nextOffset;
        } else {
            documentEnd = nextOffset + (header & LENGTH_MASK);
        }
        return true;
    }

    /** Takes on the head of the record at {@code at}. What is wrong with the record; null: nothing. */
    private @Nullable String fault(long at, long limit) throws IOException {
        if (at + RecordLayout.PAYLOAD > limit || !window.has(at, RecordLayout.PAYLOAD)) {
            return "a record is cut short";
        }
        int expected = window.getInt(at + RecordLayout.CRC);
        length = window.getInt(at + RecordLayout.LENGTH);
        number = window.getLong(at + RecordLayout.NUMBER);
        int rest = window.getInt(at + RecordLayout.TYPE);
        byte code = (byte) rest;
        flags = (byte) (rest >>> Byte.SIZE);
        group = rest >>> Short.SIZE;
        if (length < 0 || length > RecordLayout.MAX_PAYLOAD) {
            return "a record has an impossible length";
        }
        int size = RecordLayout.sizeOf(length);
        if (at + size > limit || at + size > window.fileSize()) {
            return "a record is cut short";
        }
        if (!matches(expected, at, code, size)) {
            return "a record does not match its checksum";
        }
        if (size > FileWindow.STEP && !window.has(at, size)) {
            return "a record is cut short";
        }
        RecordType known = RecordType.of(code);
        if (known == null) {
            return "a record has an unknown type";
        }
        type = known;
        return null;
    }

    /** Piece by piece: a length that is damaged must not fill the memory. */
    private boolean matches(int expected, long at, byte code, int size) throws IOException {
        int first = Math.min(size, FileWindow.STEP);
        if (!window.has(at, first)) {
            return false;
        }
        checksum.begin(code, size - RecordLayout.LENGTH);
        window.update(checksum, at + RecordLayout.LENGTH, first - RecordLayout.LENGTH);
        for (int done = first; done < size; ) {
            int piece = Math.min(size - done, FileWindow.STEP);
            if (!window.has(at + done, piece)) {
                return false;
            }
            window.update(checksum, at + done, piece);
            done += piece;
        }
        return checksum.value() == expected;
    }

    private boolean stop(long at, String why) {
        offset = at;
        stop = why;
        return false;
    }
}
