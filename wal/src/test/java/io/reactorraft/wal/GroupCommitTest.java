package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.reactorraft.spi.Metric;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** One sync a batch, promises kept after it and in order, and the first failure the last. */
class GroupCommitTest {

    @TempDir
    Path directory;

    private final GatedSyncer syncer = new GatedSyncer();
    private ChronicleLogStore store;

    @BeforeEach
    void open() {
        store = Logs.open(directory, Logs.SMALL.withMaxQueuedWrites(100), syncer);
    }

    @AfterEach
    void close() {
        store.close().onErrorComplete().block(Logs.SOON);
    }

    @Test
    void whatComesDuringASyncSharesTheNextOne() {
        int before = syncer.syncs();
        syncer.hold();
        Mono<Void> first = append(1);
        syncer.awaitSync();
        List<Mono<Void>> others = new ArrayList<>();
        for (long index = 2; index <= 60; index++) {
            others.add(append(index));
        }

        syncer.release();
        Mono.when(others).and(first).block(Logs.SOON);

        assertThat(syncer.syncs() - before).isEqualTo(2);
        assertThat(Logs.read(store, 1, 61)).isEqualTo(Logs.entries(1, 60, 10));
    }

    @Test
    void nothingIsShownOrPromisedBeforeItIsDurable() {
        syncer.hold();
        Mono<Void> promise = append(1);
        syncer.awaitSync();

        assertThat(store.view(Logs.GROUP).lastIndex()).isZero();

        StepVerifier.create(promise).then(syncer::release).expectComplete().verify(Logs.SOON);
        assertThat(store.view(Logs.GROUP).lastIndex()).isEqualTo(1);
    }

    @Test
    void promisesAreKeptInTheOrderOfTheCalls() {
        List<Long> kept = new CopyOnWriteArrayList<>();
        List<Mono<Void>> all = new ArrayList<>();
        for (long index = 1; index <= 90; index++) {
            long mine = index;
            Mono<Void> promise = append(index);
            all.add(promise);
            promise.subscribe(none -> {}, error -> {}, () -> kept.add(mine));
        }
        Mono.when(all).block(Logs.SOON);

        assertThat(kept).isSorted();
    }

    @Test
    void aCommitIndexAloneNeedsNoSync() {
        store.append(Logs.GROUP, Logs.hardState(1, "n1", 0), Logs.entries(1, 5, 10))
                .block(Logs.SOON);
        int before = syncer.syncs();

        for (long commit = 1; commit <= 5; commit++) {
            store.append(Logs.GROUP, Logs.hardState(1, "n1", commit), List.of()).block(Logs.SOON);
        }
        assertThat(syncer.syncs()).isEqualTo(before);

        store.append(Logs.GROUP, Logs.hardState(1, "n2", 5), List.of()).block(Logs.SOON);
        assertThat(syncer.syncs()).isEqualTo(before + 1);
    }

    @Test
    void whatChangesNothingIsNotWritten() {
        store.append(Logs.GROUP, Logs.hardState(1, "n1", 0), Logs.entries(1, 1, 10))
                .block(Logs.SOON);
        int before = syncer.syncs();

        store.append(Logs.GROUP, Logs.hardState(1, "n1", 0), List.of()).block(Logs.SOON);
        store.append(Logs.GROUP, Logs.UNCHANGED, List.of()).block(Logs.SOON);

        assertThat(syncer.syncs()).isEqualTo(before);
    }

    @Test
    void aSyncThatFailsIsTheLast() {
        append(1).block(Logs.SOON);
        IOException broken = new IOException("the disk is gone");
        syncer.hold();
        Mono<Void> failing = append(2);
        syncer.awaitSync();
        Mono<Void> waiting = append(3);
        syncer.fail(broken);
        syncer.release();

        int before = syncer.syncs();
        StepVerifier.create(failing)
                .expectErrorSatisfies(e -> assertThat(e).isSameAs(broken))
                .verify(Logs.SOON);
        StepVerifier.create(waiting)
                .expectErrorSatisfies(e -> assertThat(e).isSameAs(broken))
                .verify(Logs.SOON);
        syncer.fail(null);
        StepVerifier.create(append(2))
                .expectErrorSatisfies(e -> assertThat(e).isSameAs(broken))
                .verify(Logs.SOON);
        StepVerifier.create(store.mark(Logs.GROUP, Logs.snapshot(Logs.GROUP, 1)))
                .expectErrorSatisfies(e -> assertThat(e).isSameAs(broken))
                .verify(Logs.SOON);
        StepVerifier.create(store.close()).expectComplete().verify(Logs.SOON);

        assertThat(syncer.syncs()).isEqualTo(before);
    }

    @Test
    void whatWasReadableBeforeAFailureStillIs() {
        append(1).block(Logs.SOON);
        syncer.fail(new IOException("the disk is gone"));
        append(2).onErrorComplete().block(Logs.SOON);

        assertThat(Logs.read(store, 1, 2)).isEqualTo(Logs.entries(1, 1, 10));
        assertThat(store.view(Logs.GROUP).lastIndex()).isEqualTo(1);
    }

    @Test
    void aFailureWhileClosingIsTold() {
        store.append(Logs.GROUP, Logs.hardState(1, "n1", 0), Logs.entries(1, 2, 10))
                .block(Logs.SOON);
        store.append(Logs.GROUP, Logs.hardState(1, "n1", 2), List.of()).block(Logs.SOON);
        IOException broken = new IOException("the disk is gone");
        syncer.fail(broken);

        StepVerifier.create(store.close())
                .expectErrorSatisfies(e -> assertThat(e).isSameAs(broken))
                .verify(Logs.SOON);
    }

    @Test
    void moreThanTheLimitOfWritesIsNotTaken() {
        syncer.hold();
        List<Mono<Void>> taken = new ArrayList<>(List.of(append(1)));
        syncer.awaitSync();
        for (long index = 2; index <= 100; index++) {
            taken.add(append(index));
        }

        assertThatThrownBy(() -> append(101).block(Logs.SOON))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("100 writes of this group wait already (maxQueuedWrites)");

        taken.add(store.append("users", Logs.UNCHANGED, Logs.entries(1, 1, 10))); // another group has its own limit
        syncer.release();
        Mono.when(taken).block(Logs.SOON);
        append(101).block(Logs.SOON);
        assertThat(store.view(Logs.GROUP).lastIndex()).isEqualTo(101);
    }

    @Test
    void closingDrainsWhatWasTaken() {
        syncer.hold();
        Mono<Void> first = append(1);
        syncer.awaitSync();
        Mono<Void> second = append(2);
        Mono<Void> closed = store.close();
        syncer.release();

        Mono.when(first, second, closed).block(Logs.SOON);
        store = Logs.open(directory);
        assertThat(store.view(Logs.GROUP).lastIndex()).isEqualTo(2);
    }

    @Test
    void aSubscriberThatInterruptsOrThrowsDoesNotStopTheLog() {
        syncer.hold(); // so that both are told on the log's thread
        Mono<Void> first = append(1);
        syncer.awaitSync();
        first.subscribe(none -> {}, error -> {}, () -> Thread.currentThread().interrupt());
        append(2).subscribe(none -> {}, error -> {}, () -> {
            throw new IllegalStateException("a careless subscriber");
        });
        syncer.release();
        append(3).block(Logs.SOON);

        assertThat(store.view(Logs.GROUP).lastIndex()).isEqualTo(3);
    }

    @Test
    void everySyncIsMeasuredAndTheSizeToo() {
        close();
        store = new ChronicleLogStore(Logs.SMALL, syncer);
        List<Metric> seen = new CopyOnWriteArrayList<>();
        store.measure((metric, group, peer, value) -> {
            assertThat(group).isEqualTo(metric == Metric.LOG_CACHE_BYTES ? Logs.GROUP : "");
            assertThat(value).isPositive();
            seen.add(metric);
        });
        int before = syncer.syncs();
        store.open(directory, "c1", "n1").block(Logs.SOON);
        append(1).block(Logs.SOON);

        assertThat(seen).contains(Metric.LOG_BYTES, Metric.LOG_CACHE_BYTES);
        assertThat(seen)
                .filteredOn(metric -> metric == Metric.LOG_SYNC_DURATION)
                .hasSize(syncer.syncs() - before);
    }

    @Test
    void theCacheIsBoundedAndMeasured() {
        close();
        store = new ChronicleLogStore(Logs.SMALL.withCacheBytes(5_000), syncer);
        List<Long> cached = new CopyOnWriteArrayList<>();
        store.measure((metric, group, peer, value) -> {
            if (metric == Metric.LOG_CACHE_BYTES) {
                cached.add(value);
            }
        });
        store.open(directory, "c1", "n1").block(Logs.SOON);
        for (long index = 1; index <= 100; index++) {
            Logs.append(store, Logs.entries(index, index, 500));
        }

        assertThat(cached).hasSize(100).allSatisfy(bytes -> assertThat(bytes).isBetween(500L, 5_000L));
        assertThat(cached.get(99)).as("it is used").isGreaterThan(4_000);
        assertThat(store.view(Logs.GROUP).entries(1, 2, 0)).isNull();
        assertThat(store.view(Logs.GROUP).entries(99, 101, 0)).hasSize(2);
    }

    @Test
    void aSlowSyncIsWarnedAbout() {
        close();
        Logger logger = (Logger) LoggerFactory.getLogger(SyncTimer.class);
        ListAppender<ILoggingEvent> said = new ListAppender<>();
        said.start();
        logger.addAppender(said);
        logger.setLevel(Level.WARN);
        logger.setAdditive(false);
        store = Logs.open(directory, Logs.SMALL.withSlowSync(Duration.ZERO), syncer);
        append(1).block(Logs.SOON);
        close();
        logger.detachAppender(said);
        logger.setLevel(null);
        logger.setAdditive(true);

        assertThat(said.list)
                .isNotEmpty()
                .allSatisfy(event ->
                        assertThat(event.getFormattedMessage()).contains("a sync of segment 19700101-0", "(slowSync)"));
    }

    private Mono<Void> append(long index) {
        return store.append(Logs.GROUP, Logs.UNCHANGED, Logs.entries(index, index, 10));
    }
}
