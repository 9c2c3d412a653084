package io.reactorraft.benchmarks;

import io.netty.buffer.ByteBuf;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the lines of a stream of server-sent events by what they begin with, however the bytes are cut.
 *
 * <p><b>Threads.</b> {@link #take} on one at a time, the rest on any.
 */
final class EventLines {
    private final AtomicInteger ids = new AtomicInteger();
    private final AtomicInteger data = new AtomicInteger();
    private boolean begins = true;

    EventLines take(ByteBuf bytes) {
        for (int at = bytes.readerIndex(); at < bytes.writerIndex(); at++) {
            byte read = bytes.getByte(at);
            if (begins && read == 'i') {
                ids.incrementAndGet();
            } else if (begins && read == 'd') {
                data.incrementAndGet();
            }
            begins = read == '\n';
        }
        return this;
    }

    /** Ids of events and bookmarks. */
    int ids() {
        return ids.get();
    }

    /** Events with data: changes, or values of leadership. */
    int data() {
        return data.get();
    }
}
