package io.reactorraft.torture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.reactorraft.integration.FirstFailureStands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Real processes on a disk that fails: what was acknowledged stays, and nothing is acknowledged that did not get there. */
@ExtendWith(FirstFailureStands.class)
class FailingDiskTest {
    private static final Duration SOON = Duration.ofMinutes(2);

    @TempDir
    private Path directory;

    private final Witness witness = new Witness();

    @BeforeEach
    void expectFailures() {
        witness.expectFailures();
    }

    @Test
    void aFailedSyncIsTheLastOne() throws Exception {
        failsForGood("sync-eio");
    }

    @Test
    void aFailedWriteIsTheLastOne() throws Exception {
        failsForGood("write-eio");
    }

    /** The log says so, acknowledges nothing more, and tries nothing again, though the disk would work again. */
    private void failsForGood(String failure) throws Exception {
        FailingDisk disk = disk();
        try (Victim victim = start(disk.environment(".cq4"))) {
            await("done", 50, victim);
            CountDownLatch failed = witness.await("failed", 1);
            disk.begin(failure);
            await(failed, victim);
            disk.end(failure);
            assertThat(victim.awaitEnd(SOON)).as("the process ends").isTrue();
            victim.hearOut();
            assertThat(victim.exitCode()).isNotZero();
        }
        assertThat(disk.failed()).as("failed calls").isEqualTo(1);
        everythingAcknowledgedIsThere();
    }

    @Test
    void aSnapshotThatCannotBeRenamedIsGivenUpAndTheNextIsSaved() throws Exception {
        snapshotsFailAndGoOn("rename-eio");
    }

    @Test
    void aSnapshotThatCannotBeSyncedIsGivenUpAndTheNextIsSaved() throws Exception {
        snapshotsFailAndGoOn("sync-eio");
    }

    private void snapshotsFailAndGoOn(String failure) throws Exception {
        FailingDisk disk = disk();
        try (Victim victim = start(disk.environment("/snapshots/"))) {
            await("saved", 1, victim);
            CountDownLatch unsaved = witness.await("unsaved", 2);
            disk.begin(failure);
            await(unsaved, victim);
            disk.end(failure);
            await("compacting", 2, victim);
            victim.kill();
        }
        assertThat(disk.failed()).isPositive();
        everythingAcknowledgedIsThere();
    }

    @Test
    void slowSyncsAreWaitedForAndAcknowledgeNothingBefore() throws Exception {
        FailingDisk disk = disk();
        try (Victim victim = start(disk.environment(".cq4"))) {
            await("done", 50, victim);
            long begun = System.nanoTime();
            disk.begin("sync-slow");
            victim.drain(); // or what was said before is taken for what comes
            await("done", 20, victim); // six of a sync that was under way, and at least two more, at six calls a time
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofMillis(1_200));
            disk.end("sync-slow");
            await("done", 50, victim);
            victim.kill();
        }
        everythingAcknowledgedIsThere();
    }

    @Test
    void aFullDiskTakesNothingThatWasAcknowledged() throws Exception {
        String whyNot = LoopImage.whyNot();
        assumeTrue(whyNot.isEmpty(), whyNot);
        Path small = Files.createDirectories(directory.resolve("stores"));
        FailingDisk.run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", small.toString());
        try {
            try (Victim victim = start(Map.of())) {
                Path ballast = small.resolve("ballast");
                await("done", 50, victim);
                CountDownLatch failed = witness.await("failed", 1);
                fill(ballast);
                await(failed, victim);
                victim.kill();
                Files.delete(ballast);
            }
            everythingAcknowledgedIsThere();
        } finally {
            FailingDisk.run("umount", small.toString());
        }
    }

    private static void fill(Path ballast) throws IOException {
        byte[] some = new byte[64 << 10];
        try (var out = Files.newOutputStream(ballast)) {
            while (true) {
                out.write(some);
            }
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space left");
        }
    }

    private FailingDisk disk() throws IOException, InterruptedException {
        String whyNot = FailingDisk.whyNot();
        assumeTrue(whyNot.isEmpty(), whyNot);
        return FailingDisk.make(directory.resolve("disk"));
    }

    private Victim start(Map<String, String> environment) {
        return Victim.start(data(), directory.resolve("words"), 1, List.of(), environment, witness);
    }

    private Path data() {
        return directory.resolve("stores").resolve("data");
    }

    private void everythingAcknowledgedIsThere() {
        try (Stores stores = Stores.open(data(), SOON)) {
            assertThat(witness.model().judge(stores.read(SOON, nobody -> {}))).isNull();
        }
    }

    private void await(String line, int count, Victim victim) throws InterruptedException {
        await(witness.await(line, count), victim);
    }

    private static void await(CountDownLatch said, Victim victim) throws InterruptedException {
        assertThat(said.await(SOON.toSeconds(), TimeUnit.SECONDS))
                .as("last said: %s", victim.lastLine())
                .isTrue();
    }
}
