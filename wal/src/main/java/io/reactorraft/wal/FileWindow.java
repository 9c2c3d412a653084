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
    private static final int STEP = 256 << 10;

    private ByteBuffer buffer =
            ByteBuffer.allocate(STEP).order(ByteOrder.LITTLE_ENDIAN).limit(0);
    private @Nullable FileChannel channel;
    private long start;

    /** Looks at another file, or again at this one, which may have grown. */
    void attach(FileChannel other) {
        channel = other;
        start = 0;
        buffer.clear().limit(0);
    }

    /** Whether the file has {@code length} bytes at {@code offset}; they are then in the window. */
    boolean has(long offset, int length) throws IOException {
        if (offset < start || offset + length > start + buffer.limit()) {
            move(offset, length);
        }
        return offset + length <= start + buffer.limit();
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

    private void move(long offset, int length) throws IOException {
        FileChannel file = channel;
        if (file == null || offset + length > file.size()) {
            return;
        }
        if (length > buffer.capacity()) {
            buffer =
                    ByteBuffer.allocate(Math.max(length, buffer.capacity() * 2)).order(ByteOrder.LITTLE_ENDIAN);
        }
        start = offset;
        buffer.clear();
        while (buffer.hasRemaining()) {
            int read = file.read(buffer, start + buffer.position());
            if (read < 0) {
                break;
            }
        }
        buffer.flip();
    }
}
