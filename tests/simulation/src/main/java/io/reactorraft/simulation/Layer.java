package io.reactorraft.simulation;

import io.reactorraft.testkit.CoreCluster;
import io.reactorraft.testkit.FaultMode;
import io.reactorraft.testkit.SimulatedCluster;
import io.reactorraft.testkit.SimulationReport;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a simulated cluster is made of. */
enum Layer {
    /** Whole nodes with their runtime, and clients of a key-value store. */
    NODES {
        @Override
        SimulationReport run(FaultMode mode, int nodes, long seed, @Nullable Consumer<String> listener) {
            var trials = KeyValueTrials.of(mode, nodes, seed);
            return (listener == null ? trials : trials.tellingTo(listener)).run(seed);
        }
    },
    /** The same, whose members come and go. */
    MEMBERS {
        @Override
        SimulationReport run(FaultMode mode, int nodes, long seed, @Nullable Consumer<String> listener) {
            var trials = KeyValueTrials.of(mode, nodes, seed).changingMembers();
            return (listener == null ? trials : trials.tellingTo(listener)).run(seed);
        }
    },
    /** Bare cores, with membership changes, snapshots, transfers and lost disks. */
    CORES {
        @Override
        SimulationReport run(FaultMode mode, int nodes, long seed, @Nullable Consumer<String> listener) {
            return CoreCluster.run(mode, nodes, seed, listener);
        }
    };

    /** One seed. */
    abstract SimulationReport run(FaultMode mode, int nodes, long seed, @Nullable Consumer<String> listener);

    /** A seed with fewer events proves nothing. */
    static final long LEAST_EVENTS = SimulatedCluster.LEAST_EVENTS;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
