package io.reactorraft.core;

import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import java.util.function.ToLongFunction;

/** Turns the screws of a core that only scripts may turn. */
public final class ScriptedCore {

    private ScriptedCore() {}

    /** A core with an empty HardState whose limits in bytes count entries by {@code entrySize}. */
    public static RawNode node(
            CoreConfig config, LogView log, ToLongFunction<Entry> entrySize, ConfState confState, long applied) {
        return new RawNode(config, log, HardState.getDefaultInstance(), confState, applied, entrySize::applyAsLong);
    }

    /** How long this node waits for a leader from now on, in ticks, until it takes another role or term. */
    public static void randomizedElectionTimeout(RawNode node, int ticks) {
        node.randomizedElectionTimeout(ticks);
    }
}
