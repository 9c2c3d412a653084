package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SegmentNameTest {

    @Test
    void aSegmentIsNamedLikeAnHourSince1970() {
        assertThat(SegmentName.of(1)).isEqualTo("19700101-01F.cq4");
        assertThat(SegmentName.of(24 * 365)).isEqualTo("19710101-00F.cq4");
    }

    @Test
    void aNameTellsItsCycle() {
        for (int cycle : new int[] {0, 1, 23, 24, 99_999, 1_000_000, 70_000_000}) {
            assertThat(SegmentName.cycle(SegmentName.of(cycle))).isEqualTo(cycle);
        }
    }

    @Test
    void otherFilesAreNotSegments() {
        assertThat(SegmentName.cycle("metadata.cq4t")).isEqualTo(-1);
        assertThat(SegmentName.cycle("19700101-01F.precreated")).isEqualTo(-1);
        assertThat(SegmentName.cycle("holiday.cq4")).isEqualTo(-1);
        assertThat(SegmentName.cycle("99700102-05F.cq4"))
                .as("an hour that no segment reaches")
                .isEqualTo(-1);
    }

    @Test
    void aCounterThatRunsOverIsRefused() {
        assertThatThrownBy(() -> SegmentName.of(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> SegmentName.of(Integer.MAX_VALUE)).isInstanceOf(IllegalArgumentException.class);
    }
}
