package io.reactorraft;

import org.jspecify.annotations.Nullable;

/**
 * A proposal that was committed by a quorum and applied.
 *
 * @param term the term of its entry
 * @param index the index of its entry
 * @param result what the state machine answered
 */
public record Applied<R extends @Nullable Object>(long term, long index, R result) {}
