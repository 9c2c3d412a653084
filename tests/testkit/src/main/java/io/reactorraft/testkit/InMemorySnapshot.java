package io.reactorraft.testkit;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.SnapshotMetadata;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * What stands for a snapshot's file.
 *
 * @param dataId of the directory that it was saved in
 */
record InMemorySnapshot(SnapshotMetadata metadata, ByteString dataId, List<ByteString> buffers) {

    /** Each buffer as a frame would be: so that boundaries count. */
    static int checksum(List<ByteString> buffers) {
        CRC32C crc = new CRC32C();
        for (ByteString buffer : buffers) {
            crc.update(ByteBuffer.allocate(Integer.BYTES).putInt(buffer.size()).flip());
            crc.update(buffer.asReadOnlyByteBuffer());
        }
        return (int) crc.getValue();
    }

    static long size(List<ByteString> buffers) {
        return buffers.stream()
                        .mapToLong(buffer -> Integer.BYTES + buffer.size())
                        .sum()
                + 1;
    }

    boolean isWhole() {
        return checksum(buffers) == metadata.getCrc32C();
    }

    InMemorySnapshot damaged() {
        ByteString first = buffers.isEmpty() ? ByteString.EMPTY : buffers.get(0);
        return new InMemorySnapshot(metadata, dataId, List.of(first.concat(ByteString.copyFromUtf8("damage"))));
    }
}
