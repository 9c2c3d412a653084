package io.reactorraft.testkit;

import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * One thread of a simulated process, {@link Incarnation}, in virtual time. What is handed to it takes a short while, by the dice, so
 * that threads overtake one another as real ones do; tasks of one worker keep their order.
 *
 * <p>Deterministic: everything runs on the thread that lets virtual time pass.
 */
final class VirtualScheduler implements Scheduler {

    /** The longest that handing a task over takes, unless the thread lags. */
    private static final long MAX_HOP_NANOS = 40_000;

    private final VirtualTime time;
    private final Incarnation process;
    private final Dice dice;
    private long lagNanos;
    private boolean disposed;

    VirtualScheduler(VirtualTime time, Incarnation process, Dice dice) {
        this.time = time;
        this.process = process;
        this.dice = dice;
    }

    /** Each task takes up to this much longer to get its turn: the thread is busy with something else. */
    void lag(long nanos) {
        lagNanos = nanos;
    }

    @Override
    public Disposable schedule(Runnable task) {
        return createWorker().schedule(task);
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
        return createWorker().schedule(task, delay, unit);
    }

    @Override
    public Disposable schedulePeriodically(Runnable task, long initialDelay, long period, TimeUnit unit) {
        return createWorker().schedulePeriodically(task, initialDelay, period, unit);
    }

    @Override
    public long now(TimeUnit unit) {
        return unit.convert(process.nanoTime(), TimeUnit.NANOSECONDS);
    }

    @Override
    public Worker createWorker() {
        return new Lane();
    }

    @Override
    public void dispose() {
        disposed = true;
    }

    @Override
    public boolean isDisposed() {
        return disposed;
    }

    /** A worker: first come, first served. */
    private final class Lane implements Worker {
        private final ArrayDeque<Task> inOrder = new ArrayDeque<>();
        private boolean closed;

        @Override
        public Disposable schedule(Runnable task) {
            Task queued = accept(task);
            inOrder.add(queued);
            happenAfter(dice.below(MAX_HOP_NANOS) + dice.below(lagNanos), this::runFirst);
            return queued;
        }

        @Override
        public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
            if (delay <= 0) {
                return schedule(task);
            }
            Task later = accept(task);
            happenAfter(process.realDelay(unit.toNanos(delay)) + dice.below(lagNanos), later);
            return later;
        }

        @Override
        public Disposable schedulePeriodically(Runnable task, long initialDelay, long period, TimeUnit unit) {
            Disposable.Swap next = Disposables.swap();
            Runnable again = new Runnable() {
                @Override
                public void run() {
                    task.run();
                    if (!next.isDisposed() && !closed && !disposed) {
                        next.replace(schedule(this, Math.max(1, unit.toNanos(period)), TimeUnit.NANOSECONDS));
                    }
                }
            };
            next.replace(schedule(again, initialDelay, unit));
            return next;
        }

        private Task accept(Runnable task) {
            if (closed || disposed) {
                throw new RejectedExecutionException("the worker is disposed");
            }
            return new Task(task);
        }

        private void runFirst() {
            Task first = inOrder.poll();
            if (first != null) {
                first.run();
            }
        }

        private void happenAfter(long nanos, Runnable task) {
            time.after(nanos, () -> happen(task));
        }

        private void happen(Runnable task) {
            long stopped = process.stoppedForNanos();
            if (process.dead()) {
                return;
            }
            if (stopped > 0) {
                happenAfter(stopped, task);
            } else {
                task.run();
            }
        }

        @Override
        public void dispose() {
            closed = true;
            inOrder.clear();
        }

        @Override
        public boolean isDisposed() {
            return closed;
        }

        private final class Task implements Runnable, Disposable {
            private final Runnable work;
            private boolean over;

            Task(Runnable work) {
                this.work = work;
            }

            @Override
            public void run() {
                if (!over && !closed) {
                    over = true;
                    work.run();
                }
            }

            @Override
            public void dispose() {
                over = true;
            }

            @Override
            public boolean isDisposed() {
                return over;
            }
        }
    }
}
