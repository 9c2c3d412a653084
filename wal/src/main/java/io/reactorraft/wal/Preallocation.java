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

/**
 * Gives a segment its room on the disk before it is mapped, by writing it full of zeros.
 *
 * <p>A full disk is then an error here, in time, and not a bus error in the midst of a write. Blocks that were merely
 * allocated would cost each sync an entry in the file system's journal when they are first written, and zeros that went
 * through the page cache would stay there as large folios, all of which are written again when one byte changes: so they go
 * past it.
 */
final class Preallocation {

    /** A file with this suffix in place of a segment's becomes that segment when Chronicle first needs it. */
    static final String SUFFIX = ".precreated";

    private static final int CHUNK = 1 << 20;
    private static final int ALIGNMENT = 4096;

    private Preallocation() {}

    /** Makes the file that is to become {@code segment}, of that many bytes, and syncs it. */
    static void prepare(Path segment, int bytes) throws IOException {
        Path file = file(segment);
        Files.deleteIfExists(file); // begun before, and failed
        try (FileChannel channel = create(file)) {
            ByteBuffer zeros = ByteBuffer.allocateDirect(CHUNK + ALIGNMENT).alignedSlice(ALIGNMENT);
            for (long written = 0; written < bytes; ) {
                zeros.clear().limit((int) Math.min(CHUNK, bytes - written));
                written += channel.write(zeros);
            }
            channel.force(true);
        }
    }

    /** Removes a file that became no segment. */
    static void discard(Path segment) throws IOException {
        Files.deleteIfExists(file(segment));
    }

    private static Path file(Path segment) {
        String name = Objects.toString(segment.getFileName());
        return segment.resolveSibling(name.substring(0, name.length() - SegmentName.SUFFIX.length()) + SUFFIX);
    }

    private static FileChannel create(Path file) throws IOException {
        try {
            return open(file, ExtendedOpenOption.DIRECT);
        } catch (IOException | UnsupportedOperationException cached) {
            return open(file, StandardOpenOption.WRITE); // some file systems know no way past the cache
        }
    }

    private static FileChannel open(Path file, OpenOption option) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, option);
    }
}
