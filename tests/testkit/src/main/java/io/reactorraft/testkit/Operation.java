package io.reactorraft.testkit;

import org.jspecify.annotations.Nullable;

/**
 * One call of one client: what was asked, what was answered, and between which two moments it took effect.
 *
 * <p>Times are of any clock or counter that orders the events of a history; only their order counts. A value; safe for
 * any thread.
 *
 * @param client who asked; for people, no rule depends on it
 * @param output null where no answer came: then it may have taken effect at any time after {@code invokedAt}, or never
 * @param invokedAt when it was asked
 * @param returnedAt when it was answered; {@link #NEVER} where {@code output} is null
 */
public record Operation<I, O>(
        long client, I input, @Nullable O output, long invokedAt, long returnedAt) {

    /** {@link #returnedAt} of an operation whose outcome is unknown. */
    public static final long NEVER = Long.MAX_VALUE;

    /** Checks that time does not run backwards and that exactly the answered operations have returned. */
    public Operation {
        if (invokedAt >= returnedAt) {
            throw new IllegalArgumentException(
                    "returned at " + returnedAt + ", not after its invocation at " + invokedAt + ": " + input);
        }
        if ((output == null) != (returnedAt == NEVER)) {
            throw new IllegalArgumentException(
                    "an operation has an output exactly if it returned: " + input + ", " + output);
        }
    }

    /** Whether its outcome is unknown. */
    public boolean isOpen() {
        return returnedAt == NEVER;
    }

    /** The same call, of whose answer nothing is known. */
    Operation<I, O> opened() {
        return new Operation<>(client, input, null, invokedAt, NEVER);
    }

    /** As in {@code client 3: put(k, 1) -> done, from 12 to 15}. */
    @Override
    public String toString() {
        return "client " + client + ": " + input
                + (isOpen()
                        ? " -> unknown, from " + invokedAt
                        : " -> " + output + ", from " + invokedAt + " to " + returnedAt);
    }
}
