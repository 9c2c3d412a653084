package io.reactorraft.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of a file in memory, moved along as it is walked. Plain reads, no mapping: a damaged or shrinking file is an
 * error here, not a crash.
 *
 * <p>Not thread-safe.
 */
final class FileWindow {

    /** What is read at once, unless a record is larger. */
    static final int STEP = 256 << 10;

    /** What is held for records that are larger. */
    private static final int HELD = 4 << 20;

    private ByteBuffer buffer = direct(STEP);
    private @Nullable FileChannel channel;
    private long fileSize;
    private long start;
    private long end;

    /** Looks at another file, or again at this one, which may have grown. */
    void attach(FileChannel other) throws IOException {
        channel = other;
        fileSize = other.size();
        start = 0;
        end = 0;
    }

    /** As it was when the file was attached. */
    long fileSize() {
        return fileSize;
    }

    /** Whether the file has {@code length} bytes at {@code offset}; they are then in the window. */
    boolean has(long offset, int length) throws IOException {
        if (offset < start || offset + length > end) {
            move(offset, length);
        }
        return offset + length <= end;
    }

    int getInt(long offset) {
        return buffer.getInt((int) (offset - start));
    }

    long getLong(long offset) {
        return buffer.getLong((int) (offset - start));
    }

    byte get(long offset) {
        return buffer.get((int) (offset - start));
    }

    short getShort(long offset) {
        return buffer.getShort((int) (offset - start));
    }

    /** Those bytes, valid until the window moves. */
    ByteBuffer slice(long offset, int length) {
        return buffer.slice((int) (offset - start), length).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Adds those bytes to a checksum. */
    void update(RecordChecksum checksum, long offset, int length) {
        int from = (int) (offset - start);
        checksum.update(buffer.limit(from + length).position(from));
        buffer.clear();
    }

    private void move(long offset, int length) throws IOException {
        FileChannel file = channel;
        if (file == null || offset + length > fileSize) {
            return;
        }
        if (length > buffer.capacity()) {
            buffer = direct(length);
        } else if (length <= HELD && buffer.capacity() > HELD) {
            buffer = direct(HELD);
        }
        buffer.clear();
        while (buffer.hasRemaining()) {
            int read = file.read(buffer, offset + buffer.position());
            if (read < 0) {
                break;
            }
        }
        start = offset;
        end = offset + buffer.position();
        buffer.clear();
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
