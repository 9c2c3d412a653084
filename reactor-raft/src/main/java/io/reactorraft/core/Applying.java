package io.reactorraft.core;

import java.util.ArrayDeque;

/**
 * What the applier was given, and what it has done.
 *
 * <p>Invariant: {@code applied <= handedOut <= commit}. What was handed out and is not applied yet is bounded in bytes;
 * the batch that crosses the limit is the last one until the applier reports.
 */
final class Applying {

    private record Batch(long last, long bytes) {}

    private final long maxBytes;
    private final ArrayDeque<Batch> outstanding = new ArrayDeque<>();
    private long outstandingBytes;
    private boolean paused;

    /** The end of the last range handed out: until it is applied nothing follows, whatever else is reported. */
    private long endOfRange;

    private long handedOut;
    private long applied;

    Applying(long maxBytes, long applied) {
        this.maxBytes = maxBytes;
        this.handedOut = applied;
        this.applied = applied;
    }

    /** The last index given to the applier. */
    long handedOut() {
        return handedOut;
    }

    /** The last index the applier reported. */
    long applied() {
        return applied;
    }

    boolean isPaused() {
        return paused;
    }

    /** How many bytes more may be handed out; positive unless paused. */
    long budget() {
        return maxBytes - outstandingBytes;
    }

    /**
     * A batch leaves for the applier.
     *
     * @param cutShort whether more could be applied already and was held back by the limit
     */
    void handOut(long last, long bytes, boolean cutShort) {
        handedOut = last;
        outstanding.add(new Batch(last, bytes));
        outstandingBytes += bytes;
        paused = cutShort || outstandingBytes >= maxBytes;
    }

    /** A range leaves whose size nobody here knows: it uses up the whole budget. */
    void handOutRange(long last) {
        endOfRange = last;
        handOut(last, Math.max(budget(), 0), true);
    }

    /** Whether a batch that ends at this index was handed out and not reported yet. */
    boolean isOutstanding(long last) {
        for (Batch batch : outstanding) {
            if (batch.last == last) {
                return true;
            }
        }
        return false;
    }

    /** The applier reports the batch that ends at {@code last}, and with it all before. */
    void completed(long last) {
        while (!outstanding.isEmpty() && outstanding.getFirst().last <= last) {
            outstandingBytes -= outstanding.removeFirst().bytes;
        }
        appliedTo(last);
    }

    /** The state machine is at {@code index}, by whatever way. */
    void appliedTo(long index) {
        applied = Math.max(applied, index);
        handedOut = Math.max(handedOut, applied);
        paused = outstandingBytes >= maxBytes || applied < endOfRange;
    }
}
