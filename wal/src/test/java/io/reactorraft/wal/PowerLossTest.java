package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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
        Path log = directory.resolve("log");
        GatedSyncer syncer = new GatedSyncer();
        ChronicleLogStore store = Logs.open(log, Logs.SMALL, syncer);
        for (long index = 1; index <= ACKNOWLEDGED; index++) {
            Logs.append(store, Logs.entries(index, index, 700));
        }
        Path before = Logs.copy(log, directory.resolve("before"));
        syncer.hold();
        Mono<Void> unsynced =
                store.append(Logs.GROUP, Logs.UNCHANGED, Logs.entries(ACKNOWLEDGED + 1, ACKNOWLEDGED + 20, 1_500));
        syncer.awaitSync();
        Path during = Logs.copy(log, directory.resolve("during"));
        syncer.release();
        unsynced.block(Logs.SOON);
        Logs.close(store);

        Path segment = log.relativize(Logs.segments(log).get(0));
        byte[] old = Files.readAllBytes(before.resolve(segment));
        byte[] next = Files.readAllBytes(during.resolve(segment));
        for (long seed = 1; seed <= 100; seed++) {
            Files.write(before.resolve(segment), mix(old, next, new SplittableRandom(seed)));
            GroupView found = Logs.recover(before).get(Logs.GROUP).view();

            assertThat(found.lastIndex()).as("seed %d", seed).isBetween((long) ACKNOWLEDGED, ACKNOWLEDGED + 20L);
            assertThat(found.firstIndex()).as("seed %d", seed).isEqualTo(1);
        }
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
