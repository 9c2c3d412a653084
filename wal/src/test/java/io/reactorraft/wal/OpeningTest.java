package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an opening does to what it finds, once it has found it good. */
class OpeningTest {
    private static final FileTime LONG_AGO = FileTime.from(Instant.parse("2001-02-03T04:05:06Z"));

    @TempDir
    Path directory;

    private Path segment;

    @BeforeEach
    void write() throws IOException {
        ChronicleLogStore store = Logs.open(directory);
        for (long index = 1; index <= 8; index++) {
            Logs.append(store, Logs.entries(index, index, 1_000));
        }
        Logs.close(store);
        segment = Logs.segments(directory).get(0);
    }

    /** After a sync that failed the kernel takes the pages for clean: only what is written anew reaches the disk. */
    @Test
    void theTailIsWrittenAnewAndNotOnlySynced() throws IOException {
        byte[] before = Files.readAllBytes(segment);
        Files.setLastModifiedTime(segment, LONG_AGO);

        ChronicleLogStore store = Logs.open(directory);

        assertThat(Files.getLastModifiedTime(segment)).isNotEqualTo(LONG_AGO);
        assertThat(Logs.read(store, 1, 9)).isEqualTo(Logs.entries(1, 8, 1_000));
        byte[] after = Files.readAllBytes(segment);
        assertThat(before).startsWith(after);
        Logs.close(store);
    }

    @Test
    void whatASegmentDoesNotUseIsGivenBack() throws IOException {
        long[] records = Logs.recordOffsets(segment);
        long used = records[records.length - 1];

        ChronicleLogStore store = Logs.open(directory);

        assertThat(Files.size(segment)).isBetween(used, used + 4096);
        assertThat(Logs.read(store, 1, 9)).isEqualTo(Logs.entries(1, 8, 1_000));
        Logs.close(store);
        assertThat(Logs.lastIndex(Logs.recover(directory))).isEqualTo(8);
    }

    @Test
    void aTornTailIsGivenBackOnlyOnceTheLogGoesOnBehindIt() throws IOException {
        long[] records = Logs.recordOffsets(segment);
        Files.delete(directory.resolve(WalMark.FILE));
        long last = records[records.length - 2];
        Logs.overwrite(segment, last + 100, (byte) 0x55);

        ChronicleLogStore store = Logs.open(directory);

        assertThat(store.view(Logs.GROUP).lastIndex()).isEqualTo(7);
        assertThat(Files.size(segment)).isBetween(last - 4, last + 4096);
        Logs.close(store);
        assertThat(Logs.lastIndex(Logs.recover(directory))).isEqualTo(7);
    }

    @Test
    void manyStartsOfANodeThatOnlyVotesTakeLittle() throws IOException {
        int starts = 200;
        for (int start = 1; start <= starts; start++) {
            ChronicleLogStore store = Logs.open(directory);
            store.append(Logs.GROUP, Logs.hardState(start, "n1", 0), List.of()).block(Logs.SOON);
            Logs.close(store);
        }
        Logs.close(Logs.open(directory));

        long bytes = Logs.diskUse(directory);
        assertThat(bytes / starts)
                .as("bytes for each start, whatever the size of segments; 200 may leave 200 MiB")
                .isLessThan(64 << 10);
    }

    @Test
    void whatAnOpeningLeftThatCameToNothingIsInNobodysWay() throws IOException {
        Path queue = Files.createDirectories(new LogDirectory(directory).queue(2));
        Path partial = queue.resolve(SegmentName.of(2).replace(SegmentName.SUFFIX, Preallocation.SUFFIX));
        Files.write(partial, new byte[5_000]);
        Files.write(queue.resolve("metadata.cq4t"), new byte[100]); // not ready: Chronicle would wait for it
        Path older = Objects.requireNonNull(segment.getParent())
                .resolve(SegmentName.of(9).replace(SegmentName.SUFFIX, Preallocation.SUFFIX));
        Files.write(older, new byte[5_000]);

        ChronicleLogStore store = Logs.open(directory);
        Logs.append(store, Logs.entries(9, 9, 1_000));

        assertThat(older).doesNotExist();
        assertThat(partial).doesNotExist();
        Logs.close(store);
        assertThat(Logs.lastIndex(Logs.recover(directory))).isEqualTo(9);
    }
}
