package io.reactorraft.testkit;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Records what concurrent clients ask and are told, in the order in which it happens.
 *
 * <p>Safe for any number of threads. Record an invocation before the request leaves and a return after the answer came,
 * or the history claims more than was observed.
 */
public final class History<I, O> {

    /** No history is longer, unless its maker says otherwise. */
    public static final int MAX_OPERATIONS = 1_000_000;

    private final int maxOperations;
    private final List<Call> calls = new ArrayList<>();
    private long time;

    /** An empty history of at most {@link #MAX_OPERATIONS}. */
    public History() {
        this(MAX_OPERATIONS);
    }

    /** An empty history of at most so many operations. */
    public History(int maxOperations) {
        this.maxOperations = maxOperations;
    }

    /** One operation under way. Left alone, its outcome stays unknown. */
    public final class Call {
        private final long client;
        private final I input;
        private final long invokedAt;
        private @Nullable O output;
        private long returnedAt = Operation.NEVER;
        private boolean withdrawn;

        private Call(long client, I input, long invokedAt) {
            this.client = client;
            this.input = input;
            this.invokedAt = invokedAt;
        }

        /** It was answered. */
        public void returned(O answer) {
            synchronized (History.this) {
                requireOpen();
                output = answer;
                returnedAt = time++;
            }
        }

        /** It is certain that it had no effect and never will: the history forgets it. */
        public void neverHappened() {
            synchronized (History.this) {
                requireOpen();
                withdrawn = true;
            }
        }

        private void requireOpen() {
            if (withdrawn || returnedAt != Operation.NEVER) {
                throw new IllegalStateException("the outcome was recorded already: " + input);
            }
        }
    }

    /**
     * A client asks.
     *
     * @throws IllegalStateException where the history is full
     */
    public synchronized Call invoke(long client, I input) {
        if (calls.size() >= maxOperations) {
            throw new IllegalStateException("the history is full: " + maxOperations + " operations");
        }
        Call call = new Call(client, input, time++);
        calls.add(call);
        return call;
    }

    /** What happened so far, in the order of invocation. */
    public synchronized List<Operation<I, O>> operations() {
        List<Operation<I, O>> operations = new ArrayList<>(calls.size());
        for (Call call : calls) {
            if (!call.withdrawn) {
                operations.add(new Operation<>(call.client, call.input, call.output, call.invokedAt, call.returnedAt));
            }
        }
        return operations;
    }
}
