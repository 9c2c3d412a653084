package io.reactorraft.wal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of a file in memory, moved along as it is walked. Plain reads, no mapping: a damaged or shrinking file is an
 * error here, not a crash.
 *
 * <p>With a helper, what follows is read while this stretch is looked at:
 *
 * <pre>
 *   this stretch   [ ......... looked at ......... | rest ]
 *   the next one                       [ room | rest | read ahead ................. ]
 * </pre>
 *
 * <p>Not thread-safe.
 */
final class FileWindow {

    /** What is read at once, unless a record is larger. */
    static final int STEP = 256 << 10;

    /** What is held for records that are larger. */
    private static final int HELD = 4 << 20;

    /** What is read ahead at once, behind the room for what the stretch before left over. */
    private static final int AHEAD = 1 << 20;

    private static final int ROOM = STEP;

    static final int PAGE = 4096;

    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(PAGE).asReadOnlyBuffer();

    private final @Nullable Executor helper;
    private @Nullable CompletableFuture<Integer> coming;
    private ByteBuffer next;
    private ByteBuffer usual;
    private @Nullable ByteBuffer large;
    private ByteBuffer buffer; // the usual one, or the large
    private int moves;
    private @Nullable FileChannel channel;
    private long fileSize;
    private long start; // of the buffer; what is looked at may begin behind it
    private long from;
    private long end;

    /** Reads what it needs when it needs it. */
    FileWindow() {
        this(null);
    }

    /** {@code helper}: reads what follows, meanwhile; also when the file is closed, which it then makes nothing of. */
    FileWindow(@Nullable Executor helper) {
        this.helper = helper;
        this.next = direct(helper == null ? 0 : ROOM + AHEAD);
        this.usual = direct(helper == null ? STEP : ROOM + AHEAD);
        this.buffer = usual;
    }

    /** Looks at another file, or again at this one, which may have grown. */
    void attach(FileChannel other) throws IOException {
        CompletableFuture<Integer> begun = coming;
        coming = null;
        if (begun != null) {
            begun.exceptionally(notWanted -> 0).join(); // it reads into the buffer that is the next one's now
        }
        channel = other;
        fileSize = other.size();
        start = 0;
        from = 0;
        end = 0;
        moves = 0;
    }

    /** As it was when the file was attached. */
    long fileSize() {
        return fileSize;
    }

    /** Whether the file has {@code length} bytes at {@code offset}; they are then in the window. */
    boolean has(long offset, int length) throws IOException {
        if (offset < from || offset + length > end) {
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
        return has(offset, PAGE) && buffer.slice((int) (offset - start), PAGE).equals(ZEROS);
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
        if (!moveToNext(offset, length)) {
            buffer = length <= usual.capacity() ? usual : large(length);
            start = offset;
            from = offset;
            end = offset + read(file, buffer.clear(), offset);
            buffer.clear();
        }
        if (++moves > 1) { // of many files no more is looked at than their heads
            readAhead(file);
        }
    }

    private ByteBuffer large(int length) {
        ByteBuffer held = large;
        if (held == null || held.capacity() < length) {
            held = direct(Math.max(length, HELD));
            large = held.capacity() > HELD ? null : held;
        }
        return held;
    }

    /** Whether what was read ahead is what is wanted; it is then in the window. */
    private boolean moveToNext(long offset, int length) throws IOException {
        CompletableFuture<Integer> begun = coming;
        coming = null;
        if (begun == null) {
            return false;
        }
        int read = await(begun);
        int rest = (int) Math.min(Integer.MAX_VALUE, end - offset);
        if (offset < from || rest < 0 || rest > ROOM || length > rest + read) {
            return false;
        }
        next.clear().put(ROOM - rest, buffer, (int) (offset - start), rest);
        buffer = next;
        next = usual;
        usual = buffer;
        start = end - ROOM;
        from = offset;
        end += read;
        return true;
    }

    private void readAhead(FileChannel file) {
        if (helper != null && end < fileSize) {
            ByteBuffer into = next.clear().position(ROOM);
            long at = end;
            coming = CompletableFuture.supplyAsync(
                    () -> {
                        try {
                            return read(file, into, at);
                        } catch (IOException failed) {
                            throw new UncheckedIOException(failed);
                        }
                    },
                    helper);
        }
    }

    private static int await(CompletableFuture<Integer> begun) throws IOException {
        try {
            return begun.join();
        } catch (CompletionException failed) {
            if (failed.getCause() instanceof UncheckedIOException io) {
                throw io.getCause();
            }
            throw failed;
        }
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
