package io.reactorraft.core;

import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.ConfState;
import org.jspecify.annotations.Nullable;

/**
 * The arithmetic of configurations (§6) without a node: for whoever must know, at an index of its own, what the changes up
 * to there have made of the group. A {@link RawNode} that applies the same changes comes to the same.
 */
public final class ConfStates {

    private ConfStates() {}

    /**
     * What a committed change makes of a configuration; null: it is not possible, and does nothing anywhere.
     *
     * @throws IllegalArgumentException where {@code before} contradicts itself
     */
    public static @Nullable ConfState after(ConfState before, ConfChangeV2 change) {
        ProgressTracker scratch = new ProgressTracker(1, 1);
        try {
            scratch.switchTo(Membership.restore(scratch, 0, before));
        } catch (InvalidChangeException contradictory) {
            throw new IllegalArgumentException("the configuration is not valid: " + contradictory.getMessage());
        }
        try {
            return ConfChanges.apply(change, new Membership(scratch, 0))
                    .configuration()
                    .toConfState();
        } catch (InvalidChangeException impossible) {
            return null;
        }
    }
}
