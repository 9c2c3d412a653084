package io.reactorraft.wal;

import com.sun.nio.file.ExtendedOpenOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import net.openhft.posix.PosixAPI;

/**
 * Gives a segment its room on the disk before it is mapped, by writing it full of zeros; and takes back what it did not use.
 *
 * <p>A full disk is then an error here, in time, and not a bus error in the midst of a write. Blocks that were merely
 * allocated would cost each sync an entry in the file system's journal when they are first written, and zeros that went
 * through the page cache would stay there as large folios, all of which are written again when one byte changes: so they go
 * past it, where the file system knows how.
 *
 * <p>An interface for tests, whose disks are full when they want it.
 */
@FunctionalInterface
interface Preallocation {

    /** The disk itself. */
    Preallocation DISK = Preallocation::fill;

    /** A file with this suffix in place of a segment's becomes that segment when Chronicle first needs it. */
    String SUFFIX = ".precreated";

    /** What is written in one piece: a sync of the log that comes meanwhile waits for no more than that. */
    int CHUNK = 128 << 10;

    /** Makes a file of that many bytes, in place of any that is there, and syncs it; after an error none is left. */
    void prepare(Path file, int bytes) throws IOException;

    /** The file that is to become {@code segment}. */
    static Path file(Path segment) {
        String name = Objects.toString(segment.getFileName());
        return segment.resolveSibling(name.substring(0, name.length() - SegmentName.SUFFIX.length()) + SUFFIX);
    }

    /** What of a segment that is used again must be zero: there Chronicle makes its head, and begins its first document. */
    int HEAD = 128 << 10;

    /** Makes a segment that holds nothing any more ready to be written again, and syncs it. */
    static void reuse(Segment old, int bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(old.path(), StandardOpenOption.WRITE)) {
            fill(channel, 0, HEAD, page(SegmentWriter.PAGE));
            fill(channel, old.bytes(), bytes, page(SegmentWriter.PAGE)); // that room was given back
            channel.force(true);
        }
    }

    /** A file's room from there on is the disk's again, though the file may be mapped; where that is not known, it stays. */
    static void giveBack(Path segment, long from) throws IOException {
        int readWrite = 2;
        int keepSizeAndPunchHole = 3;
        int handle = PosixAPI.posix().open(segment.toString(), readWrite, 0);
        if (handle >= 0) {
            try {
                PosixAPI.posix().fallocate(handle, keepSizeAndPunchHole, from, Files.size(segment) - from);
            } finally {
                PosixAPI.posix().close(handle);
            }
        }
    }

    private static void fill(Path file, int bytes) throws IOException {
        Files.deleteIfExists(file); // begun before, and cut off
        long free = Files.getFileStore(LogDirectory.parent(file)).getUsableSpace();
        if (free < bytes) {
            throw new IOException("No space left on device: " + bytes + " bytes are needed, and " + free + " are free");
        }
        try {
            try {
                fillPastTheCache(file, bytes);
            } catch (IOException | UnsupportedOperationException notThere) {
                // some file systems know no way past the cache, or ask for blocks of other sizes
                fill(file, bytes, page(SegmentWriter.PAGE), StandardOpenOption.WRITE);
            }
        } catch (IOException failed) {
            Files.deleteIfExists(file);
            throw failed;
        }
    }

    private static void fillPastTheCache(Path file, int bytes) throws IOException {
        long block = Files.getFileStore(LogDirectory.parent(file)).getBlockSize();
        fill(
                file,
                bytes,
                page((int) Math.max(SegmentWriter.PAGE, Math.min(block, 1 << 16))),
                ExtendedOpenOption.DIRECT);
    }

    /** A buffer that begins at a multiple of the alignment. */
    private static ByteBuffer page(int alignment) {
        return ByteBuffer.allocateDirect(CHUNK + alignment).alignedSlice(alignment);
    }

    private static void fill(Path file, int bytes, ByteBuffer zeros, OpenOption option) throws IOException {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, option)) {
            fill(channel, 0, bytes, zeros);
            channel.force(true);
        }
    }

    private static void fill(FileChannel channel, long from, long to, ByteBuffer zeros) throws IOException {
        for (long at = from; at < to; ) {
            zeros.clear().limit((int) Math.min(CHUNK, to - at));
            at += channel.write(zeros, at);
        }
    }
}
