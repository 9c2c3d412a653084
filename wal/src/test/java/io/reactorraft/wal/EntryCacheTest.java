package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EntryCacheTest {

    @Test
    void theOldestGoWhenTheLimitIsReached() {
        EntryCache cache = new EntryCache(10 * 1_200);
        for (int i = 1; i <= 1_000; i++) {
            cache.append(Logs.entry(i, 1_000));
        }

        assertThat(cache.get(1_000)).isNotNull();
        assertThat(cache.get(992)).isNotNull();
        assertThat(cache.get(985)).isNull();
    }

    @Test
    void aCacheWithoutRoomHoldsNothingAndStillFollows() {
        EntryCache cache = new EntryCache(0);
        cache.append(Logs.entry(1, 10));
        cache.append(Logs.entry(2, 10));

        assertThat(cache.get(2)).isNull();
    }

    @Test
    void aTruncatedSuffixIsGoneAndReplaced() {
        EntryCache cache = new EntryCache(1 << 20);
        for (int i = 1; i <= 100; i++) {
            cache.append(Logs.entry(i, 10));
        }
        cache.truncate(40);
        assertThat(cache.get(41)).isNull();
        assertThat(cache.get(40)).isNotNull();

        cache.append(Logs.entry(41, 99));
        assertThat(cache.get(41)).isEqualTo(Logs.entry(41, 99));
    }

    @Test
    void truncationBeforeAllThatIsHeldEmptiesIt() {
        EntryCache cache = new EntryCache(3 * 200);
        for (int i = 1; i <= 20; i++) {
            cache.append(Logs.entry(i, 100));
        }
        cache.truncate(5);

        assertThat(cache.get(20)).isNull();
        cache.append(Logs.entry(6, 10));
        assertThat(cache.get(6)).isNotNull();
    }

    @Test
    void aCompactedPrefixIsGone() {
        EntryCache cache = new EntryCache(1 << 20);
        for (int i = 1; i <= 10; i++) {
            cache.append(Logs.entry(i, 10));
        }
        cache.compact(7);

        assertThat(cache.get(7)).isNull();
        assertThat(cache.get(8)).isNotNull();
    }

    @Test
    void itHandsOverARowUntilOneIsMissingOrDoesNotFit() {
        EntryCache cache = new EntryCache(1 << 20);
        for (int i = 5; i <= 10; i++) {
            cache.append(Logs.entry(i, 10));
        }
        EntryBudget all = new EntryBudget(0);
        cache.collect(5, 20, all);
        EntryBudget two = new EntryBudget(2L * Logs.entry(5, 10).getSerializedSize());
        cache.collect(6, 11, two);
        EntryBudget none = new EntryBudget(0);
        cache.collect(4, 11, none);

        assertThat(all.entries()).isEqualTo(Logs.entries(5, 10, 10));
        assertThat(two.entries()).isEqualTo(Logs.entries(6, 7, 10));
        assertThat(none.count()).isZero();
    }
}
