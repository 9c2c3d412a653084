package io.reactorraft.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Many random histories, each from its seed. {@code -Dcore.simulation.seeds=N} runs more of them, {@code
 * -Dcore.simulation.first=S} begins elsewhere; a failure names its seed.
 */
class SimulationTest {

    private static final int STEPS = 4_000;

    private static LongStream seeds() {
        long first = Long.getLong("core.simulation.first", 0);
        return LongStream.range(first, first + Long.getLong("core.simulation.seeds", 150));
    }

    @Test
    void aFixedGroupNeverDisagreesAndComesToRest() {
        assertThat(run(false, false)).isPositive();
    }

    @Test
    void aFixedGroupWithAsynchronousDisksNeverDisagreesAndComesToRest() {
        assertThat(run(true, false)).isPositive();
    }

    @Test
    void aGroupWhoseMembersChangeNeverDisagreesAndComesToRest() {
        assertThat(run(false, true)).isPositive();
    }

    @Test
    void aGroupWhoseMembersChangeWithAsynchronousDisksNeverDisagreesAndComesToRest() {
        assertThat(run(true, true)).isPositive();
    }

    /** The same seed makes the same history: without it no failure could be looked into. */
    @Test
    void aSeedMakesTheSameHistoryAgain() {
        assertThat(history(7)).isEqualTo(history(7)).isNotEqualTo(history(8));
    }

    private static String history(long seed) {
        Simulation simulation = new Simulation(seed, true, true);
        simulation.run(STEPS);
        return simulation.describe();
    }

    /** How many entries were committed and reads answered in all. */
    private static long run(boolean async, boolean membershipChanges) {
        return seeds().map(seed -> {
                    Simulation simulation = new Simulation(seed, async, membershipChanges);
                    try {
                        simulation.run(STEPS);
                        simulation.healAndAgree();
                    } catch (RuntimeException broken) {
                        throw (AssertionError) simulation.failure("broke").initCause(broken);
                    }
                    return (long) simulation.committedEntries() * simulation.readsAnswered();
                })
                .sum();
    }
}
