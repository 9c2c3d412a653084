package io.reactorraft.core;

import java.util.Arrays;

/**
 * The append messages that are on their way to one follower: a window, bounded in messages and in bytes.
 *
 * <p>Each message is known by the index of its last entry; an acknowledgement of an index settles all messages up to it.
 * The limit in bytes is soft: the message that crosses it is still sent.
 *
 * <p>Invariant: indexes grow from the oldest message to the newest.
 */
final class Inflights {

    private static final int FIRST_CAPACITY = 16;

    private final int maxMessages;
    private final long maxBytes;

    /** A ring: the oldest message stands at {@code start}. It grows on demand, up to {@code maxMessages}. */
    private long[] indexes = new long[0];

    private long[] sizes = new long[0];
    private int start;
    private int count;
    private long bytes;

    /** {@code maxBytes} 0: no limit. */
    Inflights(int maxMessages, long maxBytes) {
        this.maxMessages = maxMessages;
        this.maxBytes = maxBytes;
    }

    /** A message whose last entry is {@code index} leaves. The window must not be full. */
    void add(long index, long size) {
        if (isFull()) {
            throw new BrokenInvariantException("append to a follower beyond its window of " + maxMessages
                    + " messages: paused followers must not be sent to");
        }
        if (count == indexes.length) {
            grow();
        }
        int position = (start + count) % indexes.length;
        indexes[position] = index;
        sizes[position] = size;
        count++;
        bytes += size;
    }

    /** Everything up to {@code index} has arrived. */
    void freeUpTo(long index) {
        while (count > 0 && indexes[start] <= index) {
            bytes -= sizes[start];
            start = (start + 1) % indexes.length;
            count--;
        }
    }

    /** Forgets all of them: they were lost, or no longer matter. */
    void reset() {
        start = 0;
        count = 0;
        bytes = 0;
    }

    boolean isFull() {
        return count == maxMessages || (maxBytes != 0 && bytes >= maxBytes);
    }

    int count() {
        return count;
    }

    private void grow() {
        int capacity = Math.min(maxMessages, Math.max(FIRST_CAPACITY, indexes.length * 2));
        indexes = unrolled(indexes, capacity);
        sizes = unrolled(sizes, capacity);
        start = 0;
    }

    private long[] unrolled(long[] ring, int capacity) {
        long[] grown = Arrays.copyOfRange(ring, start, start + capacity);
        // The part that had wrapped around follows the part that had not.
        int tail = ring.length - start;
        System.arraycopy(ring, 0, grown, tail, start);
        return grown;
    }
}
