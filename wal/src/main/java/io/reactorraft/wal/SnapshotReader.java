package io.reactorraft.wal;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.SnapshotFileHead;
import io.reactorraft.proto.SnapshotMetadata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads one snapshot file from its head to its end; trusts nothing that it has not compared with a checksum.
 *
 * <p>Used on one thread.
 */
final class SnapshotReader implements AutoCloseable {
    private final Path file;
    private final FileChannel channel;
    private final ByteBuffer chunk;
    private final CRC32C content = new CRC32C();
    private final SnapshotFileHead head;
    private final long size;
    private final long begin;
    private long offset;
    private boolean ended;

    private SnapshotReader(Path file, FileChannel channel, int chunkBytes) throws IOException {
        this.file = file;
        this.channel = channel;
        this.chunk = ByteBuffer.allocateDirect(chunkBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .limit(0);
        this.size = channel.size();
        this.head = readHead();
        this.begin = offset;
    }

    /** Opens a file and reads its head. */
    static SnapshotReader open(Path file, int chunkBytes) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        try {
            return new SnapshotReader(file, channel, chunkBytes);
        } catch (IOException | RuntimeException failed) {
            channel.close();
            throw failed;
        }
    }

    SnapshotFileHead head() {
        return head;
    }

    /** The next buffer, as it was written; null once the file has ended as it must. */
    @Nullable
    ByteBuffer next() throws IOException {
        if (ended) {
            return null;
        }
        long at = offset;
        ByteBuffer frame = read(SnapshotLayout.FRAME_BYTES, "it is cut short within a frame's head");
        int length = frame.getInt(0);
        int checksum = frame.getInt(4);
        if (length == SnapshotLayout.END) {
            end(at, checksum);
            return null;
        }
        if (length < 0 || length > SnapshotLayout.MAX_BUFFER_BYTES) {
            throw damaged(at, "a frame has an impossible length");
        }
        content.update(frame);
        ByteBuffer buffer = read(length, "it is cut short within a frame");
        content.update(buffer.duplicate());
        if (SnapshotLayout.frameChecksum(buffer) != checksum) {
            throw damaged(at, "a frame does not match its checksum");
        }
        return buffer.asReadOnlyBuffer().order(ByteOrder.BIG_ENDIAN);
    }

    /** Whether all was read and found good. */
    boolean ended() {
        return ended;
    }

    /** What was written, with size and checksum; only after all was read. */
    SnapshotMetadata metadata() {
        if (!ended) {
            throw new IllegalStateException(file + " was not read to its end");
        }
        return head.getMetadata().toBuilder()
                .setSizeBytes(offset - begin)
                .setCrc32C((int) content.getValue())
                .build();
    }

    /** Where the next byte to be read stands. */
    long offset() {
        return offset;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private void end(long at, int checksum) throws IOException {
        if ((int) content.getValue() != checksum) {
            throw damaged(at, "the frames do not match the checksum of all of them");
        }
        if (offset != size) {
            throw damaged(offset, "something follows its end");
        }
        ended = true;
    }

    private SnapshotFileHead readHead() throws IOException {
        ByteBuffer fixed = read(SnapshotLayout.HEAD_BYTES, "it is cut short within its head");
        if (fixed.getInt(0) != SnapshotLayout.MAGIC) {
            throw damaged(0, "it does not begin like a snapshot");
        }
        int length = fixed.getInt(8);
        if (length < 0 || length > SnapshotLayout.MAX_HEAD_BYTES) {
            throw damaged(8, "its head has an impossible length");
        }
        ByteBuffer message = read(length, "it is cut short within its head");
        CRC32C crc = new CRC32C();
        crc.update(fixed.duplicate().position(8));
        crc.update(message.duplicate());
        if ((int) crc.getValue() != fixed.getInt(4)) {
            throw damaged(0, "its head does not match its checksum");
        }
        try {
            return SnapshotFileHead.parseFrom(ByteString.copyFrom(message));
        } catch (InvalidProtocolBufferException undecodable) {
            throw damaged(SnapshotLayout.HEAD_BYTES, "its head cannot be decoded");
        }
    }

    /** That many bytes from here on, in a buffer of their own. */
    private ByteBuffer read(int length, String otherwise) throws IOException {
        if (length > size - offset) {
            throw damaged(offset, otherwise);
        }
        ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            if (!chunk.hasRemaining() && !fill()) {
                throw damaged(offset, otherwise);
            }
            int part = Math.min(bytes.remaining(), chunk.remaining());
            bytes.put(chunk.duplicate().limit(chunk.position() + part));
            chunk.position(chunk.position() + part);
            offset += part;
        }
        return bytes.flip();
    }

    private boolean fill() throws IOException {
        int read = channel.read(chunk.clear());
        chunk.flip();
        return read > 0;
    }

    private SnapshotDamagedException damaged(long at, String why) {
        return new SnapshotDamagedException(file, at, why);
    }
}
