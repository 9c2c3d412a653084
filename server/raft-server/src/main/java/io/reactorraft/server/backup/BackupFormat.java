package io.reactorraft.server.backup;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * What a backup looks like.
 *
 * <pre>
 *   "RRBACKUP"  { length, CRC-32C of the bytes, bytes }*  END, how many frames, CRC-32C of all their checksums
 * </pre>
 *
 * <p>Numbers are 32 bits, big-endian. The first frame is a BackupHeader. A stream that breaks off lacks its end.
 */
final class BackupFormat {

    static final byte[] MAGIC = "RRBACKUP".getBytes(StandardCharsets.US_ASCII);

    /** What this version writes, and the only thing it reads. */
    static final int FORMAT = 1;

    /** In place of a length. */
    static final int END = -1;

    /** A longer frame is damage: parts of a snapshot are at most a page and a value. */
    static final int MAX_FRAME_BYTES = 16 << 20;

    private BackupFormat() {}

    static int checksum(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate());
        return (int) crc.getValue();
    }
}
