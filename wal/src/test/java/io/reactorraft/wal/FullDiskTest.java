package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import io.reactorraft.spi.DiskFullException;
import io.reactorraft.spi.StartRefusedException.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No room for another segment: entries are refused in time, all else goes on, and so do entries once there is room. */
class FullDiskTest {
    private static final int ENTRY = 5_000;

    @TempDir
    Path directory;

    private final FickleDisk disk = new FickleDisk();
    private ChronicleLogStore store;
    private long last;

    @BeforeEach
    void open() {
        store = opened(directory);
    }

    @AfterEach
    void close() {
        Logs.close(store);
    }

    @Test
    void entriesAreRefusedWhileThereIsStillRoomForTheRest() throws Exception {
        fillUp();

        assertThat(store.isFull()).isTrue();
        for (int term = 2; term < 50; term++) {
            store.append(Logs.GROUP, Logs.hardState(term, "n2", 0), List.of()).block(Logs.SOON);
        }
        Entry change = Logs.entry(last + 1, 100).toBuilder()
                .setType(EntryType.ENTRY_CONF_CHANGE_V2)
                .build();
        Logs.append(store, List.of(change));
        store.mark(Logs.GROUP, Logs.snapshot(Logs.GROUP, last)).block(Logs.SOON);
        assertThat(Logs.read(store, 1, last + 1)).isEqualTo(Logs.entries(1, last, ENTRY));

        reopen();
        assertThat(store.view(Logs.GROUP).lastIndex()).isEqualTo(last + 1);
        assertThat(store.hardState(Logs.GROUP).getTerm()).isEqualTo(49);
        assertThat(store.snapshotMark(Logs.GROUP).getIndex()).isEqualTo(last);
    }

    @Test
    void nothingOfARefusedAppendIsWritten() throws Exception {
        fillUp();

        assertThatThrownBy(() -> store.append(
                                Logs.GROUP, Logs.hardState(9, "n3", 0), Logs.entries(last + 1, last + 1, ENTRY))
                        .block(Logs.SOON))
                .isInstanceOf(DiskFullException.class)
                .hasMessageContaining("make room")
                .hasMessageContaining("No space left on device");

        assertThat(store.hardState(Logs.GROUP)).isEqualTo(Logs.UNCHANGED);
        reopen();
        assertThat(store.hardState(Logs.GROUP)).isEqualTo(Logs.UNCHANGED);
        assertThat(store.view(Logs.GROUP).lastIndex()).isEqualTo(last);
    }

    @Test
    void itGoesOnByItselfOnceThereIsRoom() throws Exception {
        fillUp();
        disk.forgetFiles();
        disk.makeRoom();
        disk.awaitFile();

        Logs.append(store, Logs.entries(last + 1, last + 100, ENTRY));

        assertThat(store.isFull()).isFalse();
        assertThat(Logs.read(store, 1, last + 101)).isEqualTo(Logs.entries(1, last + 100, ENTRY));
    }

    @Test
    void anAppendThatNeedsMoreSegmentsThanThereAreIsRefusedAsAWhole() throws IOException {
        Logs.append(store, Logs.entries(1, 1, ENTRY));
        disk.fill();

        assertThatThrownBy(() -> Logs.append(store, Logs.entries(2, 200, ENTRY)))
                .isInstanceOf(DiskFullException.class);

        Logs.append(store, Logs.entries(2, 3, ENTRY));
        assertThat(Logs.lastIndex(Logs.recover(directory))).isEqualTo(3);
    }

    @Test
    void evenWhatIsNoEntryIsRefusedBeforeItCouldTearTheLog() throws Exception {
        fillUp();

        assertThatThrownBy(() -> {
                    for (int term = 2; term < 10_000; term++) {
                        store.append(Logs.GROUP, Logs.hardState(term, "n".repeat(1_000), 0), List.of())
                                .block(Logs.SOON);
                    }
                })
                .isInstanceOf(DiskFullException.class);

        disk.forgetFiles();
        disk.makeRoom();
        disk.awaitFile();
        store.append(Logs.GROUP, Logs.hardState(10_000, "n1", 0), List.of()).block(Logs.SOON);
        reopen();
        assertThat(store.hardState(Logs.GROUP).getTerm()).isEqualTo(10_000);
    }

    @Test
    void aDirectoryWithoutRoomForASegmentIsRefusedAndLeftReadable() throws Exception {
        fillUp();
        close();

        Logs.assertRefused(Kind.UNWRITABLE, directory.toString(), () -> opened(directory));

        assertThat(Logs.lastIndex(Logs.recover(directory))).isEqualTo(last);
        disk.makeRoom();
        open();
        assertThat(Logs.read(store, 1, last + 1)).isEqualTo(Logs.entries(1, last, ENTRY));
    }

    @Test
    void aStoreMayBeClosedWhileTheDiskIsFull() throws Exception {
        fillUp();

        close();

        try (Stream<Path> files = java.nio.file.Files.walk(directory)) {
            assertThat(files).noneMatch(file -> file.toString().endsWith(Preallocation.SUFFIX));
        }
    }

    /** Appends entries, one by one, until one is refused. */
    private void fillUp() throws InterruptedException {
        disk.fill();
        boolean refused = false;
        while (!refused) {
            try {
                Logs.append(store, Logs.entries(last + 1, last + 1, ENTRY));
                last++;
            } catch (DiskFullException full) {
                refused = true;
            }
        }
        disk.awaitRefusal();
        assertThat(last * ENTRY).as("entries that fit").isGreaterThan(Logs.SMALL.segmentBytes() / 2);
    }

    private ChronicleLogStore opened(Path path) {
        ChronicleLogStore made = new ChronicleLogStore(Logs.SMALL, new LogDisk(Syncer.DISK, disk));
        made.open(path, "c1", "n1").block(Logs.SOON);
        return made;
    }

    private void reopen() {
        close();
        disk.makeRoom();
        open();
    }
}
