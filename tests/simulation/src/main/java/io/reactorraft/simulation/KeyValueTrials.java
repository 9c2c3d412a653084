package io.reactorraft.simulation;

import io.reactorraft.testkit.FaultMode;
import io.reactorraft.testkit.KeyValueAnswer;
import io.reactorraft.testkit.KeyValueCall;
import io.reactorraft.testkit.KeyValueModel;
import io.reactorraft.testkit.SimulatedCluster;

/** Whole nodes around a key-value store, whose clients' history must be linearizable. */
final class KeyValueTrials {

    private KeyValueTrials() {}

    static SimulatedCluster<KeyValueCall, KeyValueAnswer> of(FaultMode mode, int nodes) {
        return SimulatedCluster.of(KeyValueMachine::new)
                .commands(KeyValueMachine::command)
                .queries(KeyValueMachine::query, KeyValueMachine::answer)
                .model(KeyValueModel.startingEmpty())
                .faults(mode)
                .nodes(nodes);
    }
}
