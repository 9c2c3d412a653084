package io.reactorraft.wal;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.SegmentStart;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;

/** Segments made by hand, from the description in docs/format.md alone. */
final class NewerSegment {
    private NewerSegment() {}

    /** A segment as a version of the future might write it. */
    static void write(Path file) throws IOException {
        BatchEncoder encoder = new BatchEncoder(1_000, new RecordChecksum(0));
        SegmentStart start = SegmentStart.newBuilder().setFormatVersion(99).build();
        encoder.add(RecordType.SEGMENT_START, (byte) 0, 0, 1, start);
        ByteBuffer document = encoder.bytes();
        ByteBuffer header = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt(document.remaining()).flip();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(new ByteBuffer[] {header, document});
        }
    }

    /** A reader before the first record of a segment, with its seed. */
    static RecordReader reader(FileChannel channel) throws IOException {
        RecordReader reader = new RecordReader();
        reader.start(channel);
        SegmentHead.read(new Segment(1, Path.of("any")), reader);
        reader.start(channel);
        return reader;
    }

    /** The data id that a segment carries. */
    static ByteString dataId(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            RecordReader reader = new RecordReader();
            reader.start(channel);
            return Objects.requireNonNull(SegmentHead.read(new Segment(1, file), reader))
                    .dataId();
        }
    }
}
