package io.reactorraft.testkit;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How one seed went.
 *
 * @param events how many events happened
 * @param digest of all that happened: two runs of a seed have the same
 * @param counts of what happened
 * @param violation what must never have happened, with the instant; null: nothing
 */
public record SimulationReport(
        long seed,
        long events,
        long digest,
        Map<Happening, Long> counts,
        @Nullable String violation) {

    public SimulationReport {
        counts = Map.copyOf(counts);
    }

    /** How often it happened. */
    public long count(Happening happening) {
        return counts.getOrDefault(happening, 0L);
    }
}
