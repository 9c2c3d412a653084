package io.reactorraft.wal;

import io.reactorraft.spi.DiskFullException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * The log's own thread: takes all that waits, writes it, syncs once, and tells everybody; what comes in the meantime is
 * the next batch (group commit).
 *
 * <p>The first failure of a write or a sync is the last: what reached the disk is unknown from there on, so all that waits
 * and all that comes fails with the same error, and no sync is tried again.
 */
final class WalThread {
    private static final Logger log = LoggerFactory.getLogger(WalThread.class);

    /** What waits is taken in batches: those at the front of one need not wait for ever more behind them. */
    private static final int MAX_BATCH = 1_024;

    /** How long it looks on for work before it parks, and how often in vain before it does no more. */
    private static final long PATIENCE_NANOS = 50_000;

    private static final int MAX_MISSES = 8;

    private final String name;
    private final int maxQueued;
    private final Life life;
    private final ConcurrentLinkedQueue<Work> queue = new ConcurrentLinkedQueue<>(); // no lock: loops add to it
    private final Thread thread;
    private final Work close = new Close();
    private final List<Work> batch = new ArrayList<>();
    private final List<Work> written = new ArrayList<>();
    private boolean mustSync;
    private int misses;

    /** Why nothing is taken any more; set once, before {@link #ended}. */
    private volatile @Nullable Throwable end;

    private volatile boolean ended;

    /** The thread is about to park, or has: whoever adds work wakes it. */
    private volatile boolean parks;

    /** How the thread's life begins and ends; both on the thread. */
    interface Life {
        WalWriter open() throws IOException;

        /** Work is done from here on. */
        void ready(WalWriter writer);

        /** The last thing the thread does; null: it was closed in order. */
        void ended(@Nullable Throwable failure);
    }

    WalThread(String name, int maxQueued, Life life) {
        this.name = name;
        this.maxQueued = maxQueued;
        this.life = life;
        this.thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Takes work, to be done after all that was taken before; from any thread. */
    Mono<Void> submit(Work work) {
        Throwable over = end;
        if (over != null) {
            return Mono.error(over);
        }
        if (work.take() > maxQueued) {
            work.leave();
            return Mono.error(new IllegalStateException(name + ": " + maxQueued
                    + " writes of this group wait already (maxQueuedWrites); this one was not taken"));
        }
        enqueue(work);
        return work.done();
    }

    /** Ends the thread once all that was taken is done. Idempotent. */
    void close() {
        enqueue(close);
    }

    private void enqueue(Work work) {
        queue.add(work);
        if (parks) {
            LockSupport.unpark(thread);
        }
        if (ended) {
            failQueued(); // nobody else looks any more
        }
    }

    private void run() {
        Throwable failure = null;
        try {
            WalWriter writer = life.open();
            try {
                life.ready(writer);
                while (!turn(writer)) {
                    // until closed
                }
            } catch (Throwable broken) {
                abandon(writer, broken);
                throw broken;
            }
            writer.close();
        } catch (Throwable broken) {
            failure = broken;
        }
        end = failure == null ? new IllegalStateException(name + " is closed") : failure;
        failBatch();
        ended = true;
        failQueued();
        life.ended(failure);
    }

    /** One batch; true where it was the last. */
    private boolean turn(WalWriter writer) throws IOException {
        batch.add(take());
        Work more;
        while (batch.size() <= MAX_BATCH && (more = queue.poll()) != null) {
            batch.add(more);
        }
        for (int i = 0; i < batch.size(); i++) { // no iterator: this goes on for each sync
            Work work = batch.get(i);
            if (work == close) {
                finish(writer);
                return true;
            }
            if (work.isBarrier()) {
                finish(writer);
            }
            write(writer, work);
            if (work.isBarrier()) {
                finish(writer);
            }
        }
        finish(writer);
        batch.clear();
        return false;
    }

    private void write(WalWriter writer, Work work) throws IOException {
        try {
            mustSync |= work.write(writer) == Work.Durability.SYNCED;
            written.add(work);
        } catch (IllegalArgumentException | DiskFullException refused) {
            work.leave();
            work.fail(refused);
        }
    }

    /** Makes what was written durable, then shows it and keeps the promises, in order. */
    private void finish(WalWriter writer) throws IOException {
        if (written.isEmpty()) {
            return;
        }
        writer.commit(mustSync);
        mustSync = false;
        for (int i = 0; i < written.size(); i++) {
            written.get(i).publish(writer);
        }
        writer.published();
        for (int i = 0; i < written.size(); i++) {
            Work work = written.get(i);
            work.leave();
            work.complete();
        }
        written.clear();
        if (Thread.interrupted()) {
            log.warn("{} was interrupted by a subscriber, and goes on", name); // an interrupt would close its files
        }
    }

    /** Closes files after a failure, which stays the one that is told. */
    private static void abandon(WalWriter writer, Throwable broken) {
        try {
            writer.abandon();
        } catch (IOException | RuntimeException alsoBroken) {
            broken.addSuppressed(alsoBroken);
        }
    }

    /**
     * A thread that parks wakes late, by as much as a small sync takes: so it looks on for a moment before, as long as that
     * pays off.
     */
    private Work take() {
        long began = System.nanoTime();
        if (misses < MAX_MISSES) {
            while (System.nanoTime() - began < PATIENCE_NANOS) {
                Work next = queue.poll();
                if (next != null) {
                    misses = 0;
                    return next;
                }
                Thread.onSpinWait();
            }
            misses++;
        }
        Work next = park();
        if (System.nanoTime() - began < 2 * PATIENCE_NANOS) {
            misses = 0;
        }
        return next;
    }

    private Work park() {
        parks = true; // before the last look: whoever adds behind it sees this
        Work next = queue.poll();
        while (next == null) {
            LockSupport.park(this);
            if (Thread.interrupted()) {
                // nobody of ours interrupts this thread, and nobody else's may end the log
                log.warn("{} was interrupted, and goes on", name);
            }
            next = queue.poll();
        }
        parks = false;
        return next;
    }

    private void failBatch() {
        for (Work work : batch) {
            fail(work);
        }
        batch.clear();
        written.clear();
    }

    private void failQueued() {
        for (Work work = queue.poll(); work != null; work = queue.poll()) {
            fail(work);
        }
    }

    private void fail(Work work) {
        Throwable why = end;
        if (work != close && why != null) {
            work.fail(why); // without effect on those that were told already
        }
    }

    /** The end of all work. */
    private static final class Close extends Work {
        Close() {
            super(new AtomicInteger());
        }

        @Override
        Durability write(WalWriter writer) {
            throw new AssertionError("closing writes nothing");
        }

        @Override
        void publish(WalWriter writer) {
            throw new AssertionError("closing shows nothing");
        }
    }
}
