package io.reactorraft;

import io.reactorraft.core.RawNode;
import io.reactorraft.proto.Message;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import reactor.util.concurrent.Queues;

/**
 * Everything that other threads want of the core, in the order in which it came.
 *
 * <p>Messages from peers are bounded by {@link #MAX_MESSAGES} and {@link #MAX_BYTES}: over it the newest is refused,
 * which to Raft is a lost message. All other events are bounded by what they answer: one response for each storage work
 * under way, one tick at a time.
 *
 * <p><b>Threads.</b> Any thread offers; the loop alone takes.
 */
final class Inbox {

    /** Messages from peers that may wait for the loop. */
    static final int MAX_MESSAGES = 16_384;

    /** Bytes of the messages from peers that may wait for the loop. */
    static final long MAX_BYTES = 64L << 20;

    private final Queue<Event> events = Queues.<Event>unboundedMultiproducer().get();
    private final AtomicInteger messages = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();

    /** What happens to the core on the loop's thread. */
    @FunctionalInterface
    interface Event {
        void happenTo(RawNode core);
    }

    /** Takes an event that is bounded by its origin. */
    void offer(Event event) {
        events.add(event);
    }

    /** Takes a message from a peer, or refuses it because too many wait. */
    boolean offerMessage(Message message) {
        int size = message.getSerializedSize();
        if (messages.incrementAndGet() > MAX_MESSAGES) {
            messages.decrementAndGet();
            return false;
        }
        if (bytes.addAndGet(size) > MAX_BYTES) {
            release(size);
            return false;
        }
        events.add(core -> {
            release(size);
            core.step(message);
        });
        return true;
    }

    @Nullable
    Event poll() {
        return events.poll();
    }

    private void release(int size) {
        messages.decrementAndGet();
        bytes.addAndGet(-size);
    }
}
