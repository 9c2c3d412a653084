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

    /** What is read at once, unless a record is larger: what stays in a core's cache until it has been looked at. */
    static final int STEP = 128 << 10;

    /** What is held for records that are larger. */
    private static final int HELD = 4 << 20;

    static final int PAGE = 4096;

    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(PAGE).asReadOnlyBuffer();

    private final ByteBuffer usual = direct(STEP);
    private @Nullable ByteBuffer large;
    private ByteBuffer buffer = usual; // or the large one
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

    /** Whether there is a whole page, of nothing but zeros. */
    boolean isZeroPage(long offset) throws IOException {
        if (!has(offset, PAGE)) {
            return false;
        }
        int at = (int) (offset - start);
        boolean zero = buffer.limit(at + PAGE).position(at).equals(ZEROS);
        buffer.clear();
        return zero;
    }

    /** Those bytes, valid until the window moves. */
    ByteBuffer slice(long offset, int length) {
        return buffer.slice((int) (offset - start), length).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Adds those bytes to a checksum. */
    void update(RecordChecksum checksum, long offset, int length) {
        int at = (int) (offset - start);
        checksum.update(buffer.limit(at + length).position(at));
        buffer.clear();
    }

    private void move(long offset, int length) throws IOException {
        FileChannel file = channel;
        if (file == null || offset + length > fileSize) {
            return;
        }
        buffer = length <= usual.capacity() ? usual : large(length);
        start = offset;
        end = offset + read(file, buffer.clear(), offset);
        buffer.clear();
    }

    private ByteBuffer large(int length) {
        ByteBuffer held = large;
        if (held == null || held.capacity() < length) {
            held = direct(Math.max(length, HELD));
            large = held.capacity() > HELD ? null : held;
        }
        return held;
    }

    /** How much was read: all that goes in, or up to the end of the file. */
    private static int read(FileChannel file, ByteBuffer into, long offset) throws IOException {
        int begun = into.position();
        while (into.hasRemaining()) {
            int read = file.read(into, offset + into.position() - begun);
            if (read < 0) {
                break;
            }
        }
        return into.position() - begun;
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
