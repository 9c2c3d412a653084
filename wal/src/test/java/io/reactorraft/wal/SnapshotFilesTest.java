package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.LogStore.Owner;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.StartRefusedException.Kind;
import io.reactorraft.testkit.InMemoryDisk;
import io.reactorraft.testkit.InMemoryLogStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** What the files of snapshots go through: order of syncs, damage at every byte, leftovers, limits. */
class SnapshotFilesTest {
    private static final String GROUP = "orders";
    private static final SnapshotConfig SMALL = SnapshotConfig.defaults().withChunkBytes(4 << 10);

    @TempDir
    private Path directory;

    private final InMemoryDisk logDisk = new InMemoryDisk();
    private final InMemoryLogStore log = new InMemoryLogStore(logDisk);
    private final List<FileSnapshotStore> stores = new ArrayList<>();
    private Owner owner = new Owner("", "", ByteString.EMPTY);

    @BeforeEach
    void openLog() {
        owner = Objects.requireNonNull(log.open(directory, "c1", "n1").block(Logs.SOON));
    }

    @AfterEach
    void close() {
        stores.forEach(store -> store.close().block(Logs.SOON));
    }

    @Test
    void whoStopsWaitingForTheEndLeavesNoThreadBehind() {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        GatedSyncer gate = new GatedSyncer();
        FileSnapshotStore store = open(SMALL, gate);
        gate.hold();
        store.save(snapshot(5), Flux.just(ByteBuffer.allocate(10))).subscribe(saved -> {}, closed -> {});
        gate.awaitSync();
        store.close().subscribe().dispose();
        gate.release();
        StepVerifier.create(Mono.fromSupplier(() -> runsBeside(before))
                        .filter(runs -> !runs)
                        .repeatWhenEmpty(again -> again.delayElements(Duration.ofMillis(5))))
                .expectNext(false)
                .expectComplete()
                .verify(Logs.SOON);
    }

    private static boolean runsBeside(Set<Thread> before) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !before.contains(thread))
                .anyMatch(thread -> thread.getName().startsWith("raft-snapshots-n1"));
    }

    @Test
    void theContentIsSyncedBeforeItHasAName() {
        List<String> filesAtSync = new ArrayList<>();
        FileSnapshotStore store = open(SMALL, channel -> {
            filesAtSync.add(String.join(",", names()));
            Syncer.DISK.sync(channel);
        });

        SnapshotMetadata saved = save(store, 5);

        String name = new SnapshotName(5, saved.getSnapshotId()).file();
        assertThat(filesAtSync).containsExactly(name + SnapshotName.TEMPORARY_SUFFIX);
        assertThat(names()).containsExactly(name);
    }

    @Test
    void aLargeSnapshotIsSyncedAsItGoesAndNeverWholeInMemory() {
        AtomicInteger syncs = new AtomicInteger();
        FileSnapshotStore store = open(SnapshotConfig.defaults(), channel -> syncs.incrementAndGet());
        byte[] mebibyte = new byte[1 << 20];
        int mebibytes = 200;

        SnapshotMetadata saved = Objects.requireNonNull(
                store.save(snapshot(5), Flux.range(0, mebibytes).map(i -> ByteBuffer.wrap(mebibyte)))
                        .block(Duration.ofSeconds(60)));

        assertThat(saved.getSizeBytes()).isEqualTo(mebibytes * ((1L << 20) + 8) + 8);
        assertThat(syncs).hasValueBetween(48, 52); // one for each four mebibytes, and the last
        StepVerifier.create(store.load(saved).map(ByteBuffer::remaining).reduce(0L, Long::sum))
                .expectNext((long) mebibytes << 20)
                .expectComplete()
                .verify(Duration.ofSeconds(60));
    }

    @Test
    void aFlipOfAnyByteIsNoticedAndNamed() throws IOException {
        SnapshotMetadata saved = save(open(SMALL), 5);
        Path file = FileSnapshotStoreTest.file(directory, saved);
        byte[] whole = Files.readAllBytes(file);
        assertThat(SnapshotCheck.of(file, 4 << 10).metadata()).isEqualTo(saved);

        for (int at = 0; at < whole.length; at++) {
            byte[] flipped = whole.clone();
            flipped[at] ^= 0x10;
            Files.write(file, flipped);
            assertThat(SnapshotCheck.of(file, 4 << 10).fault())
                    .as("byte %d", at)
                    .isNotNull()
                    .matches("(?s)\\Q" + file + "\\E:\\d+ is damaged: .*")
                    .doesNotContain("\n");
        }
    }

    @Test
    void aFileOfAnyOtherLengthIsNoticed() throws IOException {
        Path file = FileSnapshotStoreTest.file(directory, save(open(SMALL), 5));
        byte[] whole = Files.readAllBytes(file);

        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThat(SnapshotCheck.of(file, 4 << 10).fault())
                    .as("%d bytes", length)
                    .contains(":");
        }
        Files.write(file, Arrays.copyOf(whole, whole.length + 1));
        assertThat(SnapshotCheck.of(file, 4 << 10).fault()).contains(":" + whole.length + " is damaged");
    }

    @Test
    void aDamagedSnapshotEndsItsReadingAtTheDamage() throws IOException {
        FileSnapshotStore store = open(SMALL);
        SnapshotMetadata saved = save(store, 5);
        Path file = FileSnapshotStoreTest.file(directory, saved);
        Logs.overwrite(file, Files.size(file) - 9, (byte) ~Logs.bytes(file, Files.size(file) - 9, 1)[0]);

        StepVerifier.create(store.load(saved))
                .thenConsumeWhile(buffer -> true)
                .expectErrorSatisfies(damaged -> assertThat(damaged)
                        .isInstanceOf(SnapshotDamagedException.class)
                        .hasMessageContaining(file + ":"))
                .verify(Logs.SOON);
    }

    @Test
    void whatACrashLeftHalfWrittenGoesAtTheNextStart() throws IOException {
        SnapshotMetadata marked = save(open(SMALL), 5);
        log.mark(GROUP, marked).block(Logs.SOON);
        close();
        Path snapshots = directory.resolve(SnapshotShelf.DIRECTORY);
        Files.write(snapshots.resolve(new SnapshotName(7, "0123456789abcdef").temporary()), new byte[100]);
        Files.write(snapshots.resolve("notes.txt"), new byte[100]);

        open(SMALL);

        assertThat(names()).containsExactly(new SnapshotName(5, marked.getSnapshotId()).file(), "notes.txt");
    }

    @Test
    void anotherSnapshotUnderTheNameOfTheMarkedOneIsNotIt() throws IOException {
        FileSnapshotStore store = open(SMALL);
        SnapshotMetadata other = save(store, 4);
        SnapshotMetadata marked = save(store, 5);
        log.mark(GROUP, marked).block(Logs.SOON);
        close();
        Files.write(
                FileSnapshotStoreTest.file(directory, marked),
                Files.readAllBytes(FileSnapshotStoreTest.file(directory, other)));

        FileSnapshotStore again = open(SMALL);
        assertThatThrownBy(() -> again.latest(GROUP).block(Logs.SOON))
                .isInstanceOfSatisfying(
                        StartRefusedException.class,
                        refused -> assertThat(refused.kind()).isEqualTo(Kind.DAMAGED));
    }

    @Test
    void aFailedSyncEndsThatSnapshotAlone() {
        AtomicInteger syncs = new AtomicInteger();
        FileSnapshotStore store = open(SMALL, channel -> {
            if (syncs.incrementAndGet() == 1) {
                throw new IOException("the disk is broken");
            }
        });

        assertThatThrownBy(() -> save(store, 5)).hasRootCauseMessage("the disk is broken");
        assertThat(names()).isEmpty();

        SnapshotMetadata saved = save(store, 6);
        assertThat(names()).containsExactly(new SnapshotName(6, saved.getSnapshotId()).file());
    }

    @Test
    void aContentThatStandsStillIsGivenUp() {
        FileSnapshotStore store = open(SMALL.withMaxWait(Duration.ofMillis(50)));

        StepVerifier.create(store.save(snapshot(5), Flux.never()))
                .expectErrorSatisfies(still ->
                        assertThat(still).isInstanceOf(TimeoutException.class).hasMessageContaining("maxWait"))
                .verify(Logs.SOON);
        assertThat(names()).isEmpty();
    }

    @Test
    void moreStreamsThanTheLimitAreRefused() {
        FileSnapshotStore store = open(SMALL.withMaxStreams(1));
        SnapshotMetadata saved = saveManyChunks(store);

        StepVerifier.create(store.load(saved), 1)
                .expectNextCount(1)
                .then(() -> assertThatThrownBy(() -> save(store, 6))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("maxStreams"))
                .thenCancel()
                .verify(Logs.SOON);
        save(store, 7);
    }

    @Test
    void moreStepsThanTheLimitAreRefused() {
        GatedSyncer gate = new GatedSyncer();
        FileSnapshotStore store = open(SMALL.withMaxQueued(1), gate);
        gate.hold();
        Mono<SnapshotMetadata> saving = store.save(snapshot(5), content()).cache();
        saving.subscribe(saved -> {}, failed -> {});
        gate.awaitSync();

        Mono<SnapshotMetadata> waiting = store.latest(GROUP).cache();
        waiting.subscribe(latest -> {}, failed -> {});
        assertThatThrownBy(() -> store.latest(GROUP).block(Logs.SOON))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("maxQueued");

        gate.release();
        assertThat(waiting.blockOptional(Logs.SOON)).isEmpty();
        assertThat(saving.block(Logs.SOON)).isNotNull();
    }

    @Test
    void limitsThatMakeNoSenseAreRefused() {
        SnapshotConfig defaults = SnapshotConfig.defaults();

        assertThatThrownBy(() -> defaults.withChunkBytes(100)).hasMessageContaining("chunkBytes");
        assertThatThrownBy(() -> defaults.withMaxStreams(0)).hasMessageContaining("maxStreams");
        assertThatThrownBy(() -> defaults.withMaxQueued(0)).hasMessageContaining("maxQueued");
        assertThatThrownBy(() -> defaults.withMaxWait(Duration.ZERO)).hasMessageContaining("maxWait");
        assertThatThrownBy(() -> defaults.withReserveBytes(-1)).hasMessageContaining("reserveBytes");
    }

    @Test
    void whatIsNotGoingToFitIsNotBegunUnlessTheLogHasNoRoomAnyway() {
        FakeDisk disk = new FakeDisk();
        FileSnapshotStore store = open(SMALL.withReserveBytes(128 << 20), disk);
        SnapshotMetadata marked = save(store, 5);
        log.mark(GROUP, marked).block(Logs.SOON);
        disk.usable.set((128 << 20) + marked.getSizeBytes() - 1);

        assertThatThrownBy(() -> save(store, 9))
                .hasRootCauseInstanceOf(IOException.class)
                .hasMessageContaining("no room for a snapshot in " + directory)
                .hasMessageContaining("134217728 are kept for the log; it takes about " + marked.getSizeBytes());
        assertThat(names()).hasSize(1);
        assertThatThrownBy(() -> store.save(
                                snapshot(9).toBuilder().setSizeBytes(1 << 20).build(), content())
                        .block(Logs.SOON))
                .as("one that was received says how large it is")
                .hasMessageContaining("it takes about 1048576");

        disk.usable.incrementAndGet();
        assertThat(save(store, 9)).isNotNull();
        disk.usable.set(marked.getSizeBytes());
        logDisk.fill();
        assertThat(save(store, 10)).as("it gives the log room").isNotNull();
    }

    @Test
    void onASmallDiskLessIsKeptForTheLog() {
        FakeDisk disk = new FakeDisk();
        FileSnapshotStore store = open(SMALL.withReserveBytes(128 << 20), disk);
        disk.total.set(300 << 20);
        disk.usable.set(30 << 20);
        assertThat(save(store, 5)).isNotNull();
        disk.usable.decrementAndGet();
        assertThatThrownBy(() -> save(store, 6)).hasMessageContaining("31457280 are kept for the log");
    }

    @Test
    void oneThatGrowsBeyondItsRoomEndsBeforeTheDiskIsFullAndLeavesNothing() {
        FakeDisk disk = new FakeDisk();
        FileSnapshotStore store = open(SnapshotConfig.defaults(), disk);
        AtomicInteger taken = new AtomicInteger();
        byte[] mebibyte = new byte[1 << 20];
        Flux<ByteBuffer> large = Flux.range(0, 200).map(i -> {
            if (taken.incrementAndGet() == 40) {
                disk.usable.set((128 << 20) - 1);
            }
            return ByteBuffer.wrap(mebibyte);
        });

        assertThatThrownBy(() -> store.save(snapshot(5), large).block(Duration.ofSeconds(60)))
                .hasMessageContaining("no room for a snapshot");
        assertThat(taken).hasValueLessThan(100);
        assertThat(names()).isEmpty();
    }

    @Test
    void closingEndsWhatIsBeingReadAndWritten() {
        FileSnapshotStore store = open(SMALL);
        SnapshotMetadata saved = saveManyChunks(store);

        StepVerifier.create(store.load(saved), 1)
                .expectNextCount(1)
                .then(() -> store.close().block(Logs.SOON))
                .thenRequest(Long.MAX_VALUE)
                .thenConsumeWhile(buffer -> true)
                .expectError(IllegalStateException.class)
                .verify(Logs.SOON);
    }

    @Test
    void aFormatThatIsNewerIsRefused() throws IOException {
        SnapshotMetadata saved = save(open(SMALL), 5);
        Path file = FileSnapshotStoreTest.file(directory, saved);
        Files.write(file, NewerSnapshot.of(Files.readAllBytes(file)));
        close();

        assertThatThrownBy(() -> open(SMALL)).isInstanceOfSatisfying(StartRefusedException.class, refused -> {
            assertThat(refused.kind()).isEqualTo(Kind.NEWER);
            assertThat(refused.getMessage()).contains(file.toString());
        });
    }

    @Test
    void everythingIsDoneOnTheStoresThread() {
        FileSnapshotStore store = open(SMALL);
        List<String> threads = new ArrayList<>();

        Mono<SnapshotMetadata> saving = store.save(snapshot(5), content().doOnRequest(count -> {}))
                .doOnNext(saved -> threads.add(Thread.currentThread().getName()));
        store.load(Objects.requireNonNull(saving.block(Logs.SOON)))
                .doOnNext(buffer -> threads.add(Thread.currentThread().getName()))
                .blockLast(Logs.SOON);

        assertThat(threads).isNotEmpty().allMatch(name -> name.startsWith("raft-snapshots-n1"));
    }

    @Test
    void toolsSeeEverySnapshotWithoutOpeningTheStore() throws IOException {
        FileSnapshotStore store = open(SMALL);
        SnapshotMetadata first = save(store, 5);
        SnapshotMetadata second = save(store, 9);
        Path file = FileSnapshotStoreTest.file(directory, second);
        Logs.overwrite(file, Files.size(file) - 1, (byte) ~Logs.bytes(file, Files.size(file) - 1, 1)[0]);

        List<SnapshotCheck> checks = SnapshotCheck.all(directory);

        assertThat(checks).hasSize(2);
        assertThat(checks.get(0).metadata()).isEqualTo(first);
        assertThat(checks.get(0).fault()).isNull();
        assertThat(checks.get(1).fault()).contains(file + ":");
        assertThat(SnapshotCheck.all(directory.resolve("elsewhere"))).isEmpty();
    }

    private FileSnapshotStore open(SnapshotConfig config) {
        return open(config, Syncer.DISK);
    }

    private FileSnapshotStore open(SnapshotConfig config, SnapshotRoom.Disk disk) {
        return open(new FileSnapshotStore(config, Syncer.DISK, disk));
    }

    private FileSnapshotStore open(SnapshotConfig config, Syncer syncer) {
        return open(new FileSnapshotStore(config, syncer));
    }

    private FileSnapshotStore open(FileSnapshotStore store) {
        stores.add(store);
        store.open(directory, owner, log).block(Logs.SOON);
        return store;
    }

    /** As large, and as full, as the test says. */
    private static final class FakeDisk implements SnapshotRoom.Disk {
        private final AtomicLong total = new AtomicLong(1L << 40);
        private final AtomicLong usable = new AtomicLong(1L << 40);

        @Override
        public long usableBytes(Path asked) {
            return usable.get();
        }

        @Override
        public long totalBytes(Path asked) {
            return total.get();
        }
    }

    private static SnapshotMetadata snapshot(long index) {
        return SnapshotMetadata.newBuilder()
                .setGroupId(GROUP)
                .setIndex(index)
                .setTerm(1)
                .build();
    }

    private static SnapshotMetadata save(FileSnapshotStore store, long index) {
        return Objects.requireNonNull(store.save(snapshot(index), content()).block(Logs.SOON));
    }

    /** So many that a reader cannot have all of them in advance. */
    private static SnapshotMetadata saveManyChunks(FileSnapshotStore store) {
        Flux<ByteBuffer> manyChunks = Flux.range(0, 100).map(i -> ByteBuffer.wrap(new byte[1_000]));
        return Objects.requireNonNull(store.save(snapshot(5), manyChunks).block(Logs.SOON));
    }

    private static Flux<ByteBuffer> content() {
        return Flux.range(1, 9).map(i -> {
            byte[] bytes = new byte[i * 30];
            Arrays.fill(bytes, i.byteValue());
            return ByteBuffer.wrap(bytes);
        });
    }

    private List<String> names() {
        try (Stream<Path> files = Files.list(directory.resolve(SnapshotShelf.DIRECTORY))) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
