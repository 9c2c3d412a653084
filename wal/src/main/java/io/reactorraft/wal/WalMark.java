package io.reactorraft.wal;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;
import net.openhft.chronicle.core.io.IOTools;
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

    private final MappedByteBuffer mapped;
    private final ByteBuffer slot = ByteBuffer.allocate(SLOT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final CRC32C crc = new CRC32C();
    private int next;

    private WalMark(MappedByteBuffer mapped, ByteString dataId) {
        this.mapped = mapped;
        slot.position(16);
        dataId.copyTo(slot);
    }

    /** Opens the mark for writing, making it where there is none. */
    static WalMark open(Path directory, ByteString dataId) throws IOException {
        Path file = directory.resolve(FILE);
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            long size = channel.size();
            if (size < FILE_BYTES) { // room for both slots, before the disk is full
                channel.write(ByteBuffer.allocate((int) (FILE_BYTES - size)), size);
            }
            return new WalMark(channel.map(FileChannel.MapMode.READ_WRITE, 0, FILE_BYTES), dataId);
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

    /** Everything up to the record is durable. In memory that is the file's: a killed process leaves it to the system. */
    void note(long record) {
        slot.putLong(8, record);
        crc.reset();
        crc.update(slot.array(), 4, SLOT_BYTES - 4);
        slot.putInt(0, (int) crc.getValue());
        mapped.put(next * SLOT_DISTANCE, slot.array());
        next = 1 - next;
    }

    /** Makes the mark itself durable: where the log begins or ends its work, not with every sync. */
    void sync() throws IOException {
        try {
            mapped.force();
        } catch (UncheckedIOException failed) {
            throw new IOException("wal.mark cannot be synced", failed);
        }
    }

    @Override
    public void close() {
        IOTools.clean(mapped);
    }
}
