package io.reactorraft.wal;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.SnapshotFileHead;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/** A snapshot file as a later version might write it. */
final class NewerSnapshot {
    private NewerSnapshot() {}

    static byte[] of(byte[] file) throws InvalidProtocolBufferException {
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int length = bytes.getInt(8);
        SnapshotFileHead head =
                SnapshotFileHead.parseFrom(ByteString.copyFrom(file, SnapshotLayout.HEAD_BYTES, length)).toBuilder()
                        .setFormatVersion(SnapshotLayout.FORMAT_VERSION + 1)
                        .build();
        System.arraycopy(head.toByteArray(), 0, file, SnapshotLayout.HEAD_BYTES, length);
        CRC32C crc = new CRC32C();
        crc.update(file, 8, 4 + length);
        bytes.putInt(4, (int) crc.getValue());
        return file;
    }
}
