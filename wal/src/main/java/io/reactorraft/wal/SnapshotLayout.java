package io.reactorraft.wal;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * A snapshot file, byte by byte. All numbers are little-endian.
 *
 * <pre>
 *   head:   "RRSN" | u32 CRC-32C of what follows in the head | u32 length | SnapshotFileHead
 *   frame:  u32 length | u32 CRC-32C of length and bytes | bytes of one buffer
 *   end:    u32 0xFFFFFFFF | u32 CRC-32C of all frames before; nothing follows
 * </pre>
 */
final class SnapshotLayout {
    static final int FORMAT_VERSION = 1;

    /** "RRSN". */
    static final int MAGIC = 0x4E535252;

    /** What precedes the message of the head. */
    static final int HEAD_BYTES = 12;

    /** A head repeats what replicas hold equal; more is damage. */
    static final int MAX_HEAD_BYTES = 64 << 20;

    static final int FRAME_BYTES = 8;
    static final int END = 0xFFFF_FFFF;

    /** The largest buffer: a frame is verified before it is shown, so it must fit into memory. */
    static final int MAX_BUFFER_BYTES = 16 << 20;

    private SnapshotLayout() {}

    /** Covers the length too, so that zeros are not frames. */
    static int frameChecksum(ByteBuffer buffer) {
        CRC32C crc = new CRC32C();
        int length = buffer.remaining();
        for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
            crc.update(length >>> shift);
        }
        crc.update(buffer.duplicate());
        return (int) crc.getValue();
    }
}
