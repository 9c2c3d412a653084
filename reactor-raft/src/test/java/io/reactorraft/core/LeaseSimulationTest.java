package io.reactorraft.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Thesis §6.4.1: nobody commits behind the back of a leader with a lease. {@code -Dcore.lease.seeds=N} runs more histories, a
 * failure names its seed.
 */
class LeaseSimulationTest {

    private static final int STEPS = 6_000;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whoHoldsALeaseKnowsAllThatIsCommitted(boolean membershipChanges) {
        long held = 0;
        long tested = 0;
        for (long seed :
                LongStream.range(0, Long.getLong("core.lease.seeds", 60)).toArray()) {
            LeaseSimulation simulation = new LeaseSimulation(seed, membershipChanges);
            simulation.run(STEPS);
            held += simulation.leaseHeld();
            tested += simulation.leaseHeldBesideALaterTerm();
        }
        assertThat(held).as("steps with a lease").isGreaterThan(10_000);
        assertThat(tested).as("of those, beside a node of a later term").isGreaterThan(100);
    }
}
