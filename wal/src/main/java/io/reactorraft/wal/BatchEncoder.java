package io.reactorraft.wal;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Lays the records of one document out in a buffer that is used again and again: nothing is allocated per record.
 *
 * <p>Used on the log's thread alone.
 */
final class BatchEncoder {
    private static final int FIRST_CAPACITY = 256 << 10;

    /** A document is closed when it has grown to this, unless one record alone is larger. */
    private static final int DOCUMENT_BYTES = 1 << 20;

    /** Zeros that stand behind a document, so that it can be written in whole pages of this size. */
    static final int PADDING = 4096;

    /** What protobuf gathers before it hands bytes on; a larger payload goes through uncopied. */
    private static final int ENCODER_BUFFER = 4 << 10;

    private final int limit;
    private final RecordChecksum checksum;
    private final Sink sink = new Sink();
    private final CodedOutputStream encoder = CodedOutputStream.newInstance(sink, ENCODER_BUFFER);
    private ByteBuffer buffer;
    private int last = -1;

    /** {@code limit}: the largest document, in bytes. */
    BatchEncoder(int limit, RecordChecksum checksum) {
        this.limit = limit;
        this.checksum = checksum;
        this.buffer = direct(Math.min(limit, FIRST_CAPACITY));
    }

    boolean isEmpty() {
        return buffer.position() == 0;
    }

    int size() {
        return buffer.position();
    }

    /** Whether a record of that payload still goes into this document; into an empty one always. */
    boolean fits(int payloadBytes) {
        return isEmpty() || RecordLayout.sizeOf(payloadBytes) + buffer.position() <= Math.min(limit, DOCUMENT_BYTES);
    }

    /**
     * Adds a record, which must {@linkplain #fits fit}.
     *
     * @return where in the document it begins
     */
    int add(RecordType type, byte flags, int group, long number, MessageLite payload) {
        int length = payload.getSerializedSize();
        seal((byte) 0);
        int start = buffer.position();
        int end = start + RecordLayout.sizeOf(length);
        reserve(end);
        buffer.putInt(start + RecordLayout.LENGTH, length);
        buffer.putLong(start + RecordLayout.NUMBER, number);
        buffer.put(start + RecordLayout.TYPE, type.code());
        buffer.put(start + RecordLayout.FLAGS, flags);
        buffer.putShort(start + RecordLayout.GROUP, (short) group);
        buffer.position(start + RecordLayout.PAYLOAD);
        encode(payload);
        while (buffer.position() < end) {
            buffer.put((byte) 0);
        }
        last = start;
        return start;
    }

    /** The document: from position 0 to the limit, and {@link #PADDING} zeros behind. To be followed by {@link #clear}. */
    ByteBuffer bytes() {
        seal(RecordLayout.LAST_OF_DOCUMENT);
        int end = buffer.position();
        for (int i = 0; i < PADDING; i += Long.BYTES) {
            buffer.putLong(end + i, 0);
        }
        return buffer.flip();
    }

    void clear() {
        buffer.clear();
        last = -1;
    }

    /** Closes the last record: only now is it known whether another follows. */
    private void seal(byte flag) {
        if (last < 0) {
            return;
        }
        int end = buffer.position();
        buffer.put(last + RecordLayout.FLAGS, (byte) (buffer.get(last + RecordLayout.FLAGS) | flag));
        checksum.begin(buffer.get(last + RecordLayout.TYPE));
        checksum.update(buffer.position(last + RecordLayout.LENGTH).limit(end));
        buffer.limit(buffer.capacity());
        buffer.putInt(last + RecordLayout.CRC, checksum.value());
    }

    private void encode(MessageLite payload) {
        try {
            payload.writeTo(encoder);
            encoder.flush();
        } catch (IOException e) {
            throw new AssertionError("writing to memory does not fail", e);
        }
    }

    private void reserve(int end) {
        if (end > limit) {
            throw new IllegalStateException("a document of " + end + " bytes exceeds " + limit);
        }
        if (end + PADDING > buffer.capacity()) {
            buffer = direct((int) Math.min(limit, Math.max(end, buffer.capacity() * 2L)))
                    .put(buffer.flip());
        }
    }

    private static ByteBuffer direct(int capacity) {
        return ByteBuffer.allocateDirect(capacity + PADDING).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Takes in what protobuf encodes. */
    private final class Sink extends OutputStream {
        @Override
        public void write(int value) {
            buffer.put((byte) value);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            buffer.put(bytes, offset, length);
        }
    }
}
