package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class EntryIndexTest {
    private final EntryIndex index = new EntryIndex();

    @Test
    void aPositionIsACycleAndAnOffset() {
        long position = EntryIndex.position(700_000, (1 << 30) - 4);

        assertThat(EntryIndex.cycle(position)).isEqualTo(700_000);
        assertThat(EntryIndex.offset(position)).isEqualTo((1 << 30) - 4);
    }

    @Test
    void aWaypointIsNeverFurtherThanItsLimits() {
        for (int i = 1; i <= 1_000; i++) {
            index.append(i, EntryIndex.position(1, i * 300));
        }

        for (int i = 1; i <= 1_000; i++) {
            int waypoint = EntryIndex.offset(index.positionBefore(i));
            assertThat(waypoint).isLessThanOrEqualTo(i * 300);
            assertThat(i - waypoint / 300).isLessThan(EntryIndex.ENTRIES);
        }
    }

    @Test
    void largeEntriesHaveWaypointsNearer() {
        for (int i = 1; i <= 10; i++) {
            index.append(i, EntryIndex.position(1, i * 40_000));
        }

        assertThat(EntryIndex.offset(index.positionBefore(10))).isGreaterThan(10 * 40_000 - EntryIndex.BYTES);
    }

    @Test
    void aRunEndsWhereTheNextWaypointStandsAndNeverCrossesASegment() {
        index.append(1, EntryIndex.position(1, 100));
        index.append(2, EntryIndex.position(1, 200));
        index.append(3, EntryIndex.position(2, 100));

        assertThat(index.runEnd(1, 10)).isEqualTo(3);
        assertThat(index.runEnd(3, 10)).isEqualTo(10);
        assertThat(index.positionBefore(2)).isEqualTo(EntryIndex.position(1, 100));
    }

    @Test
    void whatReplacesASuffixHasAWaypointOfItsOwn() {
        for (int i = 1; i <= 10; i++) {
            index.append(i, EntryIndex.position(1, i * 100));
        }
        index.truncate(4);
        index.append(5, EntryIndex.position(1, 2_000));

        assertThat(index.runEnd(1, 10)).isEqualTo(5);
        assertThat(index.positionBefore(5)).isEqualTo(EntryIndex.position(1, 2_000));
    }

    @Test
    void anEntryTakes24BytesAtMostAndSmallOnesNextToNothing() {
        EntryIndex small = new EntryIndex();
        int entries = 1_000_000;
        for (int i = 1; i <= entries; i++) {
            small.append(i, EntryIndex.position(1 + i / 200_000, (i % 200_000) * 300));
            assertThat(small.bytes()).isLessThanOrEqualTo(Math.max(16 * 16, 24L * i));
        }
        assertThat(small.bytes()).isLessThan(entries);

        for (int i = 1; i <= 50_000; i++) {
            index.append(i, EntryIndex.position(i, 100)); // as large as segments
            assertThat(index.bytes()).isLessThanOrEqualTo(Math.max(16 * 16, 24L * i));
        }
        index.compact(49_000, 50_001);
        assertThat(index.bytes())
                .as("memory of what was compacted is given back")
                .isLessThan(24 * 2_100);
    }

    @Test
    void compactionTellsTheFirstIndexThatIsLeft() {
        index.append(1, EntryIndex.position(1, 100));
        index.append(2, EntryIndex.position(2, 100));
        index.append(3, EntryIndex.position(3, 100));

        assertThat(index.compact(2, 4)).isEqualTo(2);
        assertThatThrownBy(() -> index.positionBefore(1)).isInstanceOf(IllegalStateException.class);
        assertThat(index.compact(9, 4)).isEqualTo(4);
        index.append(4, EntryIndex.position(9, 100));
        assertThat(index.positionBefore(4)).isEqualTo(EntryIndex.position(9, 100));
    }
}
