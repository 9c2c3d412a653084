package io.reactorraft.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import net.openhft.posix.PosixAPI;

/**
 * Gives a segment its room on the disk before it is mapped: a full disk is then an error here, in time, and not a bus
 * error in the midst of a write.
 */
final class Preallocation {

    /** A file with this suffix in place of a segment's becomes that segment when Chronicle first needs it. */
    static final String SUFFIX = ".precreated";

    private static final int OPEN_CREATE = 0x42; // O_RDWR | O_CREAT
    private static final int RIGHTS = 0644;
    private static final int ZEROS = 1 << 20;

    private Preallocation() {}

    /** Makes the file that is to become {@code segment}, and syncs it; afterwards it takes its room. */
    static void prepare(Path segment, int bytes) throws IOException {
        Path file = file(segment);
        if (!allocate(file, bytes)) {
            Files.deleteIfExists(file); // a file system that cannot allocate, or has no room: writing tells which
            fill(file, bytes);
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
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

    private static boolean allocate(Path file, int bytes) {
        PosixAPI posix = PosixAPI.posix();
        int descriptor = posix.open(file.toString(), OPEN_CREATE, RIGHTS);
        if (descriptor < 0) {
            return false;
        }
        try {
            return posix.fallocate(descriptor, 0, 0, bytes) == 0;
        } catch (RuntimeException refused) {
            return false; // some bindings throw where others answer -1
        } finally {
            posix.close(descriptor);
        }
    }

    private static void fill(Path file, int bytes) throws IOException {
        ByteBuffer zeros = ByteBuffer.allocateDirect(Math.min(ZEROS, bytes));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            for (long written = 0; written < bytes; ) {
                zeros.clear();
                written += channel.write(zeros);
            }
        }
    }
}
