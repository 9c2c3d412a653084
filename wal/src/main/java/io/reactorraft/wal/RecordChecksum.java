package io.reactorraft.wal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * The checksum of a record: CRC-32C, begun with a seed that only the log knows.
 *
 * <p>Recovery looks for records behind a torn tail, as one that is whole may prove that the tail had been durable. Without a
 * seed a command could hold bytes that look like such a record, and make a node refuse to start. The first record of a
 * segment tells the seed, so it alone goes without; it is never looked for anywhere but at its place.
 *
 * <p>What a seed changes in a checksum depends on the length of what follows, and on nothing else of it, as a CRC is
 * linear; so it is reckoned once a length, and not with each record. Not thread-safe.
 */
final class RecordChecksum {

    /** Up to here the share of the seed is kept by length; records are longer by far than it takes to reckon it anew. */
    private static final int KEPT_LENGTH = 4096;

    /** Lengths are multiples of it, as records are. */
    private static final int UNIT = 4;

    private static final byte[] ZEROS = new byte[KEPT_LENGTH];

    private final CRC32C crc = new CRC32C();
    private final byte[] seed = new byte[Long.BYTES];

    /** By the length in units; 0 where it is not known yet, or happens to be 0. */
    private final int[] shares = new int[KEPT_LENGTH / UNIT];

    private int share;

    /** Of a log with that seed. */
    RecordChecksum(long seed) {
        seed(seed);
    }

    /** From here on of another log. */
    void seed(long other) {
        ByteBuffer.wrap(seed).order(ByteOrder.LITTLE_ENDIAN).putLong(other);
        Arrays.fill(shares, 0);
    }

    /** Begins with a record of that type, of which so many bytes, a multiple of four, will be told. */
    void begin(byte type, int length) {
        crc.reset();
        share = 0;
        if (type != RecordType.SEGMENT_START.code()) {
            if (length < KEPT_LENGTH) {
                share = share(length);
            } else {
                crc.update(seed);
            }
        }
    }

    private int share(int length) {
        int slot = length / UNIT;
        if (shares[slot] == 0) {
            crc.update(ZEROS, 0, length);
            int unseeded = (int) crc.getValue();
            crc.reset();
            crc.update(seed);
            crc.update(ZEROS, 0, length);
            shares[slot] = unseeded ^ (int) crc.getValue();
            crc.reset();
        }
        return shares[slot];
    }

    /** Goes on with the bytes up to the limit. */
    void update(ByteBuffer bytes) {
        crc.update(bytes);
    }

    /** Goes on with these bytes. */
    void update(byte[] bytes, int offset, int length) {
        crc.update(bytes, offset, length);
    }

    int value() {
        return (int) crc.getValue() ^ share;
    }
}
