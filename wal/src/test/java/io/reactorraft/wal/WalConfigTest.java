package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class WalConfigTest {
    private final WalConfig defaults = WalConfig.defaults();

    @Test
    void defaultsAreThoseOfTheDesign() {
        assertThat(defaults.segmentBytes()).isEqualTo(64 << 20);
        assertThat(defaults.cacheBytes()).isEqualTo(64 << 20);
    }

    @Test
    void sizesThatMakeNoSenseAreRefusedAtOnce() {
        for (int bytes : new int[] {0, 1 << 10, (64 << 20) + 1, -1, Integer.MIN_VALUE}) {
            assertThatThrownBy(() -> defaults.withSegmentBytes(bytes))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("segmentBytes must be a power of two from 256 KiB to 1 GiB, got " + bytes);
        }
        assertThatThrownBy(() -> defaults.withCacheBytes(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> defaults.withMaxQueuedWrites(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> defaults.withMaxQueuedReads(0)).isInstanceOf(IllegalArgumentException.class);
    }
}
