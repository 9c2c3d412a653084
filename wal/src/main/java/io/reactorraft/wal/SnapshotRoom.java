package io.reactorraft.wal;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How much of the disk a snapshot may fill: the log beside it needs room for its next segments, or a state that does not
 * fit would stop all writes again and again, at each attempt. Where the log has no room anyway there is nothing to keep
 * for it, and a snapshot is what gives it some.
 */
final class SnapshotRoom {

    /** On a small disk the reserve is this part of it at most. */
    private static final int LEAST_PART = 10;

    private final long reserveBytes;
    private final Disk disk;

    /** What is asked of a disk: a seam for tests. */
    interface Disk {
        /** As it is. */
        Disk REAL = new Disk() {
            @Override
            public long usableBytes(Path directory) throws IOException {
                return store(directory).getUsableSpace();
            }

            @Override
            public long totalBytes(Path directory) throws IOException {
                return store(directory).getTotalSpace();
            }

            private FileStore store(Path directory) throws IOException {
                return Files.getFileStore(directory);
            }
        };

        /** Bytes that may still be written. */
        long usableBytes(Path directory) throws IOException;

        /** Bytes in all. */
        long totalBytes(Path directory) throws IOException;
    }

    SnapshotRoom(long reserveBytes, Disk disk) {
        this.reserveBytes = reserveBytes;
        this.disk = disk;
    }

    /** Refuses to begin what is not going to fit. */
    void checkFor(Path directory, long expectedBytes, boolean logIsFull) throws IOException {
        check(directory, expectedBytes, logIsFull);
    }

    /** Refuses to go on where the rest is the log's. */
    void check(Path directory, boolean logIsFull) throws IOException {
        check(directory, 0, logIsFull);
    }

    private void check(Path directory, long expectedBytes, boolean logIsFull) throws IOException {
        long kept = logIsFull ? 0 : Math.min(reserveBytes, disk.totalBytes(directory) / LEAST_PART);
        long usable = disk.usableBytes(directory);
        if (usable < expectedBytes + kept) {
            throw new IOException("there is no room for a snapshot in " + directory + ": " + usable
                    + " bytes are free, and " + kept + " are kept for the log"
                    + (expectedBytes == 0 ? "" : "; it takes about " + expectedBytes)
                    + ". Free some, or enlarge the disk");
        }
    }
}
