package io.reactorraft;

import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.scheduler.Scheduler;
import reactor.util.concurrent.Queues;

/**
 * Tasks of many threads, run one after another on one worker, in the order in which they came. Waking the worker costs
 * one hop a burst, not one a task.
 *
 * <p>It holds whatever its callers post; each of them bounds what it has outstanding.
 */
final class SerialQueue {
    private static final Logger LOG = LoggerFactory.getLogger(SerialQueue.class);

    private final Queue<Runnable> tasks =
            Queues.<Runnable>unboundedMultiproducer().get();
    private final AtomicInteger pending = new AtomicInteger();
    private final Scheduler.Worker worker;
    private volatile boolean ended;
    private volatile @Nullable Thread runner;
    private volatile long done;

    SerialQueue(Scheduler scheduler) {
        this.worker = scheduler.createWorker();
    }

    /** Runs the task on the worker; after {@link #end}, where it is: nobody is left to wait for. */
    void post(Runnable task) {
        tasks.add(task);
        if (pending.getAndIncrement() == 0) {
            try {
                worker.schedule(this::drain);
            } catch (RejectedExecutionException ended) {
                drain();
            }
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one drain at a time
    private void drain() {
        int seen = pending.get();
        runner = Thread.currentThread();
        do {
            Runnable task;
            while ((task = tasks.poll()) != null) {
                run(task);
                done++;
            }
            seen = pending.addAndGet(-seen);
        } while (seen != 0);
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (Throwable failed) { // a subscriber's own failure must not silence the others
            LOG.error("a task failed; those behind it go on", failed);
        }
    }

    /** Gives up the worker, and whatever {@code andThen} does, once everything posted so far has run. */
    void end(Runnable andThen) {
        post(() -> {
            ended = true;
            worker.dispose();
            andThen.run();
        });
    }

    /** About how many tasks wait. */
    int backlog() {
        return pending.get();
    }

    /** How many tasks have run: where it stands still and some wait, one of them blocks. */
    long done() {
        return done;
    }

    /** The thread that ran, or runs, the latest tasks. */
    @Nullable
    Thread runner() {
        return runner;
    }

    boolean ended() {
        return ended;
    }
}
