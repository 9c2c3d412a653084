package io.reactorraft.simulation;

import io.reactorraft.testkit.FaultMode;
import org.jspecify.annotations.Nullable;

/** What {@link BrokenCore} calls in its own copy of this class. */
final class Suites {

    private Suites() {}

    /** What differs from what the script expects; null: nothing. */
    static @Nullable String script(String name, String text) {
        return ScriptRunner.run(new ScriptFile(name, text)).orElse(null);
    }

    /** What this seed violates; null: nothing. */
    static @Nullable String seed(String layer, String mode, long seed) {
        return Layer.valueOf(layer)
                .run(FaultMode.valueOf(mode), Campaign.nodesOf(seed, 0), seed, null)
                .violation();
    }
}
