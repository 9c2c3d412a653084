package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.LogStore;
import io.reactorraft.spi.LogStore.Owner;
import io.reactorraft.spi.SnapshotStore;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.StartRefusedException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What every {@link SnapshotStore} owes the nodes that save in it. Extend it, and say how to make and to damage one. */
@DisplayName("A snapshot store")
public abstract class SnapshotStoreContract {

    /** The longest that anything here may take. */
    protected static final Duration SOON = Duration.ofSeconds(60);

    /** The group that the tests speak of, unless they speak of another. */
    protected static final String GROUP = "orders";

    private final List<SnapshotStore> stores = new ArrayList<>();
    private final LogStore log = new InMemoryLogStore();
    private Owner owner = new Owner("", "", ByteString.EMPTY);

    @TempDir
    private Path directory;

    /** A store that was not opened. Stores of one test find each other's files. */
    protected abstract SnapshotStore store();

    /** Changes some byte of a snapshot's content, below an open store's feet. */
    protected abstract void damage(SnapshotStore store, SnapshotMetadata snapshot);

    @BeforeEach
    void openLog() {
        owner = Objects.requireNonNull(log.open(directory, "c1", "n1").block(SOON));
    }

    @AfterEach
    void closeAll() {
        stores.forEach(store -> store.close().block(SOON));
    }

    @Test
    void aNewDirectoryHoldsNoSnapshot() {
        assertThat(open().latest(GROUP).blockOptional(SOON)).isEmpty();
    }

    @Test
    void buffersComeBackAsTheyWereEmitted() {
        SnapshotStore store = open();
        List<ByteString> buffers = List.of(
                bytes(3, 1),
                bytes(0, 2),
                bytes(1, 3),
                bytes(300_000, 4),
                bytes(8, 5),
                bytes(2_500_000, 6),
                bytes(0, 7));

        SnapshotMetadata saved = save(store, snapshot(7), buffers);

        assertThat(saved.getIndex()).isEqualTo(7);
        assertThat(saved.getSnapshotId()).isNotEmpty();
        assertThat(saved.getSizeBytes()).isPositive();
        assertThat(load(store, saved)).isEqualTo(buffers);
    }

    @Test
    void aSnapshotMayBeEmpty() {
        SnapshotStore store = open();

        SnapshotMetadata saved = save(store, snapshot(7), List.of());

        assertThat(load(store, saved)).isEmpty();
    }

    @Test
    void aSnapshotWithoutAMarkIsALeftover() {
        SnapshotStore store = open();
        SnapshotMetadata marked = saveAndMark(store, 5);
        SnapshotMetadata unmarked = save(store, snapshot(9), content(9));

        assertThat(store.latest(GROUP).block(SOON)).isEqualTo(marked);
        SnapshotStore again = reopen();
        assertThat(again.latest(GROUP).block(SOON)).isEqualTo(marked);
        assertThatThrownBy(() -> load(again, unmarked)).hasRootCauseInstanceOf(IOException.class);
        assertThat(load(again, marked)).isEqualTo(content(5));
    }

    @Test
    void theNewestTwoAreKept() {
        SnapshotStore store = open();
        SnapshotMetadata first = saveAndMark(store, 5);
        assertThat(store.marked(first).block(SOON)).isZero();
        SnapshotMetadata second = saveAndMark(store, 9);
        assertThat(store.marked(second).block(SOON)).isEqualTo(5);
        SnapshotMetadata third = saveAndMark(store, 12);
        assertThat(store.marked(third).block(SOON)).isEqualTo(9);

        assertThat(load(store, second)).isEqualTo(content(9));
        assertThatThrownBy(() -> load(store, first)).hasRootCauseInstanceOf(IOException.class);
        SnapshotStore again = reopen();
        assertThat(again.latest(GROUP).block(SOON)).isEqualTo(third);
        assertThat(load(again, second)).isEqualTo(content(9));
    }

    @Test
    void aSnapshotThatWasOvertakenBeforeItsMarkIsNotTheOneBefore() {
        SnapshotStore store = open();
        SnapshotMetadata first = saveAndMark(store, 5);
        SnapshotMetadata overtaken = save(store, snapshot(7), content(7));
        SnapshotMetadata second = saveAndMark(store, 9);

        assertThat(store.marked(second).block(SOON)).isEqualTo(5);
        assertThat(load(store, first)).isEqualTo(content(5));
        assertThatThrownBy(() -> load(store, overtaken)).hasRootCauseInstanceOf(IOException.class);
    }

    @Test
    void oneThatIsNeverGoingToBeMarkedIsDiscardedAndAMarkedOneIsNot() {
        SnapshotStore store = open();
        SnapshotMetadata marked = saveAndMark(store, 5);
        SnapshotMetadata refused = save(store, snapshot(7), content(7));

        store.discard(refused).block(SOON);
        store.discard(refused).block(SOON);
        store.discard(marked).block(SOON);

        assertThatThrownBy(() -> load(store, refused)).hasRootCauseInstanceOf(IOException.class);
        assertThat(load(store, marked)).isEqualTo(content(5));
    }

    @Test
    void oneThatIsMarkedByNowIsNotDiscardedThoughNobodyWasToldOfTheMark() {
        SnapshotStore store = open();
        SnapshotMetadata saved = save(store, snapshot(5), content(5));
        log.mark(GROUP, saved).block(SOON);

        store.discard(saved).block(SOON);

        assertThat(load(store, saved)).isEqualTo(content(5));
    }

    @Test
    void aSecondOneAtTheSameIndexTakesThePlaceOfTheFirst() {
        SnapshotStore store = open();
        SnapshotMetadata before = saveAndMark(store, 5);
        SnapshotMetadata first = saveAndMark(store, 9);
        SnapshotMetadata second = saveAndMark(store, 9);

        assertThat(store.marked(second).block(SOON)).isEqualTo(5);
        assertThatThrownBy(() -> load(store, first)).hasRootCauseInstanceOf(IOException.class);
        assertThat(load(store, second)).isEqualTo(content(9));
        assertThat(load(store, before)).isEqualTo(content(5));
    }

    @Test
    void oneThatWasFoundDamagedIsNotTheOneBefore() {
        SnapshotStore store = open();
        SnapshotMetadata good = saveAndMark(store, 5);
        SnapshotMetadata bad = saveAndMark(store, 9);
        damage(store, bad);
        assertThatThrownBy(() -> load(store, bad)).hasRootCauseInstanceOf(IOException.class);
        SnapshotMetadata third = saveAndMark(store, 12);

        assertThat(store.marked(third).block(SOON)).isEqualTo(5);
        assertThat(load(store, good)).isEqualTo(content(5));
    }

    @Test
    void oneThatWasPassedOverAtTheStartIsNotTheOneBefore() {
        SnapshotStore store = open();
        SnapshotMetadata good = saveAndMark(store, 5);
        damage(store, saveAndMark(store, 9));
        SnapshotStore again = reopen();
        assertThat(again.latest(GROUP).block(SOON)).isEqualTo(good);

        SnapshotMetadata third = saveAndMark(again, 12);

        assertThat(again.marked(third).block(SOON)).isEqualTo(5);
        assertThat(load(again, good)).isEqualTo(content(5));
    }

    @Test
    void whereTheNewestIsDamagedTheOneBeforeIsUsed() {
        SnapshotStore store = open();
        SnapshotMetadata first = saveAndMark(store, 5);
        SnapshotMetadata second = saveAndMark(store, 9);
        damage(store, second);

        SnapshotStore again = reopen();
        assertThat(again.latest(GROUP).block(SOON)).isEqualTo(first);
        assertThat(load(again, first)).isEqualTo(content(5));
        assertThatThrownBy(() -> load(again, second)).hasRootCauseInstanceOf(IOException.class);
    }

    @Test
    void whereTheOnlyOneIsDamagedTheWholeLogIsUsed() {
        SnapshotStore store = open();
        damage(store, saveAndMark(store, 5));

        assertThat(reopen().latest(GROUP).blockOptional(SOON)).isEmpty();
    }

    @Test
    void whereNothingStandsInForADamagedOneTheStartIsRefused() {
        SnapshotStore store = open();
        SnapshotMetadata installed = save(store, snapshot(30), content(30));
        log.mark(GROUP, installed).block(SOON); // far beyond the log, which begins behind it
        damage(store, installed);

        SnapshotStore again = reopen();
        assertRefused(Kind.DAMAGED, again.latest(GROUP));
    }

    @Test
    void aSnapshotThatWasReceivedMustBeWhatWasSent() {
        SnapshotStore store = open();
        SnapshotMetadata sent = save(store, snapshot(5), content(5));

        SnapshotMetadata received = save(store, sent, content(5));
        assertThat(received.getSnapshotId()).isNotEqualTo(sent.getSnapshotId());
        assertThat(received.getCrc32C()).isEqualTo(sent.getCrc32C());

        assertThatThrownBy(() -> save(store, sent, content(6))).hasRootCauseInstanceOf(IOException.class);
    }

    @Test
    void cancellingDiscardsWhatWasWritten() throws Exception {
        SnapshotStore store = open();
        CompletableFuture<Void> begun = new CompletableFuture<>();
        CompletableFuture<Void> cancelled = new CompletableFuture<>();
        Flux<ByteBuffer> endless = Flux.just(bytes(10, 1).asReadOnlyByteBuffer())
                .concatWith(Flux.<ByteBuffer>never().doOnSubscribe(waiting -> begun.complete(null)))
                .doOnCancel(() -> cancelled.complete(null));

        var saving = store.save(snapshot(5), endless).subscribe();
        begun.get(SOON.toSeconds(), TimeUnit.SECONDS);
        saving.dispose();

        cancelled.get(SOON.toSeconds(), TimeUnit.SECONDS);
        SnapshotMetadata next = saveAndMark(store, 6);
        assertThat(reopen().latest(GROUP).block(SOON)).isEqualTo(next);
    }

    @Test
    void anErrorOfTheContentDiscardsItAndIsPassedOn() {
        SnapshotStore store = open();
        Flux<ByteBuffer> failing = Flux.just(bytes(10, 1).asReadOnlyByteBuffer())
                .concatWith(Flux.error(new IllegalArgumentException("the machine is broken")));

        assertThatThrownBy(() -> store.save(snapshot(5), failing).block(SOON)).hasMessage("the machine is broken");

        assertThat(store.latest(GROUP).blockOptional(SOON)).isEmpty();
    }

    @Test
    void aSnapshotIsNeverAskedForAsAWhole() {
        SnapshotStore store = open();
        AtomicLong asked = new AtomicLong();
        Flux<ByteBuffer> content = Flux.range(0, 500)
                .map(i -> bytes(100, i).asReadOnlyByteBuffer())
                .doOnRequest(count -> asked.accumulateAndGet(count, Math::max));

        store.save(snapshot(5), content).block(SOON);

        assertThat(asked).hasValueBetween(1, 64);
    }

    @Test
    void aReaderGetsNoMoreThanItAskedFor() throws Exception {
        SnapshotStore store = open();
        List<ByteString> buffers =
                LongStream.range(0, 50).mapToObj(i -> bytes(1_000, i)).toList();
        SnapshotMetadata saved = save(store, snapshot(5), buffers);
        Paced reader = new Paced();

        store.load(saved).subscribe(reader);
        reader.ask(2);
        reader.ask(1);
        assertThat(reader.received()).isEqualTo(buffers.subList(0, 3));
        reader.cancel();

        assertThat(load(store, saved)).isEqualTo(buffers);
    }

    @Test
    void aBufferBeyondTheLimitIsRefused() {
        SnapshotStore store = open();
        Flux<ByteBuffer> large = Flux.just(ByteBuffer.allocate((16 << 20) + 1));

        assertThatThrownBy(() -> store.save(snapshot(5), large).block(SOON))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("limit");
    }

    @Test
    void groupsAreApart() {
        SnapshotStore store = open();
        SnapshotMetadata ours = saveAndMark(store, 5);
        SnapshotMetadata theirs =
                save(store, snapshot(3).toBuilder().setGroupId("users").build(), content(77));
        log.mark("users", theirs).block(SOON);
        store.marked(theirs).block(SOON);

        SnapshotStore again = reopen();
        assertThat(again.latest(GROUP).block(SOON)).isEqualTo(ours);
        assertThat(again.latest("users").block(SOON)).isEqualTo(theirs);
        assertThat(load(again, theirs)).isEqualTo(content(77));
    }

    @Test
    void snapshotsOfAnotherDataDirectoryAreRefusedAndLeft() {
        SnapshotStore store = open();
        SnapshotMetadata ours = saveAndMark(store, 5);
        closeAll();
        Owner other = new Owner("c1", "n1", ByteString.copyFrom(new byte[16]));

        assertRefused(Kind.FOREIGN, newStore().open(directory, other, log));

        assertThat(load(open(), ours)).isEqualTo(content(5));
    }

    @Test
    void openingTwiceIsOpeningOnce() {
        SnapshotStore store = open();
        SnapshotMetadata saved = saveAndMark(store, 5);

        store.open(directory, owner, log).block(SOON);

        assertThat(store.latest(GROUP).block(SOON)).isEqualTo(saved);
        assertThatThrownBy(
                        () -> store.open(directory.resolve("other"), owner, log).block(SOON))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aStoreThatIsNotOpenSaysSo() {
        SnapshotStore store = newStore();
        assertThatThrownBy(() -> store.latest(GROUP).block(SOON)).isInstanceOf(IllegalStateException.class);

        SnapshotStore closed = open();
        closed.close().block(SOON);
        closed.close().block(SOON);
        assertThatThrownBy(() -> save(closed, snapshot(5), content(5))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> load(closed, snapshot(5))).isInstanceOf(IllegalStateException.class);
    }

    /** A store that is open in the directory of this test. */
    protected final SnapshotStore open() {
        SnapshotStore store = newStore();
        store.open(directory, owner, log).block(SOON);
        return store;
    }

    /** Closes all stores, and opens another. */
    protected final SnapshotStore reopen() {
        closeAll();
        return open();
    }

    /** The directory of this test. */
    protected final Path directory() {
        return directory;
    }

    /** The log whose marks count. */
    protected final LogStore log() {
        return log;
    }

    /** What is said of a snapshot before it is saved. */
    protected static SnapshotMetadata snapshot(long index) {
        return SnapshotMetadata.newBuilder()
                .setGroupId(GROUP)
                .setIndex(index)
                .setTerm(1)
                .build();
    }

    /** Saves, and waits. */
    protected static SnapshotMetadata save(SnapshotStore store, SnapshotMetadata metadata, List<ByteString> content) {
        return Objects.requireNonNull(
                store.save(metadata, Flux.fromIterable(content).map(ByteString::asReadOnlyByteBuffer))
                        .block(SOON));
    }

    /** As a node does it: entries, content, mark, and what goes because of it. */
    protected final SnapshotMetadata saveAndMark(SnapshotStore store, long index) {
        for (long next = log.view(GROUP).lastIndex() + 1; next <= index; next++) {
            Entry entry = Entry.newBuilder().setIndex(next).setTerm(1).build();
            log.append(GROUP, HardState.getDefaultInstance(), List.of(entry)).block(SOON);
        }
        SnapshotMetadata saved = save(store, snapshot(index), content(index));
        log.mark(GROUP, saved).block(SOON);
        store.marked(saved).block(SOON);
        return saved;
    }

    /** Reads all of it. */
    protected static List<ByteString> load(SnapshotStore store, SnapshotMetadata snapshot) {
        return Objects.requireNonNull(
                store.load(snapshot).map(ByteString::copyFrom).collectList().block(SOON));
    }

    /** Some buffers, others for every index. */
    protected static List<ByteString> content(long index) {
        return List.of(bytes(100, index), bytes(4_000, index + 1), bytes(20, index + 2));
    }

    private static ByteString bytes(int length, long seed) {
        byte[] bytes = new byte[length];
        new java.util.SplittableRandom(seed).nextBytes(bytes);
        return ByteString.copyFrom(bytes);
    }

    private SnapshotStore newStore() {
        SnapshotStore store = store();
        stores.add(store);
        return store;
    }

    private static void assertRefused(Kind kind, Mono<?> start) {
        assertThatThrownBy(() -> start.block(SOON)).isInstanceOfSatisfying(StartRefusedException.class, refused -> {
            assertThat(refused.kind()).isEqualTo(kind);
            assertThat(refused.getMessage()).isNotBlank().doesNotContain("\n");
        });
    }

    /** Asks for some, and waits for just those. */
    private static final class Paced extends BaseSubscriber<ByteBuffer> {
        private final List<ByteString> received = new ArrayList<>();
        private CompletableFuture<Void> reached = new CompletableFuture<>();
        private int expected;

        void ask(int count) throws Exception {
            CompletableFuture<Void> next = new CompletableFuture<>();
            synchronized (this) {
                expected += count;
                reached = next;
            }
            request(count);
            next.get(SOON.toSeconds(), TimeUnit.SECONDS);
        }

        synchronized List<ByteString> received() {
            return List.copyOf(received);
        }

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            // asked for later
        }

        @Override
        protected synchronized void hookOnNext(ByteBuffer buffer) {
            received.add(ByteString.copyFrom(buffer));
            if (received.size() == expected) {
                reached.complete(null);
            }
        }
    }
}
