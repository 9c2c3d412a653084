package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.GroupStart;
import io.reactorraft.proto.SegmentStart;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a segment held before it was used again, and what a client may have made it hold. */
class StaleContentTest {
    private static final long SEED = 4711;
    private static final byte NO_FLAGS = 0;
    private static final int FILE = 1 << 20;

    @TempDir
    Path directory;

    private final BatchEncoder encoder = new BatchEncoder(1 << 16, new RecordChecksum(SEED));

    @Test
    void aHeadThatGoesOnWithTheGroupsOfAnEarlierOneIsNotWhole() throws IOException {
        assertThat(head(11, 12)).isNotNull();
        assertThat(head(11, 5))
                .as("a page of an earlier head behind a page of this one")
                .isNull();
    }

    /** Of a segment behind record 9 with two groups, whose records have these numbers. */
    private @Nullable Object head(long first, long second) throws IOException {
        encoder.clear();
        SegmentStart start = SegmentStart.newBuilder()
                .setChecksumSeed(SEED)
                .setPreviousRecord(9)
                .setGroups(2)
                .build();
        encoder.add(RecordType.SEGMENT_START, NO_FLAGS, 0, 10, start);
        encoder.add(RecordType.GROUP_START, NO_FLAGS, 1, first, group(1));
        encoder.add(RecordType.GROUP_START, NO_FLAGS, 2, second, group(2));
        ByteBuffer document = encoder.bytes();
        document.putInt(0, document.remaining()).position(0);
        Path file = directory.resolve("head" + second);
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            channel.write(document);
            RecordReader reader = new RecordReader();
            reader.start(channel);
            return SegmentHead.read(new Segment(1, file), reader);
        }
    }

    private static GroupStart group(int number) {
        return GroupStart.newBuilder().setNumber(number).build();
    }

    @Test
    void aProofIsFoundBehindBytesThatLookLikeARecord() throws IOException {
        int proof = FILE / 2;
        try (FileChannel channel = withProof(3, proof)) {
            assertThat(reader(channel).findProof(0, 100)).isEqualTo(proof);
        }
    }

    /** Pages of zeros are passed over as a whole. */
    @Test
    void aProofIsFoundWhereverOnAPageItBegins() throws IOException {
        for (int proof = FILE / 2 - 32; proof <= FILE / 2 + 32; proof += 4) {
            try (FileChannel channel = withProof(0, proof)) {
                assertThat(reader(channel).findProof(0, 100)).isEqualTo(proof);
            }
        }
    }

    @Test
    void bytesThatLookLikeLargeRecordsWithoutEndDoNotHoldUpAStart() throws IOException {
        try (FileChannel channel = withProof(40, FILE / 2)) {
            assertThat(reader(channel).findProof(0, 100))
                    .as("16 times the file were checked before the search came to the proof")
                    .isEqualTo(-1);
        }
    }

    /** So many heads of records of half a file, and one record that is whole behind them. */
    private FileChannel withProof(int imitations, int proof) throws IOException {
        ByteBuffer content = ByteBuffer.allocate(FILE).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < imitations; i++) {
            content.putInt(0)
                    .putInt(FILE / 2)
                    .putLong(101)
                    .put(RecordType.ENTRY.code())
                    .put(NO_FLAGS)
                    .putShort((short) 1);
        }
        encoder.clear();
        encoder.add(RecordType.HARD_STATE, NO_FLAGS, 1, 101, Logs.hardState(1, "n1", 1));
        content.position(proof).put(encoder.bytes());
        Path file = directory.resolve("content");
        Files.write(file, content.array());
        return FileChannel.open(file, StandardOpenOption.READ);
    }

    private static RecordReader reader(FileChannel channel) throws IOException {
        RecordReader reader = new RecordReader();
        reader.start(channel);
        reader.seed(SEED);
        return reader;
    }
}
