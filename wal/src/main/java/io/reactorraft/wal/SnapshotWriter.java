package io.reactorraft.wal;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.SnapshotFileHead;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.LogStore.Owner;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * One snapshot on its way to the disk: temporary file, sync, rename, sync of the directory.
 *
 * <p>Used on the store's thread alone.
 */
final class SnapshotWriter implements AutoCloseable {

    /** How much may wait for the disk: the log beside it waits for all of that when it syncs. */
    private static final long SYNC_EVERY_BYTES = 4 << 20;

    private final SnapshotMetadata metadata;
    private final SnapshotName name;
    private final Path directory;
    private final Path temporary;
    private final RoomCheck room;
    private final Syncer syncer;
    private final FileChannel channel;
    private final ByteBuffer chunk;
    private final CRC32C content = new CRC32C();
    private long contentBytes;
    private long unsynced;

    /** Fails where no more is to be written. */
    @FunctionalInterface
    interface RoomCheck {
        void check() throws IOException;
    }

    private SnapshotWriter(Path directory, SnapshotMetadata metadata, RoomCheck room, Syncer syncer, int chunkBytes)
            throws IOException {
        this.directory = directory;
        this.metadata = metadata;
        this.room = room;
        this.syncer = syncer;
        this.name = new SnapshotName(metadata.getIndex(), metadata.getSnapshotId());
        this.temporary = directory.resolve(name.temporary());
        this.chunk = ByteBuffer.allocateDirect(chunkBytes).order(ByteOrder.LITTLE_ENDIAN);
        this.channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    /** Begins a file; {@code metadata} has the id that names it. */
    static SnapshotWriter begin(
            Path directory, Owner owner, SnapshotMetadata metadata, RoomCheck room, Syncer syncer, int chunkBytes)
            throws IOException {
        SnapshotWriter writer = new SnapshotWriter(directory, metadata, room, syncer, chunkBytes);
        try {
            writer.head(SnapshotFileHead.newBuilder()
                    .setFormatVersion(SnapshotLayout.FORMAT_VERSION)
                    .setClusterId(owner.clusterId())
                    .setDataId(owner.dataId())
                    .setMetadata(
                            metadata.toBuilder().clearSizeBytes().clearCrc32C().build())
                    .build());
            return writer;
        } catch (IOException | RuntimeException failed) {
            writer.discard();
            throw failed;
        }
    }

    /** Appends one buffer as one frame; the buffer is not kept, and its position is left as it is. */
    void write(ByteBuffer buffer) throws IOException {
        int length = buffer.remaining();
        if (length > SnapshotLayout.MAX_BUFFER_BYTES) {
            throw new IllegalArgumentException("a snapshot's buffer has " + length + " bytes, and "
                    + SnapshotLayout.MAX_BUFFER_BYTES + " are the limit; emit smaller ones");
        }
        integer(length);
        integer(SnapshotLayout.frameChecksum(buffer));
        bytes(buffer.duplicate());
    }

    /** Ends the file and makes it durable under its name. */
    SnapshotMetadata finish() throws IOException {
        flush();
        int checksum = (int) content.getValue();
        integer(SnapshotLayout.END);
        integer(checksum);
        SnapshotMetadata whole = metadata.toBuilder()
                .setSizeBytes(contentBytes)
                .setCrc32C(checksum)
                .build();
        checkAgainstSender(whole);
        flush();
        syncer.sync(channel);
        channel.close();
        Files.move(temporary, directory.resolve(name.file()), StandardCopyOption.ATOMIC_MOVE);
        LogDirectory.sync(directory);
        return whole;
    }

    SnapshotMetadata metadata() {
        return metadata;
    }

    /** Where it was not finished, nothing of it is left. */
    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(temporary);
    }

    /** Leaves nothing of it, wherever it was. */
    void discard() throws IOException {
        close();
        Files.deleteIfExists(directory.resolve(name.file()));
    }

    /** What was received is framed as it was sent, so that it must come out the same. */
    private void checkAgainstSender(SnapshotMetadata whole) throws IOException {
        boolean told = metadata.getSizeBytes() != 0;
        boolean same = whole.getSizeBytes() == metadata.getSizeBytes() && whole.getCrc32C() == metadata.getCrc32C();
        if (told && !same) {
            throw new IOException("the snapshot at " + metadata.getIndex() + " of group " + metadata.getGroupId()
                    + " is not what was sent: " + whole.getSizeBytes() + " bytes with checksum "
                    + Integer.toHexString(whole.getCrc32C()) + ", not " + metadata.getSizeBytes() + " with "
                    + Integer.toHexString(metadata.getCrc32C()) + "; it is to be sent again");
        }
    }

    private void head(SnapshotFileHead head) throws IOException {
        ByteString message = head.toByteString();
        ByteBuffer bytes = ByteBuffer.allocate(SnapshotLayout.HEAD_BYTES + message.size())
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(SnapshotLayout.MAGIC)
                .putInt(0)
                .putInt(message.size())
                .put(message.asReadOnlyByteBuffer());
        CRC32C crc = new CRC32C();
        crc.update(bytes.flip().position(8));
        bytes.putInt(4, (int) crc.getValue()).position(0);
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private void integer(int value) throws IOException {
        if (chunk.remaining() < Integer.BYTES) {
            flush();
        }
        chunk.putInt(value);
        contentBytes += Integer.BYTES;
    }

    private void bytes(ByteBuffer buffer) throws IOException {
        contentBytes += buffer.remaining();
        while (buffer.hasRemaining()) {
            if (!chunk.hasRemaining()) {
                flush();
            }
            int length = Math.min(chunk.remaining(), buffer.remaining());
            chunk.put(buffer.duplicate().limit(buffer.position() + length));
            buffer.position(buffer.position() + length);
        }
    }

    private void flush() throws IOException {
        chunk.flip();
        content.update(chunk.duplicate());
        unsynced += chunk.remaining();
        while (chunk.hasRemaining()) {
            channel.write(chunk);
        }
        chunk.clear();
        if (unsynced >= SYNC_EVERY_BYTES) {
            syncer.sync(channel);
            unsynced = 0;
            room.check();
        }
    }
}
