package io.reactorraft.wal;

/**
 * The sizes of a log. Each is a bound that is kept, and named in the error where it is reached.
 *
 * @param segmentBytes a segment is one mapped block of this size; a record takes a quarter of it at most. 64 MiB
 * @param cacheBytes how much of the newest entries each group keeps in memory. 64 MiB
 * @param maxQueuedWrites appends, marks and compactions that may wait for the log's thread. 1,024
 * @param maxQueuedReads reads that may wait for the reading thread. 1,024
 */
public record WalConfig(int segmentBytes, long cacheBytes, int maxQueuedWrites, int maxQueuedReads) {

    private static final int SMALLEST_SEGMENT = 256 << 10;
    private static final int LARGEST_SEGMENT = 1 << 30;

    /** What a document needs beside its records: Chronicle's own header and room to align it. */
    private static final int DOCUMENT_OVERHEAD = 64;

    private static final WalConfig DEFAULTS = new WalConfig(64 << 20, 64L << 20, 1_024, 1_024);

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
    }

    /** What suits a server. */
    public static WalConfig defaults() {
        return DEFAULTS;
    }

    public WalConfig withSegmentBytes(int segmentBytes) {
        return new WalConfig(segmentBytes, cacheBytes, maxQueuedWrites, maxQueuedReads);
    }

    public WalConfig withCacheBytes(long cacheBytes) {
        return new WalConfig(segmentBytes, cacheBytes, maxQueuedWrites, maxQueuedReads);
    }

    public WalConfig withMaxQueuedWrites(int maxQueuedWrites) {
        return new WalConfig(segmentBytes, cacheBytes, maxQueuedWrites, maxQueuedReads);
    }

    public WalConfig withMaxQueuedReads(int maxQueuedReads) {
        return new WalConfig(segmentBytes, cacheBytes, maxQueuedWrites, maxQueuedReads);
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
