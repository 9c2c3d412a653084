package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.reactorraft.core.LogView;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.LogStore;
import io.reactorraft.spi.LogStore.Owner;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.StartRefusedException.Kind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;

/** What every {@link LogStore} owes the nodes that write to it. Extend it, and say how to make one. */
@DisplayName("A log store")
public abstract class LogStoreContract {

    /** The longest that anything here may take. */
    protected static final Duration SOON = Duration.ofSeconds(60);

    /** The group that the tests speak of, unless they speak of another. */
    protected static final String GROUP = "orders";

    private static final HardState UNCHANGED = HardState.getDefaultInstance();

    private final List<LogStore> stores = new ArrayList<>();

    @TempDir
    private Path directory;

    /** A store that was not opened. Stores of one test find each other's files. */
    protected abstract LogStore store();

    @AfterEach
    void closeAll() {
        stores.forEach(store -> store.close().block(SOON));
    }

    @Test
    void aNewDirectoryHoldsAnEmptyLog() {
        LogStore store = open();

        LogView view = store.view(GROUP);
        assertThat(view.firstIndex()).isEqualTo(1);
        assertThat(view.lastIndex()).isZero();
        assertThat(view.term(0)).isZero();
        assertThat(view.term(1)).isEqualTo(LogView.UNKNOWN_TERM);
        assertThat(view.snapshot()).isNull();
        assertThat(store.hardState(GROUP)).isEqualTo(UNCHANGED);
        assertThat(store.snapshotMark(GROUP)).isEqualTo(SnapshotMetadata.getDefaultInstance());
    }

    @Test
    void aDirectoryKeepsTheDataIdItWasMadeWith() {
        Owner first = openAs("c1", "n1");
        closeAll();

        assertThat(openAs("c1", "n1")).isEqualTo(first);
        assertThat(first.clusterId()).isEqualTo("c1");
        assertThat(first.nodeId()).isEqualTo("n1");
        assertThat(first.dataId().size()).isEqualTo(16);
    }

    @Test
    void appendedEntriesAreShownAndRead() {
        LogStore store = open();

        append(store, entries(1, 3, 7));

        assertLog(store, entries(1, 3, 7));
        assertThat(store.view(GROUP).term(3)).isEqualTo(7);
    }

    @Test
    void whatWasAppendedSurvivesReopening() {
        LogStore store = open();
        append(store, entries(1, 3, 1));
        append(store, entries(4, 5, 2));

        assertLog(reopen(), join(entries(1, 3, 1), entries(4, 5, 2)));
    }

    @Test
    void anEntryOfAnIndexThatIsTakenReplacesTheLogFromThere() {
        LogStore store = open();
        append(store, entries(1, 9, 1));

        append(store, entries(4, 6, 2));

        List<Entry> expected = join(entries(1, 3, 1), entries(4, 6, 2));
        assertLog(store, expected);
        assertLog(reopen(), expected);
    }

    @Test
    void anEntryIsReplacedByAnotherOfTheSameTermToo() {
        LogStore store = open();
        append(store, entries(1, 3, 1));
        Entry other = entry(2, 1).toBuilder()
                .setData(ByteString.copyFromUtf8("other"))
                .build();

        append(store, List.of(other));

        assertLog(store, List.of(entry(1, 1), other));
        assertLog(reopen(), List.of(entry(1, 1), other));
    }

    @Test
    void writesTakeEffectInTheOrderOfTheCalls() {
        LogStore store = open();

        List<Mono<Void>> writes = new ArrayList<>();
        for (long index = 1; index <= 200; index++) {
            writes.add(store.append(GROUP, UNCHANGED, List.of(entry(index, 1))));
        }
        writes.add(store.append(GROUP, UNCHANGED, entries(150, 160, 2)));
        Mono.when(writes).block(SOON);

        assertLog(store, join(entries(1, 149, 1), entries(150, 160, 2)));
    }

    @Test
    void aHardStateIsDurableWithItsEntries() {
        LogStore store = open();
        HardState voted = hardState(3, "n2", 1);

        store.append(GROUP, voted, entries(1, 2, 3)).block(SOON);

        assertThat(store.hardState(GROUP)).isEqualTo(voted);
        assertThat(reopen().hardState(GROUP)).isEqualTo(voted);
    }

    @Test
    void aHardStateIsDurableWithoutEntries() {
        LogStore store = open();

        store.append(GROUP, hardState(3, "n2", 0), List.of()).block(SOON);

        assertThat(reopen().hardState(GROUP)).isEqualTo(hardState(3, "n2", 0));
    }

    @Test
    void theDefaultHardStateChangesNothing() {
        LogStore store = open();
        store.append(GROUP, hardState(3, "n2", 0), List.of()).block(SOON);

        append(store, entries(1, 1, 3));

        assertThat(store.hardState(GROUP)).isEqualTo(hardState(3, "n2", 0));
        assertThat(reopen().hardState(GROUP)).isEqualTo(hardState(3, "n2", 0));
    }

    @Test
    void aCommitIndexIsShownAndSurvivesAnOrderlyClose() {
        LogStore store = open();
        store.append(GROUP, hardState(1, "n1", 0), entries(1, 5, 1)).block(SOON);

        store.append(GROUP, hardState(1, "n1", 4), List.of()).block(SOON);

        assertThat(store.hardState(GROUP).getCommit()).isEqualTo(4);
        assertThat(reopen().hardState(GROUP).getCommit()).isEqualTo(4);
    }

    @Test
    void aCommitIndexAheadOfTheLogIsRefusedAndNothingOfItIsWritten() {
        LogStore store = open();
        append(store, entries(1, 3, 1));

        assertThatThrownBy(() ->
                        store.append(GROUP, hardState(9, "n9", 4), List.of()).block(SOON))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> store.append(GROUP, hardState(9, "n9", 5), entries(4, 4, 1))
                        .block(SOON))
                .isInstanceOf(IllegalArgumentException.class);

        assertLog(store, entries(1, 3, 1));
        assertThat(store.hardState(GROUP)).isEqualTo(UNCHANGED);
    }

    @Test
    void anAppendThatLeavesAGapIsRefusedAndNothingOfItIsWritten() {
        LogStore store = open();
        append(store, entries(1, 3, 1));

        assertThatThrownBy(() -> store.append(GROUP, hardState(9, "n9", 0), entries(5, 6, 1))
                        .block(SOON))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> append(store, List.of(entry(4, 1), entry(6, 1))))
                .isInstanceOf(IllegalArgumentException.class);

        append(store, entries(4, 4, 1));
        assertLog(store, entries(1, 4, 1));
        assertThat(store.hardState(GROUP)).isEqualTo(UNCHANGED);
        assertLog(reopen(), entries(1, 4, 1));
    }

    @Test
    void aReadIsBoundedInBytesButAnswersOneEntryAtLeast() {
        LogStore store = open();
        append(store, entries(1, 10, 1));
        long one = entry(1, 1).getSerializedSize();

        assertThat(read(store, 2, 9, 1)).containsExactlyElementsOf(entries(2, 2, 1));
        assertThat(read(store, 2, 9, 3 * one)).containsExactlyElementsOf(entries(2, 4, 1));
        assertThat(read(store, 2, 9, 1 << 20)).containsExactlyElementsOf(entries(2, 8, 1));
        assertThat(store.view(GROUP).entries(2, 9, 2 * one)).containsExactlyElementsOf(entries(2, 3, 1));
    }

    @Test
    void whatTheLogDoesNotHoldCannotBeRead() {
        LogStore store = open();
        append(store, entries(1, 3, 1));

        assertThatThrownBy(() -> read(store, 0, 2, 100)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> read(store, 2, 5, 100)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void groupsAreApart() {
        LogStore store = open();
        append(store, entries(1, 3, 1));
        store.append("users", hardState(5, "n3", 0), entries(1, 1, 5)).block(SOON);
        append(store, entries(4, 4, 1));

        LogStore again = reopen();
        assertLog(again, entries(1, 4, 1));
        assertThat(again.hardState(GROUP)).isEqualTo(UNCHANGED);
        assertThat(again.hardState("users")).isEqualTo(hardState(5, "n3", 0));
        assertThat(again.view("users").lastIndex()).isEqualTo(1);
    }

    @Test
    void aMarkOfWhatTheLogHoldsKeepsTheLog() {
        LogStore store = open();
        append(store, entries(1, 9, 2));

        store.mark(GROUP, snapshot(5, 2)).block(SOON);

        assertLog(store, entries(1, 9, 2));
        assertThat(store.snapshotMark(GROUP)).isEqualTo(snapshot(5, 2));
        assertThat(store.view(GROUP).snapshot()).isEqualTo(snapshot(5, 2));
        LogStore again = reopen();
        assertLog(again, entries(1, 9, 2));
        assertThat(again.snapshotMark(GROUP)).isEqualTo(snapshot(5, 2));
    }

    @Test
    void aMarkBeyondTheLogReplacesIt() {
        LogStore store = open();
        append(store, entries(1, 3, 1));

        store.mark(GROUP, snapshot(10, 4)).block(SOON);
        append(store, entries(11, 12, 4));

        reopen();
        LogStore again = reopen();
        assertThat(again.snapshotMark(GROUP)).isEqualTo(snapshot(10, 4));
        assertThat(again.view(GROUP).firstIndex()).isEqualTo(11);
        assertThat(again.view(GROUP).term(10)).isEqualTo(4);
        assertThat(again.view(GROUP).term(9)).isEqualTo(LogView.UNKNOWN_TERM);
        assertThat(read(again, 11, 13, 1 << 20)).containsExactlyElementsOf(entries(11, 12, 4));
    }

    @Test
    void aMarkOfAnotherTermReplacesALogThatIsLonger() {
        LogStore store = open();
        append(store, entries(1, 9, 1));

        store.mark(GROUP, snapshot(5, 3)).block(SOON);

        assertThat(store.view(GROUP).firstIndex()).isEqualTo(6);
        assertThat(store.view(GROUP).lastIndex()).isEqualTo(5);
        assertThat(store.view(GROUP).term(5)).isEqualTo(3);
        assertThat(reopen().view(GROUP).lastIndex()).isEqualTo(5);
    }

    @Test
    void aMarkNeverGoesBack() {
        LogStore store = open();
        append(store, entries(1, 9, 1));
        store.mark(GROUP, snapshot(5, 1)).block(SOON);

        assertThatThrownBy(() -> store.mark(GROUP, snapshot(4, 1)).block(SOON))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void compactionKeepsWhatNoSnapshotStandsInFor() {
        LogStore store = open();
        append(store, entries(1, 9, 1));

        store.compact(GROUP, 9).block(SOON);
        assertLog(store, entries(1, 9, 1));

        store.mark(GROUP, snapshot(4, 1)).block(SOON);
        store.compact(GROUP, 9).block(SOON);
        assertThat(store.view(GROUP).firstIndex()).isBetween(1L, 5L);
        assertThat(read(store, 5, 10, 1 << 20)).containsExactlyElementsOf(entries(5, 9, 1));
        assertThat(read(reopen(), 5, 10, 1 << 20)).containsExactlyElementsOf(entries(5, 9, 1));
    }

    @Test
    void anothersDirectoryIsRefusedAndLeftAsItIs() {
        append(open(), entries(1, 3, 1));
        closeAll();

        assertRefused(Kind.FOREIGN, newStore().open(directory, "c1", "n2"));
        assertRefused(Kind.FOREIGN, newStore().open(directory, "c2", "n1"));
        closeAll();

        assertLog(open(), entries(1, 3, 1));
    }

    @Test
    void aDirectoryInUseIsRefused() {
        LogStore store = open();

        assertRefused(Kind.LOCKED, newStore().open(directory, "c1", "n1"));

        append(store, entries(1, 3, 1));
        assertLog(store, entries(1, 3, 1));
    }

    @Test
    void nodesThatShareAStoreMayEachOpenIt() {
        LogStore store = newStore();

        Owner first = store.open(directory, "c1", "n1").block(SOON);
        Owner second = store.open(directory, "c1", "n1").block(SOON);

        assertThat(second).isEqualTo(first);
        assertThatThrownBy(() -> store.open(directory, "c1", "n2").block(SOON))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aStoreThatWasClosedDoesNothingAnyMore() {
        LogStore store = open();
        append(store, entries(1, 1, 1));

        store.close().block(SOON);
        store.close().block(SOON);

        assertThatThrownBy(() -> append(store, entries(2, 2, 1))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> read(store, 1, 2, 100)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> store.view(GROUP)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aStoreThatWasNotOpenedSaysSo() {
        LogStore store = newStore();

        assertThatThrownBy(() -> store.hardState(GROUP)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> append(store, entries(1, 1, 1))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void anyWalkOfTheLogIsFoundAgainAfterReopening() {
        for (long seed = 1; seed <= 5; seed++) {
            Path walked = directory.resolve("walk-" + seed);
            new LogStoreWalk(seed, () -> {
                        closeAll();
                        LogStore store = newStore();
                        store.open(walked, "c1", "n1").block(SOON);
                        return store;
                    })
                    .run(400);
            closeAll();
        }
    }

    /** The directory of this test. */
    protected final Path directory() {
        return directory;
    }

    /** A store that is open in {@link #directory}. */
    protected final LogStore open() {
        LogStore store = newStore();
        store.open(directory, "c1", "n1").block(SOON);
        return store;
    }

    /** Closes all stores, and opens another in {@link #directory}. */
    protected final LogStore reopen() {
        closeAll();
        return open();
    }

    /** Entries of consecutive indexes, each with data of its own. */
    protected static List<Entry> entries(long first, long last, long term) {
        return LongStream.rangeClosed(first, last)
                .mapToObj(index -> entry(index, term))
                .toList();
    }

    /** An entry whose data tells its term and index. */
    protected static Entry entry(long index, long term) {
        return Entry.newBuilder()
                .setTerm(term)
                .setIndex(index)
                .setData(ByteString.copyFromUtf8("entry %06d of term %06d".formatted(index, term)))
                .build();
    }

    /** What a node makes durable of its term, its vote and its commit index. */
    protected static HardState hardState(long term, String vote, long commit) {
        return HardState.newBuilder()
                .setTerm(term)
                .setVote(vote)
                .setCommit(commit)
                .build();
    }

    /** The mark of a snapshot. */
    protected static SnapshotMetadata snapshot(long index, long term) {
        return SnapshotMetadata.newBuilder()
                .setGroupId(GROUP)
                .setIndex(index)
                .setTerm(term)
                .setConfState(ConfState.newBuilder().addVoters("n1"))
                .setSnapshotId("snapshot-" + index)
                .build();
    }

    /** Appends, and waits until it is durable. */
    protected static void append(LogStore store, List<Entry> entries) {
        store.append(GROUP, UNCHANGED, entries).block(SOON);
    }

    /** Reads, and waits. */
    protected static List<Entry> read(LogStore store, long from, long to, long maxBytes) {
        return Objects.requireNonNull(store.read(GROUP, from, to, maxBytes).block(SOON), "a read without an answer");
    }

    /** The log is exactly this, from index 1 on. */
    protected static void assertLog(LogStore store, List<Entry> expected) {
        LogView view = store.view(GROUP);
        assertThat(view.firstIndex()).isEqualTo(1);
        assertThat(view.lastIndex()).isEqualTo(expected.size());
        for (Entry entry : expected) {
            assertThat(view.term(entry.getIndex())).isEqualTo(entry.getTerm());
        }
        assertThat(view.term(expected.size() + 1L)).isEqualTo(LogView.UNKNOWN_TERM);
        assertThat(read(store, 1, expected.size() + 1L, 0)).isEqualTo(expected);
        List<Entry> remembered = view.entries(1, expected.size() + 1L, 0);
        if (remembered != null) {
            assertThat(remembered).isEqualTo(expected.subList(0, remembered.size()));
        }
    }

    /** Opening is refused for that reason, in one line. */
    protected static void assertRefused(Kind kind, Mono<Owner> opening) {
        assertThatThrownBy(() -> opening.block(SOON)).isInstanceOfSatisfying(StartRefusedException.class, refused -> {
            assertThat(refused.kind()).isEqualTo(kind);
            assertThat(refused.getMessage()).isNotBlank().doesNotContain("\n");
        });
    }

    private Owner openAs(String clusterId, String nodeId) {
        return Objects.requireNonNull(
                newStore().open(directory, clusterId, nodeId).block(SOON), "an owner");
    }

    private LogStore newStore() {
        LogStore store = store();
        stores.add(store);
        return store;
    }

    private static List<Entry> join(List<Entry> first, List<Entry> second) {
        List<Entry> all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }
}
