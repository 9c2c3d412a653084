package io.reactorraft.wal;

import java.time.Duration;

/**
 * The limits of a snapshot store. Each is kept, and named in the error where it is reached.
 *
 * @param chunkBytes what is read and written at a time. 1 MiB
 * @param maxStreams snapshots that may be written and read at a time. 16
 * @param maxQueued pieces of work that may wait for the store's thread. 1,024
 * @param maxWait how long a snapshot's content may stand still. 30 s
 * @param reserveBytes what a snapshot leaves free of the disk for the log, or a tenth of the disk where that is less; unless the
 *     log has no room already. 128 MiB, two segments
 */
public record SnapshotConfig(int chunkBytes, int maxStreams, int maxQueued, Duration maxWait, long reserveBytes) {
    private static final int SMALLEST_CHUNK = 4 << 10;
    private static final int LARGEST_CHUNK = 64 << 20;
    private static final SnapshotConfig DEFAULTS =
            new SnapshotConfig(1 << 20, 16, 1_024, Duration.ofSeconds(30), 128L << 20);

    public SnapshotConfig {
        require(
                chunkBytes >= SMALLEST_CHUNK && chunkBytes <= LARGEST_CHUNK,
                "chunkBytes must be 4 KiB to 64 MiB",
                chunkBytes);
        require(maxStreams >= 1, "maxStreams must be at least 1", maxStreams);
        require(maxQueued >= 1, "maxQueued must be at least 1", maxQueued);
        require(maxWait.compareTo(Duration.ofMillis(1)) >= 0, "maxWait must be at least 1 ms", maxWait);
        require(reserveBytes >= 0, "reserveBytes must not be negative", reserveBytes);
    }

    /** What suits a server. */
    public static SnapshotConfig defaults() {
        return DEFAULTS;
    }

    public SnapshotConfig withChunkBytes(int chunkBytes) {
        return new SnapshotConfig(chunkBytes, maxStreams, maxQueued, maxWait, reserveBytes);
    }

    public SnapshotConfig withMaxStreams(int maxStreams) {
        return new SnapshotConfig(chunkBytes, maxStreams, maxQueued, maxWait, reserveBytes);
    }

    public SnapshotConfig withMaxQueued(int maxQueued) {
        return new SnapshotConfig(chunkBytes, maxStreams, maxQueued, maxWait, reserveBytes);
    }

    public SnapshotConfig withMaxWait(Duration maxWait) {
        return new SnapshotConfig(chunkBytes, maxStreams, maxQueued, maxWait, reserveBytes);
    }

    public SnapshotConfig withReserveBytes(long reserveBytes) {
        return new SnapshotConfig(chunkBytes, maxStreams, maxQueued, maxWait, reserveBytes);
    }

    private static void require(boolean valid, String rule, Object value) {
        if (!valid) {
            throw new IllegalArgumentException(rule + ", got " + value);
        }
    }
}
