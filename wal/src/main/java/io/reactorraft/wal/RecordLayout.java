package io.reactorraft.wal;

/**
 * Where what stands in a record. All numbers are little-endian; a record begins at a multiple of four.
 *
 * <pre>
 *    0  u32  CRC-32C of everything behind this field, padding included
 *    4  u32  bytes of payload
 *    8  u64  record number: from 1, without gaps along the whole log
 *   16  u8   type
 *   17  u8   flags
 *   18  u16  group number; 0: none
 *   20  ...  payload, a protobuf message; zeros up to a multiple of four
 * </pre>
 */
final class RecordLayout {
    static final int CRC = 0;
    static final int LENGTH = 4;
    static final int NUMBER = 8;
    static final int TYPE = 16;
    static final int FLAGS = 17;
    static final int GROUP = 18;
    static final int PAYLOAD = 20;

    /** The version of this layout and of the files around it, as SegmentStart carries it. */
    static final int FORMAT_VERSION = 1;

    /**
     * Every record before this one was durable when this one was written. A valid record with this flag behind a hole
     * proves that what is missing had been synced: that is damage, not a torn tail.
     */
    static final byte SYNCED_BEFORE = 1;

    /** The document ends with this record, so that a walk that began in its midst knows where the next header stands. */
    static final byte LAST_OF_DOCUMENT = 2;

    private RecordLayout() {}

    /** What a record with that many bytes of payload takes. */
    static int sizeOf(int payloadBytes) {
        return align(PAYLOAD + payloadBytes);
    }

    /** Up to the next multiple of four. */
    static int align(int bytes) {
        return (bytes + 3) & ~3;
    }
}
