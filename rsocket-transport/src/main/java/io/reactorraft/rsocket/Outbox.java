package io.reactorraft.rsocket;

import io.netty.buffer.ByteBuf;
import io.reactorraft.proto.Message;
import io.rsocket.Payload;
import io.rsocket.util.ByteBufPayload;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.util.concurrent.Queues;

/**
 * The messages that wait for one peer in one lane, as the source of its channel. One for each connection and lane: what did not leave
 * when the connection is lost is lost with it, and Raft sends it again in its own way.
 *
 * <p><b>Threads.</b> {@link #offer} may be called from any thread and never waits. The subscriber is called on the
 * connection's event loop alone, which is woken once for all that was offered since it last looked.
 *
 * <p><b>Bounds.</b> Messages stay here, as objects, while the receiver has requested nothing or the connection is
 * congested. So the limits on their number and bytes are the limits on all that waits in this lane.
 *
 * <p>Written by hand because no operator merges what waits into batches at the moment there is demand for one.
 */
final class Outbox extends Flux<Payload> implements Subscription {

    private final FrameConnection connection;
    private final Lane lane;
    private final int maxMessages;
    private final long maxBytes;
    private final Queue<Message> queue =
            Queues.<Message>unboundedMultiproducer().get();
    private final AtomicInteger waitingMessages = new AtomicInteger();
    private final AtomicLong waitingBytes = new AtomicLong();
    private final AtomicInteger pendingDrains = new AtomicInteger();
    private final AtomicLong requested = new AtomicLong();
    private final AtomicBoolean subscribed = new AtomicBoolean();
    private final AtomicBoolean overflowed = new AtomicBoolean();
    private volatile boolean finishing;
    private volatile boolean cancelled;

    // The rest belongs to the event loop.
    private @Nullable CoreSubscriber<? super Payload> subscriber;
    private @Nullable Message next;
    private final List<Message> batch = new ArrayList<>();

    Outbox(FrameConnection connection, Lane lane, int maxMessages, long maxBytes) {
        this.connection = connection;
        this.lane = lane;
        this.maxMessages = maxMessages;
        this.maxBytes = maxBytes;
        connection.onRelief(lane, this::drainSoon);
    }

    /** Takes the message, or answers false where it would exceed a limit or the channel has ended. */
    boolean offer(Message message) {
        int bytes = Batch.sizeOf(message);
        if (cancelled || finishing) {
            return false;
        }
        if (waitingMessages.incrementAndGet() > maxMessages) {
            waitingMessages.decrementAndGet();
            return false;
        }
        if (waitingBytes.addAndGet(bytes) > maxBytes) {
            waitingMessages.decrementAndGet();
            waitingBytes.addAndGet(-bytes);
            return false;
        }
        queue.add(message);
        drainSoon();
        return true;
    }

    /** Whether this is the first overflow since something last left: one report is enough for all. */
    boolean firstOverflow() {
        return overflowed.compareAndSet(false, true);
    }

    /** Messages that wait. */
    int waitingMessages() {
        return waitingMessages.get();
    }

    /** Takes nothing more, and completes the channel once what waits has left. */
    void finish() {
        finishing = true;
        drainSoon();
    }

    @Override
    public void subscribe(CoreSubscriber<? super Payload> actual) {
        if (!subscribed.compareAndSet(false, true)) {
            Operators.error(actual, new IllegalStateException("an outbox feeds one channel alone"));
            return;
        }
        connection.execute(() -> {
            subscriber = actual;
            actual.onSubscribe(this);
        });
    }

    @Override
    public void request(long n) {
        if (Operators.validate(n)) {
            requested.accumulateAndGet(n, Operators::addCap);
            drainSoon();
        }
    }

    @Override
    public void cancel() {
        cancelled = true;
        drainSoon();
    }

    private void drainSoon() {
        if (pendingDrains.getAndIncrement() == 0) {
            connection.execute(this::drain);
        }
    }

    private void drain() {
        int seen = pendingDrains.get();
        do {
            try {
                drainOnce();
            } catch (Throwable broken) {
                // Out of direct memory, for instance: a channel that is stuck must not look alive.
                cancelled = true;
                batch.clear();
                discard();
                connection.fail(broken);
            }
            seen = pendingDrains.addAndGet(-seen);
        } while (seen != 0);
    }

    private void drainOnce() {
        CoreSubscriber<? super Payload> channel = subscriber;
        while (!cancelled && channel != null && requested.get() > 0 && !connection.congested(lane)) {
            Payload payload = nextBatch();
            if (payload == null) {
                break;
            }
            if (requested.get() != Long.MAX_VALUE) {
                requested.decrementAndGet();
            }
            overflowed.set(false);
            connection.send(lane, () -> channel.onNext(payload));
        }
        if (cancelled) {
            discard();
        } else if (finishing && channel != null && next == null && queue.isEmpty()) {
            cancelled = true;
            connection.send(lane, channel::onComplete);
        }
    }

    private @Nullable Payload nextBatch() {
        int bytes = 0;
        Message message;
        while ((message = peek()) != null) {
            int size = Batch.sizeOf(message);
            if (bytes > 0 && bytes + size > Batch.FULL_BYTES) {
                break;
            }
            next = null;
            bytes += size;
            batch.add(message);
        }
        if (batch.isEmpty()) {
            return null;
        }
        ByteBuf buffer = Batch.encode(batch, bytes, connection.alloc());
        waitingMessages.addAndGet(-batch.size());
        waitingBytes.addAndGet(-bytes);
        batch.clear();
        return ByteBufPayload.create(buffer);
    }

    private @Nullable Message peek() {
        if (next == null) {
            next = queue.poll();
        }
        return next;
    }

    private void discard() {
        next = null;
        while (queue.poll() != null) {
            // Lost with the connection; its owner reports the peer unreachable.
        }
        waitingMessages.set(0);
        waitingBytes.set(0);
    }
}
