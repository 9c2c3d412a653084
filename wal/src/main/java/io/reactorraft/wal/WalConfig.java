package io.reactorraft.wal;

import java.time.Duration;

/**
 * The sizes of a log. Each is a bound that is kept, and named in the error where it is reached.
 *
 * @param segmentBytes a segment is one mapped block of this size; a record takes a quarter of it at most. 64 MiB
 * @param cacheBytes how much of the newest entries each group keeps in memory. 64 MiB
 * @param maxQueuedWrites appends, marks and compactions of one group that may wait for the log's thread. 1,024: a node has
 *     far fewer outstanding, so that none meets this limit because of others that share the log
 * @param maxQueuedReads reads that may wait for the reading thread. 1,024
 * @param slowSync a sync that takes longer is warned about: elections are not far. 1 s
 */
public record WalConfig(int segmentBytes, long cacheBytes, int maxQueuedWrites, int maxQueuedReads, Duration slowSync) {

    private static final int SMALLEST_SEGMENT = 256 << 10;
    private static final int LARGEST_SEGMENT = 1 << 30;

    /** No segment is longer, with what Chronicle adds to it. */
    static final long MAX_FILE_BYTES = LARGEST_SEGMENT + LARGEST_SEGMENT / 4 + (1 << 20);

    /** What a document needs beside its records: Chronicle's own header and room to align it. */
    private static final int DOCUMENT_OVERHEAD = 64;

    private static final WalConfig DEFAULTS = new WalConfig(64 << 20, 64L << 20, 1_024, 1_024, Duration.ofSeconds(1));

    public WalConfig {
        require(
                segmentBytes >= SMALLEST_SEGMENT
                        && segmentBytes <= LARGEST_SEGMENT
                        && Integer.bitCount(segmentBytes) == 1,
                "segmentBytes must be a power of two from 256 KiB to 1 GiB",
                segmentBytes);
        require(cacheBytes >= 0, "cacheBytes must not be negative", cacheBytes);
        require(maxQueuedWrites >= 1, "maxQueuedWrites must be at least 1", maxQueuedWrites);
        require(maxQueuedReads >= 1, "maxQueuedReads must be at least 1", maxQueuedReads);
        require(!slowSync.isNegative(), "slowSync must not be negative", slowSync.toMillis());
    }

    /** What suits a server. */
    public static WalConfig defaults() {
        return DEFAULTS;
    }

    public WalConfig withSegmentBytes(int segmentBytes) {
        return new WalConfig(segmentBytes, cacheBytes, maxQueuedWrites, maxQueuedReads, slowSync);
    }

    public WalConfig withCacheBytes(long cacheBytes) {
        return new WalConfig(segmentBytes, cacheBytes, maxQueuedWrites, maxQueuedReads, slowSync);
    }

    public WalConfig withMaxQueuedWrites(int maxQueuedWrites) {
        return new WalConfig(segmentBytes, cacheBytes, maxQueuedWrites, maxQueuedReads, slowSync);
    }

    public WalConfig withMaxQueuedReads(int maxQueuedReads) {
        return new WalConfig(segmentBytes, cacheBytes, maxQueuedWrites, maxQueuedReads, slowSync);
    }

    public WalConfig withSlowSync(Duration slowSync) {
        return new WalConfig(segmentBytes, cacheBytes, maxQueuedWrites, maxQueuedReads, slowSync);
    }

    /**
     * How much disk the log takes at most, once what is let go of is removed.
     *
     * <p>Beside what is needed: what shares the oldest segment with it, the segment that is written, the one prepared behind
     * it, and in each an eighth for its head and a largest record that did not fit at its end; and those that are kept to be
     * used again.
     *
     * @param neededBytes of entries that are still needed, by all groups, with {@value RecordLayout#OVERHEAD} bytes for each:
     *     since the older of the two snapshots kept, and those kept for followers
     * @param largestEntryBytes of any entry
     */
    public long maxDiskBytes(long neededBytes, int largestEntryBytes) {
        long filled = segmentBytes / 8 * 7L - RecordLayout.sizeOf(largestEntryBytes);
        return (neededBytes / filled + 4 + SegmentSupply.MOST_KEPT) * segmentBytes;
    }

    /** What of each segment is kept for HardState, marks and configurations while the disk is full. */
    int spareBytes() {
        return segmentBytes / 4;
    }

    /** The largest document, and so the largest record: what Chronicle maps beyond a block is a quarter of it. */
    int maxDocumentBytes() {
        return segmentBytes / 4 - DOCUMENT_OVERHEAD;
    }

    /** What the heads of a segment may take together, so that a new segment always has room for entries. */
    int maxHeadBytes() {
        return segmentBytes / 2;
    }

    private static void require(boolean valid, String rule, long value) {
        if (!valid) {
            throw new IllegalArgumentException(rule + ", got " + value);
        }
    }
}
