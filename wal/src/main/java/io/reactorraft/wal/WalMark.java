package io.reactorraft.wal;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * {@code wal.mark}: up to which record the log was durable at last.
 *
 * <p>It is noted after each sync but not synced itself, so that it may lag, never lead. Records missing below it were
 * durable once: the log is damaged, not torn. Two slots are written in turn, so that one is always whole.
 *
 * <pre>
 *   slot 0 at 0, slot 1 at 4096:  u32 CRC-32C of what follows | u32 zero | u64 record number | 16 bytes data id
 * </pre>
 */
final class WalMark implements AutoCloseable {
    static final String FILE = "wal.mark";
    private static final int SLOT_BYTES = 32;
    private static final int SLOT_DISTANCE = 4096;
    private static final int FILE_BYTES = 2 * SLOT_DISTANCE;

    private final FileChannel channel;
    private final ByteBuffer slot = ByteBuffer.allocateDirect(SLOT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final CRC32C crc = new CRC32C();
    private int next;

    private WalMark(FileChannel channel, ByteString dataId) {
        this.channel = channel;
        slot.position(16);
        dataId.copyTo(slot);
    }

    /** Opens the mark for writing, making it where there is none. */
    static WalMark open(Path directory, ByteString dataId) throws IOException {
        Path file = directory.resolve(FILE);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            long size = channel.size();
            if (size < FILE_BYTES) { // room for both slots, before the disk is full
                channel.write(ByteBuffer.allocate((int) (FILE_BYTES - size)), size);
            }
            return new WalMark(channel, dataId);
        } catch (IOException failed) {
            channel.close();
            throw failed;
        }
    }

    /** The highest record noted for the data id, or for any where that is null; 0 where none is. */
    static long read(Path directory, @Nullable ByteString dataId) throws IOException {
        Path file = directory.resolve(FILE);
        if (!file.toFile().exists()) {
            return 0;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return Math.max(readSlot(channel, 0, dataId), readSlot(channel, SLOT_DISTANCE, dataId));
        }
    }

    private static long readSlot(FileChannel channel, long at, @Nullable ByteString dataId) throws IOException {
        ByteBuffer slot = ByteBuffer.allocate(SLOT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (slot.hasRemaining() && channel.read(slot, at + slot.position()) >= 0) {
            // until the slot or the file ends
        }
        if (slot.hasRemaining()) {
            return 0;
        }
        CRC32C crc = new CRC32C();
        crc.update(slot.array(), 4, SLOT_BYTES - 4);
        boolean whole = (int) crc.getValue() == slot.getInt(0);
        boolean ours =
                dataId == null || ByteString.copyFrom(slot.array(), 16, 16).equals(dataId);
        return whole && ours ? slot.getLong(8) : 0;
    }

    /** Everything up to the record is durable. */
    void note(long record) throws IOException {
        slot.clear();
        slot.putLong(8, record);
        crc.reset();
        crc.update(slot.position(4));
        slot.putInt(0, (int) crc.getValue()).position(0);
        long at = (long) next * SLOT_DISTANCE;
        while (slot.hasRemaining()) {
            channel.write(slot, at + slot.position());
        }
        next = 1 - next;
    }

    /** Makes the mark itself durable: where the log begins or ends its work, not with every sync. */
    void sync() throws IOException {
        channel.force(true);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
