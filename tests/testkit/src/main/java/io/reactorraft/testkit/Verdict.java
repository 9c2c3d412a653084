package io.reactorraft.testkit;

import java.util.List;

/**
 * Whether a history is linearizable, and if not, why.
 *
 * @param key where it fails or stays undecided; empty for a linearizable history
 * @param counterexample where it fails: operations that no order explains, whatever all others on the key did or did not
 *     do; taking any one answer away could explain the rest. In order of invocation
 * @param explanation the same for people; one line where the history is linearizable
 */
public record Verdict<I, O>(Outcome outcome, String key, List<Operation<I, O>> counterexample, String explanation) {

    /** What a check can end with. */
    public enum Outcome {
        /** Some order of the operations, each within its own time, explains every answer. */
        LINEARIZABLE,
        /** No order does. */
        NOT_LINEARIZABLE,
        /** The search reached its limit first. */
        UNDECIDED
    }

    /** Copies the list. */
    public Verdict {
        counterexample = List.copyOf(counterexample);
    }

    /** Whether the history is explained. */
    public boolean isLinearizable() {
        return outcome == Outcome.LINEARIZABLE;
    }
}
