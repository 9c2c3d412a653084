package io.reactorraft.testkit;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * All chance of a simulation: a seed gives one sequence, on every JVM.
 *
 * <p>The generator is spelled out here (SplitMix64, of Steele, Lea and Flood), so that no release of the JDK changes what
 * a seed means.
 */
final class Dice implements RandomGenerator {
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private long state;

    Dice(long seed) {
        state = seed;
    }

    /** Independent dice: what they show does not change how often these are thrown later. */
    Dice fork(long salt) {
        return new Dice(mix(state ^ mix(salt * GOLDEN_GAMMA + 1)));
    }

    @Override
    public long nextLong() {
        state += GOLDEN_GAMMA;
        return mix(state);
    }

    private static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** At least 0, less than {@code bound}; a bound of 0 or less gives 0. */
    long below(long bound) {
        return bound <= 0 ? 0 : Long.remainderUnsigned(nextLong(), bound);
    }

    /** At least {@code low}, at most {@code high}. */
    long between(long low, long high) {
        return low + below(high - low + 1);
    }

    /** True this often in a thousand. */
    boolean permille(int chance) {
        return below(1000) < chance;
    }

    <T> T oneOf(List<T> some) {
        return some.get((int) below(some.size()));
    }
}
