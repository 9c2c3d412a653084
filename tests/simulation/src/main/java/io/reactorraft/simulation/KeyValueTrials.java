package io.reactorraft.simulation;

import io.reactorraft.RaftConfig;
import io.reactorraft.testkit.FaultMode;
import io.reactorraft.testkit.KeyValueAnswer;
import io.reactorraft.testkit.KeyValueCall;
import io.reactorraft.testkit.KeyValueModel;
import io.reactorraft.testkit.SimulatedCluster;
import java.time.Duration;

/** Whole nodes around a key-value store, whose clients' history must be linearizable. */
final class KeyValueTrials {

    private KeyValueTrials() {}

    static SimulatedCluster<KeyValueCall, KeyValueAnswer> of(FaultMode mode, int nodes, long seed) {
        return SimulatedCluster.of(KeyValueMachine::new)
                .commands(KeyValueMachine::command)
                .queries(KeyValueMachine::query, KeyValueMachine::answer)
                .model(KeyValueModel.startingEmpty())
                .faults(mode)
                .nodes(nodes)
                .config(config(seed));
    }

    /** With leases and without, and limits that are reached now and then. */
    private static RaftConfig config(long seed) {
        RaftConfig config = RaftConfig.defaults()
                .withLeaseReads(seed % 2 == 0)
                .withProposeAllWindow(seed % 4 < 2 ? 8 : 256)
                .withMaxSessions(seed % 5 == 0 ? 4 : 10_000);
        config = seed % 3 == 0 ? config.withSessionTimeout(Duration.ofSeconds(2)) : config;
        config = seed % 4 == 1 ? oftenSnapshots(config) : config;
        config = seed % 5 == 1 ? config.withRequestTimeout(Duration.ofMillis(700)) : config;
        return seed % 7 == 0 ? config.withMaxPendingProposals(12).withMaxPendingReads(30) : config;
    }

    /** Followers that were away hardly ever find the log that they lack. */
    private static RaftConfig oftenSnapshots(RaftConfig config) {
        return config.withSnapshotEntries(25)
                .withSnapshotPause(Duration.ofMillis(200))
                .withKeepEntries(4);
    }
}
