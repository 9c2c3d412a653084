package io.reactorraft.testkit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Lowe's memory of a search: which operations had been taken when it reached which state.
 *
 * <p>With the same answered operations taken and the same state, whoever has used up fewer of the open ones can do all
 * that the other can, so only the smallest sets of those are kept and compared with. Not for several threads.
 */
final class Explored<S> {

    private final Map<Place, List<BitSet>> smallest = new HashMap<>();

    /** The answered operations as bits, without the leading words in which all are taken. */
    private static final class Place {
        private final int skippedWords;
        private final long[] words;
        private final Object state;
        private final int hash;

        Place(BitSet answered, Object state) {
            this.skippedWords = answered.nextClearBit(0) / Long.SIZE;
            long[] all = answered.toLongArray();
            this.words = Arrays.copyOfRange(all, Math.min(skippedWords, all.length), all.length);
            this.state = state;
            this.hash = 31 * (31 * Arrays.hashCode(words) + skippedWords) + state.hashCode();
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Place place
                    && hash == place.hash
                    && skippedWords == place.skippedWords
                    && Arrays.equals(words, place.words)
                    && state.equals(place.state);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    /** Whether nothing as good was here before; if so, takes note of it. The set of open ones must not change later. */
    boolean isNew(BitSet answered, BitSet open, S state) {
        List<BitSet> known = smallest.computeIfAbsent(new Place(answered, state), place -> new ArrayList<>(1));
        for (BitSet smaller : known) {
            if (isWithin(smaller, open)) {
                return false;
            }
        }
        known.removeIf(larger -> isWithin(open, larger));
        known.add(open);
        return true;
    }

    private static boolean isWithin(BitSet inner, BitSet outer) {
        for (int bit = inner.nextSetBit(0); bit >= 0; bit = inner.nextSetBit(bit + 1)) {
            if (!outer.get(bit)) {
                return false;
            }
        }
        return true;
    }
}
