package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.proto.Entry;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.Metric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many small segments: what rolls, what stays, and what goes. */
class SegmentsTest {
    private static final int ENTRY = 10_000;

    @TempDir
    Path directory;

    private ChronicleLogStore store;

    @BeforeEach
    void open() {
        store = Logs.open(directory);
    }

    @AfterEach
    void close() {
        Logs.close(store);
    }

    @Test
    void aLogRollsOverManySegmentsAndIsReadAcrossThem() throws IOException {
        appendOneByOne(1, 200);

        assertThat(Logs.segments(directory)).hasSizeGreaterThan(8);
        assertThat(Logs.read(store, 1, 201)).isEqualTo(Logs.entries(1, 200, ENTRY));
        reopen();
        assertThat(Logs.read(store, 1, 201)).isEqualTo(Logs.entries(1, 200, ENTRY));
        assertThat(Logs.read(store, 77, 78)).isEqualTo(Logs.entries(77, 77, ENTRY));
    }

    @Test
    void oneAppendMayFillSeveralSegments() {
        Logs.append(store, Logs.entries(1, 150, ENTRY));

        reopen();
        assertThat(Logs.read(store, 1, 151)).isEqualTo(Logs.entries(1, 150, ENTRY));
    }

    @Test
    void theLargestEntryIsAQuarterOfASegmentAndALargerOneIsRefused() {
        int limit = Logs.SMALL.maxDocumentBytes();
        int room = limit - RecordLayout.PAYLOAD - 16;
        Entry largest = Logs.entry(2, room);
        Entry tooLarge = Logs.entry(3, limit);

        Logs.append(store, List.of(Logs.entry(1, 5), largest));
        assertThatThrownBy(() -> Logs.append(store, List.of(tooLarge)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("entry 3 of group orders has")
                .hasMessageContaining(limit + " at most");

        reopen();
        assertThat(Logs.read(store, 2, 3)).containsExactly(largest);
    }

    @Test
    void hardStateAndMarkOutliveTheSegmentsTheyWereWrittenIn() throws IOException {
        store.append(Logs.GROUP, Logs.hardState(7, "n2", 0), List.of()).block(Logs.SOON);
        appendOneByOne(1, 100);
        store.mark(Logs.GROUP, Logs.snapshot(Logs.GROUP, 90)).block(Logs.SOON);
        appendOneByOne(101, 200);
        Path first = Logs.segments(directory).get(0);

        store.compact(Logs.GROUP, 90).block(Logs.SOON);

        assertThat(first).doesNotExist();
        reopen();
        assertThat(store.hardState(Logs.GROUP)).isEqualTo(Logs.hardState(7, "n2", 0));
        assertThat(store.snapshotMark(Logs.GROUP)).isEqualTo(Logs.snapshot(Logs.GROUP, 90));
    }

    @Test
    void compactionRemovesWholeSegmentsAndKnowsTheTermBeforeTheFirst() throws IOException {
        appendOneByOne(1, 200);
        store.mark(Logs.GROUP, Logs.snapshot(Logs.GROUP, 150)).block(Logs.SOON);
        int before = Logs.segments(directory).size();

        store.compact(Logs.GROUP, 120).block(Logs.SOON);

        assertThat(Logs.segments(directory).size()).isLessThan(before - 3);
        long first = store.view(Logs.GROUP).firstIndex();
        assertThat(first).isBetween(90L, 121L);
        assertThatThrownBy(() -> Logs.read(store, first - 1, first + 1)).isInstanceOf(IndexOutOfBoundsException.class);
        reopen();
        assertThat(store.view(Logs.GROUP).firstIndex()).isEqualTo(first);
        assertThat(store.view(Logs.GROUP).term(first - 1)).isEqualTo(1);
        assertThat(Logs.read(store, first, 201)).isEqualTo(Logs.entries(first, 200, ENTRY));
    }

    @Test
    void segmentsThatWereLetGoOfAreUsedAgainAndNoMoreAreKeptThanAFew() throws IOException {
        appendOneByOne(1, 200);
        int written = Logs.segments(directory).size();
        store.mark(Logs.GROUP, Logs.snapshot(Logs.GROUP, 200)).block(Logs.SOON);
        store.compact(Logs.GROUP, 200).block(Logs.SOON);

        int left = Logs.segments(directory).size();
        assertThat(written - left).isGreaterThan(SegmentSupply.MOST_KEPT);
        awaitReadingThread();
        assertThat(setAside()).isEqualTo(SegmentSupply.MOST_KEPT);
        appendOneByOne(201, 400);

        assertThat(setAside()).isZero();
        assertThat(Logs.read(store, 201, 401)).isEqualTo(Logs.entries(201, 400, ENTRY));
        reopen();
        assertThat(Logs.read(store, 201, 401)).isEqualTo(Logs.entries(201, 400, ENTRY));
    }

    @Test
    void aSegmentThatCannotBeUsedAgainIsDeletedAndANewOneTakesItsPlace() throws IOException {
        appendOneByOne(1, 200);
        store.mark(Logs.GROUP, Logs.snapshot(Logs.GROUP, 200)).block(Logs.SOON);
        store.compact(Logs.GROUP, 200).block(Logs.SOON);
        awaitReadingThread();
        for (Path old : allSetAside(directory)) {
            Files.delete(old);
            Files.createDirectory(old); // which cannot be written as a file
        }

        appendOneByOne(201, 400);

        assertThat(setAside()).isZero();
        assertThat(Logs.read(store, 201, 401)).isEqualTo(Logs.entries(201, 400, ENTRY));
    }

    @Test
    void whatAKilledProcessKeptForLaterGoesAtTheNextStart() throws IOException {
        appendOneByOne(1, 200);
        store.mark(Logs.GROUP, Logs.snapshot(Logs.GROUP, 200)).block(Logs.SOON);
        store.compact(Logs.GROUP, 200).block(Logs.SOON);
        awaitReadingThread();
        Path killed = directory.resolve("killed");
        Files.createDirectories(killed);
        Path left = Logs.copy(directory.resolve("wal"), killed.resolve("wal"));
        Files.copy(directory.resolve(WalMark.FILE), killed.resolve(WalMark.FILE));
        assertThat(setAside(left)).isPositive();

        Logs.close(Logs.open(killed));

        assertThat(setAside(left)).isZero();
        assertThat(Logs.recover(killed).get(Logs.GROUP).view().lastIndex()).isEqualTo(200);
    }

    /** It has done what was asked of it: it reads, makes files and deletes them in this order. */
    private void awaitReadingThread() {
        assertThat(Logs.read(store, 200, 201)).hasSize(1);
    }

    private long setAside() throws IOException {
        return setAside(directory);
    }

    private static long setAside(Path below) throws IOException {
        return allSetAside(below).size();
    }

    private static List<Path> allSetAside(Path below) throws IOException {
        try (Stream<Path> files = Files.walk(below)) {
            return files.filter(file -> file.toString().endsWith(SegmentSupply.SET_ASIDE))
                    .toList();
        }
    }

    @Test
    void aSegmentStaysWhileAnyGroupNeedsIt() throws IOException {
        Logs.append(store, "users", Logs.entries(1, 3, 10));
        appendOneByOne(1, 100);
        Logs.append(store, "users", Logs.entries(4, 4, 10));
        store.mark(Logs.GROUP, Logs.snapshot(Logs.GROUP, 100)).block(Logs.SOON);
        int before = Logs.segments(directory).size();

        store.compact(Logs.GROUP, 100).block(Logs.SOON);
        assertThat(Logs.segments(directory)).hasSize(before);

        store.mark("users", Logs.snapshot("users", 3)).block(Logs.SOON);
        store.compact("users", 3).block(Logs.SOON);
        assertThat(Logs.segments(directory).size()).isLessThan(before);
        reopen();
        assertThat(store.read("users", 4, 5, 0).block(Logs.SOON)).isEqualTo(Logs.entries(4, 4, 10));
        assertThat(store.view("users").term(3)).isEqualTo(1);
    }

    @Test
    void anEntryThatReplacesACompactedSuffixIsFoundAgain() {
        appendOneByOne(1, 40);
        store.append(Logs.GROUP, Logs.UNCHANGED, Logs.entries(20, 120, ENTRY)).block(Logs.SOON);
        store.mark(Logs.GROUP, Logs.snapshot(Logs.GROUP, 60)).block(Logs.SOON);
        store.compact(Logs.GROUP, 60).block(Logs.SOON);
        long first = store.view(Logs.GROUP).firstIndex();

        reopen();

        assertThat(store.view(Logs.GROUP).firstIndex()).isEqualTo(first);
        assertThat(Logs.read(store, first, 121)).isEqualTo(Logs.entries(first, 120, ENTRY));
    }

    @Test
    void openingsThatWriteNothingLeaveNothingBehind() throws IOException {
        appendOneByOne(1, 5);
        reopen();
        List<Path> after = Logs.segments(directory);
        for (int i = 0; i < 5; i++) {
            reopen();
        }

        assertThat(Logs.segments(directory)).hasSameSizeAs(after);
        try (Stream<Path> queues = Files.list(directory.resolve("wal"))) {
            assertThat(queues).hasSize(2);
        }
        assertThat(Logs.read(store, 1, 6)).isEqualTo(Logs.entries(1, 5, ENTRY));
    }

    @Test
    void segmentsArePreparedBeforeTheyAreNeededAndNoneIsLeftBehind() throws IOException {
        assertThat(prepared()).as("the first one became a segment").isEmpty();

        appendOneByOne(1, 15);
        close();

        assertThat(prepared()).as("the second one was not needed").isEmpty();
        store = Logs.open(directory);
    }

    private List<Path> prepared() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> file.toString().endsWith(Preallocation.SUFFIX))
                    .toList();
        }
    }

    @Test
    void aCopyOfFilesInUseIsALogThatWasKilled() throws IOException {
        appendOneByOne(1, 60);
        store.append(Logs.GROUP, Logs.hardState(3, "n1", 0), Logs.entries(50, 70, ENTRY))
                .block(Logs.SOON);

        Path copy = Logs.copy(directory, directory.resolveSibling(directory.getFileName() + "-killed"));

        ChronicleLogStore restarted = Logs.open(copy);
        assertThat(Logs.read(restarted, 1, 71)).isEqualTo(Logs.entries(1, 70, ENTRY));
        assertThat(restarted.hardState(Logs.GROUP)).isEqualTo(Logs.hardState(3, "n1", 0));
        Logs.close(restarted);
    }

    @Test
    void segmentsOfAnotherSizeAreReadAllTheSame() {
        appendOneByOne(1, 60);
        close();

        store = Logs.open(directory, Logs.SMALL.withSegmentBytes(1 << 20));
        Logs.append(store, Logs.entries(61, 80, 100_000));

        reopen();
        assertThat(Logs.read(store, 61, 81)).isEqualTo(Logs.entries(61, 80, 100_000));
    }

    @Test
    void aMarkThatWouldFillTheHeadsOfSegmentsIsRefused() {
        SnapshotMetadata large = Logs.snapshot(Logs.GROUP, 5).toBuilder()
                .setSnapshotId("x".repeat(60_000))
                .build();
        for (String group : List.of("a", "b")) {
            store.mark(group, large).block(Logs.SOON);
        }

        assertThatThrownBy(() -> store.mark("c", large).block(Logs.SOON))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at the head of each segment");

        Logs.append(store, Logs.entries(1, 30, ENTRY));
        reopen();
        assertThat(store.snapshotMark("b")).isEqualTo(large);
        assertThat(Logs.read(store, 1, 31)).isEqualTo(Logs.entries(1, 30, ENTRY));
    }

    @Test
    void aSealedSegmentGivesBackWhatItDoesNotUse() throws IOException {
        int large = 60_000; // three fit into a segment, and a fourth does not
        for (long index = 1; index <= 30; index++) {
            Logs.append(store, Logs.entries(index, index, large));
        }

        int sealed = Logs.segments(directory).size() - 1;
        long segment = Logs.SMALL.segmentBytes();
        assertThat(sealed).isGreaterThan(8);
        assertThat(Logs.diskUse(directory)).isLessThan((sealed + 2) * segment - sealed * (segment - 3L * large) / 2);
        assertThat(Logs.read(store, 1, 31)).isEqualTo(Logs.entries(1, 30, large));
        reopen();
        assertThat(Logs.read(store, 1, 31)).isEqualTo(Logs.entries(1, 30, large));
    }

    /** A million writes of 1 KiB, in small: as a node snapshots, keeps two, and lets go of what the older one covers. */
    @Test
    void theDiskThatALogTakesIsBoundedAndMeasured() throws IOException {
        close();
        WalConfig config = WalConfig.defaults().withSegmentBytes(1 << 20);
        AtomicLong size = new AtomicLong();
        store = new ChronicleLogStore(config);
        store.measure((metric, group, peer, value) -> {
            if (metric == Metric.LOG_BYTES) {
                size.set(value);
            }
        });
        store.open(directory.resolve("bounded"), "c1", "n1").block(Logs.SOON);
        int kept = 500;
        int apart = 1_500;
        int batch = 50;
        long needed = (2L * apart + kept + batch) * (1_024 + RecordLayout.OVERHEAD);
        long bound = config.maxDiskBytes(needed, 1_024);
        long highest = 0;
        for (long index = 1; index <= 12_000; index += batch) {
            Logs.append(store, Logs.entries(index, index + batch - 1, 1_024));
            long snapshot = index / apart * apart;
            if (snapshot > store.snapshotMark(Logs.GROUP).getIndex()) {
                store.mark(Logs.GROUP, Logs.snapshot(Logs.GROUP, snapshot)).block(Logs.SOON);
                store.compact(Logs.GROUP, snapshot - apart - kept).block(Logs.SOON);
            }
            highest = Math.max(highest, size.get());
            assertThat(highest).as("at entry %d", index).isLessThanOrEqualTo(bound);
        }
        assertThat(Logs.diskUse(directory.resolve("bounded")))
                .as("what is measured is what is taken, but for the files beside segments")
                .isLessThanOrEqualTo(size.get() + (1 << 20));
        assertThat(highest).as("the bound is no fantasy").isGreaterThan(bound / 3);
        assertThat(store.view(Logs.GROUP).firstIndex()).isGreaterThan(7_500);
    }

    private void appendOneByOne(long first, long last) {
        for (long index = first; index <= last; index++) {
            Logs.append(store, Logs.entries(index, index, ENTRY));
        }
    }

    private void reopen() {
        close();
        store = Logs.open(directory);
    }
}
