package io.reactorraft.wal;

/**
 * Where what stands in a record. All numbers are little-endian; a record begins at a multiple of four.
 *
 * <pre>
 *    0  u32  checksum of everything behind this field, padding included: see {@link RecordChecksum}
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

    /** What an entry of up to 2 MiB takes beside its data, at most: head, term, index, type, length and padding. */
    static final int OVERHEAD = 56;

    /** No record has more: a quarter of the largest segment. */
    static final int MAX_PAYLOAD = 1 << 28;

    /** The version of this layout and of the files around it, as SegmentStart carries it. */
    static final int FORMAT_VERSION = 1;

    /** The document ends with this record, so that a walk that began in its midst knows where the next header stands. */
    static final byte LAST_OF_DOCUMENT = 1;

    /** On a snapshot's mark: the log did not hold the snapshot's last entry; it is empty, and begins behind the mark. */
    static final byte LOG_BEGINS = 2;

    /**
     * The upper half of the flags: how many records directly before this one were not known to be durable when it was
     * written; {@link #UNSYNCED_MANY} where it does not fit. A valid record behind a hole that counts fewer proves that
     * what is missing had been durable: that is damage, not a torn tail.
     */
    private static final int UNSYNCED_SHIFT = 4;

    static final int UNSYNCED_MANY = 15;

    private RecordLayout() {}

    /** Flags with that many records before it that are not durable. */
    static byte withUnsynced(byte flags, long unsynced) {
        return (byte) (flags | Math.min(unsynced, UNSYNCED_MANY) << UNSYNCED_SHIFT);
    }

    /** How many records directly before are not known to be durable, or {@link #UNSYNCED_MANY}. */
    static int unsynced(byte flags) {
        return (flags & 0xFF) >>> UNSYNCED_SHIFT;
    }

    /** What a record with that many bytes of payload takes. */
    static int sizeOf(int payloadBytes) {
        return align(PAYLOAD + payloadBytes);
    }

    /** Up to the next multiple of four. */
    static int align(int bytes) {
        return (bytes + 3) & ~3;
    }
}
