package io.reactorraft.testkit;

import org.jspecify.annotations.Nullable;

/**
 * What the object under test is supposed to be if one client used it alone. The checker asks whether a concurrent
 * history could have come from it.
 *
 * <p>Pure functions, called on the thread of the check.
 *
 * @param <S> the state of one key: immutable, with {@code equals} and {@code hashCode}
 * @param <I> what is asked
 * @param <O> what is answered
 */
public interface SequentialModel<S, I, O> {

    /** The state of every key before anything happened. */
    S initial();

    /**
     * The state after {@code input} was answered by {@code output} in {@code state}.
     *
     * @param output null: nobody knows the answer, so every answer is possible
     * @return null where this answer cannot be given in this state; never null where {@code output} is null
     */
    @Nullable
    S next(S state, I input, @Nullable O output);

    /** Operations on different keys do not affect one another, so that each key is checked for itself. */
    default String keyOf(I input) {
        return "";
    }

    /** Whether this input never changes the state; such an operation without an answer says nothing and is left out. */
    default boolean isReadOnly(I input) {
        return false;
    }
}
