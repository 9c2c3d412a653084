package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.sun.management.ThreadMXBean;
import io.reactorraft.proto.Entry;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.StartRefusedException.Kind;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Injured files: a tail that nobody was told of is cut, anything else is refused by file and offset, and nothing is lost in
 * silence.
 */
class DamageTest {
    private static final int HEADER = 4;

    @TempDir
    Path directory;

    private List<Path> segments;

    /** Three openings, each of which leaves a segment with five entries, one by one. */
    @BeforeEach
    void write() throws IOException {
        for (int opening = 0; opening < 3; opening++) {
            ChronicleLogStore store = Logs.open(directory);
            for (long index = opening * 5L + 1; index <= opening * 5L + 5; index++) {
                Logs.append(store, Logs.entries(index, index, 40));
            }
            Logs.close(store);
        }
        segments = Logs.segments(directory);
        assertThat(segments).hasSize(3);
        assertThat(Logs.lastIndex(Logs.recover(directory))).isEqualTo(15);
    }

    @Test
    void aTornTailIsCutWhereverItTears() throws IOException {
        forgetLastRecord();
        Path last = segments.get(2);
        long[] records = Logs.recordOffsets(last);
        long from = records[records.length - 2] - HEADER;
        byte[] tail = Logs.bytes(last, from, (int) (records[records.length - 1] - from));

        for (int whole = 0; whole < tail.length; whole++) {
            Logs.overwrite(last, from, Arrays.copyOf(Arrays.copyOf(tail, whole), tail.length));
            boolean untouched = Arrays.equals(Logs.bytes(last, from, tail.length), tail);
            assertThat(Logs.lastIndex(Logs.recover(directory)))
                    .as("with %d bytes of the last document", whole)
                    .isEqualTo(untouched ? 15 : 14);
        }
    }

    @Test
    void aTailThatWasDurableIsNeverCut() throws IOException {
        Path last = segments.get(2);
        long[] records = Logs.recordOffsets(last);
        long from = records[records.length - 2];

        for (long at = from; at < records[records.length - 1]; at++) {
            flip(last, at);
            Logs.assertRefused(Kind.DAMAGED, last + ":" + from, () -> Logs.recover(directory));
            flip(last, at);
        }
    }

    @Test
    void aRepairedLogGoesOnAndIsRepairedNoMore() throws IOException {
        forgetLastRecord();
        Path last = segments.get(2);
        long[] records = Logs.recordOffsets(last);
        flip(last, records[records.length - 2] + 30);

        ChronicleLogStore store = Logs.open(directory);
        assertThat(store.view(Logs.GROUP).lastIndex()).isEqualTo(14);
        Logs.append(store, Logs.entries(15, 17, 40));
        Logs.close(store);

        store = Logs.open(directory);
        assertThat(Logs.read(store, 1, 18)).isEqualTo(Logs.entries(1, 17, 40));
        Logs.close(store);
    }

    @Test
    void aFlippedByteOfAnyRecordOfAnOldSegmentIsRefusedByFileAndOffset() throws IOException {
        Path old = segments.get(1);
        long[] records = Logs.recordOffsets(old);

        for (int record = 0; record + 1 < records.length; record++) {
            for (long at = records[record]; at < records[record + 1] - HEADER; at++) {
                flip(old, at);
                Logs.assertRefused(Kind.DAMAGED, old + ":" + records[record], () -> Logs.recover(directory));
                flip(old, at);
            }
        }
    }

    @Test
    void aZeroedHeaderWithinTheLastSegmentIsDamageAsMoreFollows() throws IOException {
        Files.delete(directory.resolve(WalMark.FILE));
        Path last = segments.get(2);
        long[] records = Logs.recordOffsets(last);
        long third = records[records.length - 4];

        Logs.overwrite(last, third - HEADER, new byte[HEADER]);

        Logs.assertRefused(Kind.DAMAGED, last + ":" + (third - HEADER), () -> Logs.recover(directory));
    }

    @Test
    void commitIndexesWithoutSyncsInBetweenDoNotHideDamage() throws IOException {
        ChronicleLogStore store = Logs.open(directory);
        for (long index = 16; index <= 20; index++) {
            Logs.append(store, Logs.entries(index, index, 40));
            store.append(Logs.GROUP, Logs.hardState(1, "n1", index), List.of()).block(Logs.SOON);
        }
        Logs.close(store);
        Files.delete(directory.resolve(WalMark.FILE));
        Path last = Logs.segments(directory).get(3);
        long seventh = Logs.recordOffsets(last)[6];

        flip(last, seventh + 22);

        Logs.assertRefused(Kind.DAMAGED, last + ":" + seventh, () -> Logs.recover(directory));
    }

    @Test
    void aHeadThatIsBrokenIsDamageAsMoreFollows() throws IOException {
        Files.delete(directory.resolve(WalMark.FILE));
        Path last = segments.get(2);

        flip(last, Logs.recordOffsets(last)[0] + 25);

        Logs.assertRefused(Kind.DAMAGED, last + ":", () -> Logs.recover(directory));
    }

    @Test
    void aSegmentThatACrashLeftHalfMadeIsPassedOver() throws IOException {
        Path half = Objects.requireNonNull(segments.get(2).getParent()).resolve(SegmentName.of(90));
        Files.write(half, new byte[100_000]);

        ChronicleLogStore store = Logs.open(directory);

        assertThat(Logs.read(store, 1, 16)).isEqualTo(Logs.entries(1, 15, 40));
        assertThat(half).doesNotExist();
        Logs.close(store);
    }

    @Test
    void severalThatCrashesLeftHalfMadeArePassedOver() throws IOException {
        Path queue = Objects.requireNonNull(segments.get(2).getParent());
        Files.write(queue.resolve(SegmentName.of(90)), new byte[100_000]);
        Files.write(queue.resolve(SegmentName.of(91)), new byte[100_000]);
        ChronicleLogStore store = Logs.open(directory);
        Logs.append(store, Logs.entries(16, 16, 40));
        Logs.close(store);
        Files.write(queue.resolve(SegmentName.of(91)), new byte[100_000]); // as if the crash came before it was deleted

        store = Logs.open(directory);

        assertThat(Logs.read(store, 1, 17)).isEqualTo(Logs.entries(1, 16, 40));
        assertThat(queue.resolve(SegmentName.of(91))).doesNotExist();
        Logs.close(store);
    }

    /** A command may hold any bytes: also those of a record that claims that all before it was durable. */
    @Test
    void aCommandThatImitatesARecordMakesNoDamageOfATornTail() throws IOException {
        ChronicleLogStore store = Logs.open(directory);
        Entry imitating = Logs.entry(17, 0).toBuilder().setData(imitation()).build();
        Logs.append(store, List.of(Logs.entry(16, 40), imitating));
        Logs.close(store);
        Files.delete(directory.resolve(WalMark.FILE));
        Path last = Logs.segments(directory).get(3);
        long[] records = Logs.recordOffsets(last);

        flip(last, records[records.length - 3] + 22);

        assertThat(Logs.lastIndex(Logs.recover(directory))).isEqualTo(15);
    }

    /** Aligned as it may come to stand in any entry, with a checksum that needs no seed. */
    private static ByteString imitation() {
        ByteString.Output bytes = ByteString.newOutput();
        for (int shift = 0; shift < 4; shift++) {
            BatchEncoder encoder = new BatchEncoder(1_000, new RecordChecksum(0));
            encoder.add(RecordType.HARD_STATE, (byte) 0, 1, 40, Logs.hardState(1, "n1", 1));
            ByteBuffer record = encoder.bytes().slice().order(ByteOrder.LITTLE_ENDIAN);
            CRC32C crc = new CRC32C();
            crc.update(record.slice(4, record.limit() - 4));
            record.putInt(0, (int) crc.getValue());
            while (record.hasRemaining()) {
                bytes.write(record.get());
            }
            bytes.write(0);
        }
        return bytes.toByteString();
    }

    @Test
    void aSegmentUnderAnothersNameIsRefused() throws IOException {
        Path second = segments.get(1);
        Path later = second.resolveSibling(SegmentName.of(70));
        Files.copy(second, later);

        Logs.assertRefused(Kind.DAMAGED, later + ":0", () -> Logs.recover(directory));
    }

    @Test
    void aFileLongerThanAnySegmentIsRefusedBeforeItIsRead() throws IOException {
        Path last = segments.get(2);
        try (var channel = java.nio.channels.FileChannel.open(last, java.nio.file.StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(1), 1L << 40);
        }

        Logs.assertRefused(Kind.DAMAGED, last + ":" + WalConfig.MAX_FILE_BYTES, () -> Logs.recover(directory));
    }

    @Test
    void aLengthThatIsDamagedFillsNoMemory() throws IOException {
        Path old = segments.get(1);
        long third = Logs.recordOffsets(old)[2];
        try (var channel = java.nio.channels.FileChannel.open(old, java.nio.file.StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(1), 300L << 20);
        }
        Logs.overwrite(old, third - HEADER, new byte[] {0, 0, 0, 0x11}); // the document's
        Logs.overwrite(old, third + RecordLayout.LENGTH, new byte[] {0, 0, 0, 0x0F}); // 240 MiB

        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes() + directBytes();
        Logs.assertRefused(Kind.DAMAGED, old + ":" + third, () -> Logs.recover(directory));
        assertThat(threads.getCurrentThreadAllocatedBytes() + directBytes() - before)
                .isLessThan(16 << 20);
    }

    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getTotalCapacity)
                .sum();
    }

    @Test
    void withoutTheMarkNoFlippedByteOfTheLastSegmentHidesMoreThanTheLastBatch() throws IOException {
        Path last = segments.get(2);
        long[] records = Logs.recordOffsets(last);
        for (long at = 0; at < records[records.length - 1]; at++) {
            Files.deleteIfExists(directory.resolve(WalMark.FILE));
            flip(last, at);
            try {
                assertThat(Logs.lastIndex(Logs.recover(directory)))
                        .as("with byte %d flipped", at)
                        .isGreaterThanOrEqualTo(14);
            } catch (StartRefusedException refused) {
                assertThat(refused).hasMessageContaining(last.toString());
            }
            flip(last, at);
        }
    }

    @Test
    void aMissingSegmentIsNoticed() throws IOException {
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        for (Path segment : segments) {
            Path away = elsewhere.resolve("away");
            Files.move(segment, away);
            Logs.assertRefused(Kind.DAMAGED, SegmentName.SUFFIX + ":", () -> Logs.recover(directory));
            Files.move(away, segment);
        }
        assertThat(Logs.lastIndex(Logs.recover(directory))).isEqualTo(15);
    }

    @Test
    void allSegmentsMissingIsNoticed() throws IOException {
        for (Path segment : segments) {
            Files.delete(segment);
        }
        Logs.assertRefused(Kind.DAMAGED, directory.toString(), () -> Logs.recover(directory));
    }

    @Test
    void aSegmentCutShortIsNoticed() throws IOException {
        for (Path segment : segments) {
            byte[] whole = Files.readAllBytes(segment);
            long[] records = Logs.recordOffsets(segment);
            Files.write(segment, Arrays.copyOf(whole, (int) records[records.length - 2]));
            Logs.assertRefused(Kind.DAMAGED, segment.toString(), () -> Logs.recover(directory));
            Files.write(segment, whole);
        }
    }

    @Test
    void aRefusalLeavesEveryFileAsItWas() throws IOException {
        flip(segments.get(1), Logs.recordOffsets(segments.get(1))[3] + 22);
        Path before = Logs.copy(directory, directory.resolveSibling(directory.getFileName() + "-before"));

        Logs.assertRefused(Kind.DAMAGED, segments.get(1).toString(), () -> Logs.open(directory));

        assertThat(Logs.segments(directory)).isEqualTo(segments);
        for (Path segment : segments) {
            assertThat(segment).hasSameBinaryContentAs(before.resolve(directory.relativize(segment)));
        }
        assertThat(directory.resolve(WalMark.FILE)).hasSameBinaryContentAs(before.resolve(WalMark.FILE));
    }

    @Test
    void whatChronicleKeepsForItselfMayBeDamagedAnyhow() throws IOException {
        for (Path segment : segments) {
            Path table = segment.resolveSibling("metadata.cq4t");
            Logs.overwrite(table, 0, new byte[4_096]);
        }
        ChronicleLogStore store = Logs.open(directory);
        assertThat(Logs.read(store, 1, 16)).isEqualTo(Logs.entries(1, 15, 40));
        Logs.close(store);
    }

    @Test
    void aNewerFormatIsRefusedAsSuch() throws IOException {
        Path queue = Files.createDirectories(new LogDirectory(directory).queue(91));
        NewerSegment.write(queue.resolve(SegmentName.of(91)));

        Logs.assertRefused(Kind.NEWER, "has format 99", () -> Logs.recover(directory));
    }

    private static void flip(Path file, long at) throws IOException {
        Logs.overwrite(file, at, (byte) (Logs.bytes(file, at, 1)[0] ^ 0x10));
    }

    /** As if power had failed before the last record was durable: the mark lags behind it. */
    private void forgetLastRecord() throws IOException {
        Path last = segments.get(2);
        long durable;
        try (var channel = java.nio.channels.FileChannel.open(last)) {
            RecordReader reader = NewerSegment.reader(channel);
            long number = 0;
            while (reader.next()) {
                number = reader.number();
            }
            durable = number - 1;
        }
        Files.delete(directory.resolve(WalMark.FILE));
        try (WalMark mark = WalMark.open(directory, NewerSegment.dataId(segments.get(0)))) {
            mark.note(durable);
        }
    }
}
