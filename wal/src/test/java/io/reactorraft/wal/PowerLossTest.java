package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;

/** Power fails during a sync: of the pages that were being written, any may have reached the disk and any not. */
class PowerLossTest {
    private static final int PAGE = 4096;
    private static final int ACKNOWLEDGED = 12;

    @TempDir
    Path directory;

    @Test
    void whateverPagesWereWrittenAllThatWasAcknowledgedIsThereAndNothingElseThanWasAppended() throws IOException {
        whateverPagesWereWritten(0);
    }

    @Test
    void norIsAnythingElseThereWhereTheSegmentHeldOtherEntriesBefore() throws IOException {
        whateverPagesWereWritten(2_700);
    }

    /** {@code earlier}: entries that were let go of but for the last 700, and whose segments are used again. */
    private void whateverPagesWereWritten(long earlier) throws IOException {
        Path log = directory.resolve("log");
        GatedSyncer syncer = new GatedSyncer();
        ChronicleLogStore store = Logs.open(log, Logs.SMALL, syncer);
        Set<Object> files = new HashSet<>();
        long covered = Math.max(0, earlier - 700);
        for (long index = 0; index < earlier; index += 50) {
            Logs.append(store, Logs.entries(index + 1, index + 50, 700));
            if (index + 50 == covered) {
                for (Path segment : Logs.segments(log)) {
                    files.add(identity(segment));
                }
                store.mark(Logs.GROUP, Logs.snapshot(Logs.GROUP, covered)).block(Logs.SOON);
                store.compact(Logs.GROUP, covered).block(Logs.SOON);
            }
        }
        long acknowledged = earlier + ACKNOWLEDGED;
        for (long index = earlier + 1; index <= acknowledged; index++) {
            Logs.append(store, Logs.entries(index, index, 700));
        }
        int last = Logs.segments(log).size() - 1;
        assertThat(files.contains(identity(Logs.segments(log).get(last))))
                .as("the last segment is used again")
                .isEqualTo(earlier > 0);
        long first = store.view(Logs.GROUP).firstIndex();
        Path before = Logs.copy(log, directory.resolve("before"));
        syncer.hold();
        Mono<Void> unsynced =
                store.append(Logs.GROUP, Logs.UNCHANGED, Logs.entries(acknowledged + 1, acknowledged + 20, 1_500));
        syncer.awaitSync();
        Path during = Logs.copy(log, directory.resolve("during"));
        syncer.release();
        unsynced.block(Logs.SOON);
        Logs.close(store);

        assertThat(Logs.segments(log)).as("all of it lies in one segment").hasSize(last + 1);
        Path segment = log.relativize(Logs.segments(log).get(last));
        byte[] old = Files.readAllBytes(before.resolve(segment));
        byte[] next = Files.readAllBytes(during.resolve(segment));
        for (long seed = 1; seed <= 100; seed++) {
            Files.write(before.resolve(segment), mix(old, next, new SplittableRandom(seed)));
            GroupView found = Logs.recover(before).get(Logs.GROUP).view();

            assertThat(found.lastIndex()).as("seed %d", seed).isBetween(acknowledged, acknowledged + 20);
            assertThat(found.firstIndex()).as("seed %d", seed).isEqualTo(first);
        }
    }

    /** The same for one file, whatever it is called. */
    private static Object identity(Path file) throws IOException {
        return Objects.requireNonNull(
                Files.readAttributes(file, BasicFileAttributes.class).fileKey());
    }

    private static byte[] mix(byte[] old, byte[] next, SplittableRandom random) {
        byte[] mixed = Arrays.copyOf(old, next.length);
        for (int page = 0; page < next.length; page += PAGE) {
            if (random.nextBoolean()) {
                System.arraycopy(next, page, mixed, page, Math.min(PAGE, next.length - page));
            }
        }
        return mixed;
    }
}
