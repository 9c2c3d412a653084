package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.spi.LogStore;
import io.reactorraft.spi.StartRefusedException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;

/** Bounds that are reached, and what is left when a store is closed. */
class LimitsTest {

    @TempDir
    Path directory;

    @Test
    void theStoreIsFoundAsAService() {
        assertThat(ServiceLoader.load(LogStore.class).stream().map(ServiceLoader.Provider::type))
                .contains(ChronicleLogStore.class);
    }

    @Test
    void oneGroupMoreThanALogTakesIsRefused() {
        ChronicleLogStore store = Logs.open(directory, WalConfig.defaults().withSegmentBytes(1 << 20));
        for (int group = 1; group <= Groups.MAX_GROUPS; group++) {
            store.view("group-" + group);
        }

        assertThatThrownBy(() -> store.view("another"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a log takes 1024 groups");
        assertThatThrownBy(() -> store.append("another", Logs.UNCHANGED, Logs.entries(1, 1, 1))
                        .block(Logs.SOON))
                .isInstanceOf(IllegalArgumentException.class);
        Logs.close(store);
    }

    @Test
    void manyGroupsAreRepeatedAtTheHeadOfEverySegment() {
        WalConfig config = Logs.SMALL.withMaxQueuedWrites(10_000);
        ChronicleLogStore store = Logs.open(directory, config);
        int groups = 300;
        Mono.when(Stream.iterate(1, group -> group <= groups, group -> group + 1)
                        .map(group ->
                                store.append("group-" + group, Logs.hardState(group, "n1", 0), Logs.entries(1, 3, 500)))
                        .toList())
                .block(Logs.SOON);
        Logs.close(store);

        ChronicleLogStore again = Logs.open(directory, config);
        for (int group = 1; group <= groups; group++) {
            assertThat(again.view("group-" + group).lastIndex()).isEqualTo(3);
            assertThat(again.hardState("group-" + group).getTerm()).isEqualTo(group);
        }
        Logs.close(again);
    }

    @Test
    void aGroupIdHasABoundedLength() {
        ChronicleLogStore store = Logs.open(directory);

        assertThatThrownBy(() -> store.view("")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> store.view("x".repeat(256))).isInstanceOf(IllegalArgumentException.class);
        assertThat(store.view("x".repeat(255)).lastIndex()).isZero();
        Logs.close(store);
    }

    @Test
    void moreThanTheLimitOfReadsIsNotTaken() throws InterruptedException {
        ChronicleLogStore store = Logs.open(directory, Logs.SMALL.withMaxQueuedReads(3));
        Logs.append(store, Logs.entries(1, 5, 10));
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch gate = new CountDownLatch(1);
        Thread here = Thread.currentThread();
        while (reading.getCount()
                > 0) { // a read that is done before it is subscribed answers here, and holds up nobody
            CountDownLatch answered = new CountDownLatch(1);
            store.read(Logs.GROUP, 1, 2, 0).subscribe(found -> {
                if (Thread.currentThread() != here) {
                    reading.countDown();
                }
                answered.countDown();
                if (Thread.currentThread() != here) {
                    await(gate);
                }
            });
            await(answered);
        }
        List<Mono<?>> waiting = List.of(
                store.read(Logs.GROUP, 1, 2, 0), store.read(Logs.GROUP, 2, 3, 0), store.read(Logs.GROUP, 3, 4, 0));

        assertThatThrownBy(() -> store.read(Logs.GROUP, 4, 5, 0).block(Logs.SOON))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("3 reads wait already (maxQueuedReads)");

        gate.countDown();
        Mono.when(waiting).block(Logs.SOON);
        assertThat(Logs.read(store, 4, 5)).hasSize(1);
        Logs.close(store);
    }

    @Test
    void aDirectoryThatCannotBeMadeIsRefused() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));

        Logs.assertRefused(Kind.UNWRITABLE, file.toString(), () -> Logs.open(file.resolve("data")));
    }

    @Test
    void aClosedStoreLeavesNoThreadFileOrMappingBehind() throws Exception {
        ChronicleLogStore store = new ChronicleLogStore(Logs.SMALL);
        store.open(directory, "c1", "counted").block(Logs.SOON);
        for (int i = 1; i <= 60; i++) {
            Logs.append(store, Logs.entries(i, i, 10_000));
        }
        assertThat(Logs.read(store, 1, 61)).hasSize(60);
        List<Thread> threads = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().endsWith("-counted"))
                .toList();
        assertThat(threads)
                .extracting(Thread::getName)
                .containsExactlyInAnyOrder("raft-wal-counted", "raft-wal-read-counted");
        Logs.close(store);

        for (Thread thread : threads) {
            thread.join(Logs.SOON.toMillis());
            assertThat(thread.isAlive()).as(thread.getName()).isFalse();
        }
        assertThat(Files.readAllLines(Path.of("/proc/self/maps"))).noneMatch(map -> map.contains(directory.toString()));
        try (Stream<Path> handles = Files.list(Path.of("/proc/self/fd"))) {
            assertThat(handles.map(LimitsTest::target)).noneMatch(file -> file.startsWith(directory.toString()));
        }
    }

    @Test
    void aRefusedStoreLeavesTheDirectoryFree() throws IOException {
        Logs.close(Logs.open(directory));
        Logs.assertRefused(
                Kind.FOREIGN,
                directory.toString(),
                () -> new ChronicleLogStore(Logs.SMALL)
                        .open(directory, "c1", "other")
                        .block(Logs.SOON));

        ChronicleLogStore store = Logs.open(directory);
        Logs.append(store, Logs.entries(1, 1, 10));
        Logs.close(store);
    }

    @Test
    void aDamagedLogLeavesTheDirectoryFree() throws IOException {
        for (int opening = 0; opening < 3; opening++) {
            ChronicleLogStore store = Logs.open(directory);
            Logs.append(store, Logs.entries(opening + 1, opening + 1, 10));
            Logs.close(store);
        }
        Path first = Logs.segments(directory).get(0);
        long at = Logs.recordOffsets(first)[2];
        for (int again = 0; again < 20; again++) { // a lock that goes too late would be met now and then
            Logs.overwrite(first, at, (byte) ~Logs.bytes(first, at, 1)[0]);
            Logs.assertRefused(Kind.DAMAGED, first.toString(), () -> Logs.open(directory));
            Logs.overwrite(first, at, (byte) ~Logs.bytes(first, at, 1)[0]);
            Logs.close(Logs.open(directory));
        }
    }

    private static String target(Path handle) {
        try {
            return Files.readSymbolicLink(handle).toString();
        } catch (IOException closedMeanwhile) {
            return "";
        }
    }

    private static void await(CountDownLatch gate) {
        try {
            assertThat(gate.await(Logs.SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
