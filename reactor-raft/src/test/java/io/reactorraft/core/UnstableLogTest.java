package io.reactorraft.core;

import static io.reactorraft.core.Messages.entries;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class UnstableLogTest {

    private static final SnapshotMetadata SNAPSHOT = MemoryLog.snapshotAt(20, 3, ConfState.getDefaultInstance());

    /** Entries 5, 6 and 7 of term 1 behind a durable log that ends at 4. */
    private static UnstableLog three() {
        UnstableLog log = new UnstableLog(4);
        log.truncateAndAppend(entries(5, 1, 1, 1));
        return log;
    }

    private static List<Long> indexes(List<Entry> entries) {
        return entries.stream().map(Entry::getIndex).toList();
    }

    @Test
    void whatIsOnItsWayIsNotHandedOutAgain() {
        UnstableLog log = three();
        assertThat(indexes(log.nextEntries())).containsExactly(5L, 6L, 7L);
        log.accept();
        assertThat(log.hasNextEntries()).isFalse();
        assertThat(log.nextEntries()).isEmpty();
        log.truncateAndAppend(entries(8, 1));
        assertThat(indexes(log.nextEntries())).containsExactly(8L);
    }

    @Test
    void whatIsOnItsWayIsKeptUntilItIsStable() {
        UnstableLog log = three();
        log.accept();
        log.stableTo(6, 1);
        assertThat(log.offset()).isEqualTo(7);
        assertThat(log.lastIndex()).isEqualTo(7);
        assertThat(log.term(7)).isEqualTo(1);
        log.stableTo(7, 1);
        assertThat(log.isEmpty()).isTrue();
        assertThat(log.lastIndex()).isEqualTo(7);
    }

    @Test
    void onlyTheEntryThatWasWrittenBecomesStable() {
        UnstableLog log = three();
        log.accept();
        log.truncateAndAppend(entries(6, 2, 2));
        log.accept();
        log.stableTo(7, 1);
        assertThat(log.offset())
                .as("entry 7 of term 1 was replaced while it was written")
                .isEqualTo(5);
        log.stableTo(7, 2);
        assertThat(log.offset()).isEqualTo(8);
    }

    @Test
    void nothingBecomesStableThatWasNeverHandedOut() {
        UnstableLog log = three();
        log.stableTo(7, 1);
        assertThat(log.offset()).isEqualTo(5);
        log.accept();
        log.stableTo(4, 1);
        log.stableTo(99, 1);
        assertThat(log.offset()).isEqualTo(5);
        log.truncateAndAppend(entries(8, 1));
        log.stableTo(8, 1);
        assertThat(log.offset()).as("the next one is not on its way yet").isEqualTo(5);
    }

    @Test
    void aReplacedSuffixIsHandedOutAgain() {
        UnstableLog log = three();
        log.accept();
        log.truncateAndAppend(entries(6, 2));
        assertThat(log.lastIndex()).isEqualTo(6);
        assertThat(log.nextEntries()).isEqualTo(entries(6, 2));
        assertThat(log.term(5)).as("what stands before it stays").isEqualTo(1);
    }

    @Test
    void aReplacementOfDurableEntriesBeginsAnew() {
        UnstableLog log = three();
        log.accept();
        log.truncateAndAppend(entries(3, 2, 2));
        assertThat(log.offset()).isEqualTo(3);
        assertThat(log.lastIndex()).isEqualTo(4);
        assertThat(log.nextEntries()).isEqualTo(entries(3, 2, 2));
    }

    @Test
    void aSnapshotReplacesAllAndIsHandedOutOnce() {
        UnstableLog log = three();
        log.accept();
        log.restore(SNAPSHOT);
        assertThat(log.isEmpty()).isTrue();
        assertThat(log.lastIndex()).isEqualTo(20);
        assertThat(log.nextSnapshot()).isEqualTo(SNAPSHOT);
        log.accept();
        assertThat(log.nextSnapshot()).isNull();
        assertThat(log.snapshot()).as("still pending").isEqualTo(SNAPSHOT);
        log.stableSnapshotTo(19);
        assertThat(log.snapshot()).as("another one was installed").isEqualTo(SNAPSHOT);
        log.stableSnapshotTo(20);
        assertThat(log.snapshot()).isNull();
        log.truncateAndAppend(entries(21, 3));
        assertThat(log.lastIndex()).isEqualTo(21);
    }

    @Test
    void whatWasHandedOutNeverChanges() {
        UnstableLog log = three();
        List<Entry> handedOut = log.nextEntries();
        List<Entry> before = List.copyOf(handedOut);
        log.accept();
        log.truncateAndAppend(entries(6, 2, 2, 2));
        log.accept();
        log.stableTo(8, 2);
        log.truncateAndAppend(entries(9, 2));
        assertThat(handedOut).isEqualTo(before);
    }

    @Test
    void aSliceEndsWhereItsBytesEndButHoldsOneEntryAtLeast() {
        UnstableLog log = three();
        EntrySize tenEach = entry -> 10;
        assertThat(log.slice(5, 8, 29, tenEach)).hasSize(2);
        assertThat(log.slice(5, 8, 30, tenEach)).hasSize(3);
        assertThat(log.slice(6, 7, 1_000, tenEach)).hasSize(1);
        assertThat(log.slice(6, 8, 0, tenEach)).hasSize(1);
    }

    @Test
    void aGapIsABrokenInvariant() {
        assertThatThrownBy(() -> three().truncateAndAppend(entries(9, 1)))
                .isInstanceOf(BrokenInvariantException.class)
                .hasMessageContaining("index 9")
                .hasMessageContaining("last index 7");
        assertThatThrownBy(() -> three().term(4)).isInstanceOf(BrokenInvariantException.class);
    }

    /** Growing, moving down and shrinking of its array, against a plain list. */
    @Test
    void itHoldsWhatAListWouldHold() {
        SplittableRandom random = new SplittableRandom(11);
        UnstableLog log = new UnstableLog(0);
        List<Entry> expected = new ArrayList<>();
        long stable = 0;
        for (int step = 0; step < 5_000; step++) {
            switch (random.nextInt(4)) {
                case 0 -> {
                    long from = stable + 1 + random.nextInt(expected.size() + 1);
                    List<Entry> appended = entries(from, new long[1 + random.nextInt(200)]);
                    expected.subList((int) (from - stable - 1), expected.size()).clear();
                    expected.addAll(appended);
                    log.truncateAndAppend(appended);
                }
                case 1 -> log.accept();
                default -> {
                    log.accept();
                    int freed = random.nextInt(expected.size() + 1);
                    log.stableTo(stable + freed, 0);
                    expected.subList(0, freed).clear();
                    stable += freed;
                }
            }
            assertThat(log.offset()).isEqualTo(stable + 1);
            assertThat(log.lastIndex()).isEqualTo(stable + expected.size());
            if (!expected.isEmpty()) {
                assertThat(log.slice(stable + 1, log.lastIndex() + 1, Long.MAX_VALUE, EntrySize.SERIALIZED))
                        .isEqualTo(expected);
            }
        }
    }
}
