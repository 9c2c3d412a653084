package io.reactorraft.wal;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Lays the records of one document out in an array that is used again and again: what is allocated does not grow with the
 * entries.
 *
 * <p>An array, as protobuf and the checksum are at their fastest there, and the way to the file costs one copy of the whole
 * document. Used on the log's thread alone.
 */
final class BatchEncoder {
    private static final int FIRST_CAPACITY = 256 << 10;

    /** A document is closed when it has grown to this, unless one record alone is larger. */
    private static final int DOCUMENT_BYTES = 1 << 20;

    /** Zeros that stand behind a document, so that it can be written in whole pages, and a header behind it is zero. */
    static final int PADDING = 2 * SegmentWriter.PAGE;

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final int limit;
    private final RecordChecksum checksum;
    private byte[] document = new byte[0];
    private ByteBuffer outgoing = ByteBuffer.allocateDirect(0);
    private CodedOutputStream encoder = CodedOutputStream.newInstance(document);
    private int size;
    private int last = -1;

    /** {@code limit}: the largest document, in bytes. */
    BatchEncoder(int limit, RecordChecksum checksum) {
        this.limit = limit;
        this.checksum = checksum;
        grow(Math.min(limit, FIRST_CAPACITY));
    }

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    /** Whether a record of that payload still goes into this document; into an empty one always. */
    boolean fits(int payloadBytes) {
        return isEmpty() || RecordLayout.sizeOf(payloadBytes) + size <= Math.min(limit, DOCUMENT_BYTES);
    }

    /**
     * Adds a record, which must {@linkplain #fits fit}.
     *
     * @return where in the document it begins
     */
    int add(RecordType type, byte flags, int group, long number, MessageLite payload) {
        int length = payload.getSerializedSize();
        seal((byte) 0);
        int start = size;
        int end = start + RecordLayout.sizeOf(length);
        reserve(end);
        try {
            encoder.writeFixed32NoTag(0); // the checksum, once it is known
            encoder.writeFixed32NoTag(length);
            encoder.writeFixed64NoTag(number);
            encoder.write(type.code());
            encoder.write(flags);
            encoder.write((byte) group);
            encoder.write((byte) (group >>> Byte.SIZE));
            payload.writeTo(encoder);
            for (int at = start + RecordLayout.PAYLOAD + length; at < end; at++) {
                encoder.write((byte) 0);
            }
        } catch (IOException e) {
            throw new AssertionError("writing to memory does not fail", e);
        }
        size = end;
        last = start;
        return start;
    }

    /**
     * The document: from the position, with {@link SegmentWriter#HEADER} bytes for its header before it, to the limit, with
     * {@link #PADDING} zeros behind. To be followed by {@link #clear}.
     */
    ByteBuffer bytes() {
        seal(RecordLayout.LAST_OF_DOCUMENT);
        Arrays.fill(document, size, size + PADDING, (byte) 0);
        return outgoing.clear()
                .position(SegmentWriter.HEADER)
                .put(document, 0, size + PADDING)
                .position(SegmentWriter.HEADER)
                .limit(SegmentWriter.HEADER + size);
    }

    void clear() {
        size = 0;
        last = -1;
        encoder = CodedOutputStream.newInstance(document);
    }

    /** Closes the last record: only now is it known whether another follows. */
    private void seal(byte flag) {
        if (last < 0) {
            return;
        }
        document[last + RecordLayout.FLAGS] |= flag;
        int length = size - last - RecordLayout.LENGTH;
        checksum.begin(document[last + RecordLayout.TYPE], length);
        checksum.update(document, last + RecordLayout.LENGTH, length);
        INT.set(document, last + RecordLayout.CRC, checksum.value());
    }

    private void reserve(int end) {
        if (end > limit) {
            throw new IllegalStateException("a document of " + end + " bytes exceeds " + limit);
        }
        if (end + PADDING > document.length) {
            grow((int) Math.min(limit, Math.max(end, document.length * 2L)));
        }
    }

    private void grow(int capacity) {
        document = Arrays.copyOf(document, capacity + PADDING);
        outgoing = ByteBuffer.allocateDirect(SegmentWriter.HEADER + document.length)
                .order(ByteOrder.LITTLE_ENDIAN);
        encoder = CodedOutputStream.newInstance(document, size, document.length - size);
    }
}
