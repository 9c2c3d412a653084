package io.reactorraft.wal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * The checksum of a record: CRC-32C, begun with a seed that only the log knows.
 *
 * <p>Recovery looks for records behind a torn tail, as one that is whole may prove that the tail had been durable. Without a
 * seed a command could hold bytes that look like such a record, and make a node refuse to start. The first record of a
 * segment tells the seed, so it alone goes without; it is never looked for anywhere but at its place.
 *
 * <p>Not thread-safe.
 */
final class RecordChecksum {
    private final CRC32C crc = new CRC32C();
    private final byte[] seed = new byte[Long.BYTES];

    /** Of a log with that seed. */
    RecordChecksum(long seed) {
        seed(seed);
    }

    /** From here on of another log. */
    void seed(long other) {
        ByteBuffer.wrap(seed).order(ByteOrder.LITTLE_ENDIAN).putLong(other);
    }

    /** Begins with a record of that type. */
    void begin(byte type) {
        crc.reset();
        if (type != RecordType.SEGMENT_START.code()) {
            crc.update(seed);
        }
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
        return (int) crc.getValue();
    }
}
