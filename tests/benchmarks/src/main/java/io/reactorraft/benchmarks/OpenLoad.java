package io.reactorraft.benchmarks;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Open-loop load: an operation begins when it is due, whatever became of the earlier ones, and its latency counts from the
 * moment it was due. Each belongs to the phase in which it was due.
 *
 * <p><b>Threads.</b> {@link #begin}, {@link #enter} and {@link #close} belong to one caller; completions may arrive on any
 * thread.
 */
final class OpenLoad implements AutoCloseable {

    /** An operation that takes longer than this is late. */
    static final Duration IN_TIME = Duration.ofSeconds(1);

    private static final Duration LAST_ANSWERS = Duration.ofSeconds(13);
    private static final Duration POLL = Duration.ofMillis(10);

    private final Supplier<? extends Mono<?>> operation;
    private final double perSecond;
    private final int maxOutstanding;
    private final AtomicInteger outstanding = new AtomicInteger();
    private final AtomicLong lastAcknowledged = new AtomicLong();
    private final AtomicLong acknowledged = new AtomicLong();
    private final Thread issuer = new Thread(this::issueAll, "open-load");
    private volatile Phase phase = new Phase("begin");
    private volatile boolean stopped;

    /** What became of the operations that were due while it lasted. */
    static final class Phase {
        private final String name;
        private final Recorder latencies = new Recorder(LoadDriver.LONGEST.toNanos(), 3);
        private final LongAdder due = new LongAdder();
        private final LongAdder inTime = new LongAdder();
        private final LongAdder late = new LongAdder();
        private final LongAdder failed = new LongAdder();
        private final AtomicLong longestGapNanos = new AtomicLong();
        private volatile @Nullable String firstError;

        Phase(String name) {
            this.name = name;
        }

        /** Of all of these; without their latencies. */
        static Phase sum(List<Phase> phases) {
            Phase all = new Phase("all");
            for (Phase each : phases) {
                all.due.add(each.due.sum());
                all.inTime.add(each.inTime.sum());
                all.late.add(each.late.sum());
                all.gap(each.longestGapNanos.get());
            }
            return all;
        }

        /** Acknowledged within {@link #IN_TIME} of when they were due, of all that were due. */
        double inTimeShare() {
            return inTime.sum() / (double) due.sum();
        }

        /** Acknowledged at all, of all that were due. */
        double acknowledgedShare() {
            return (inTime.sum() + late.sum()) / (double) due.sum();
        }

        long failed() {
            return failed.sum();
        }

        /** Whether every operation that was due has an outcome; of a phase that has ended. */
        boolean isOver() {
            return inTime.sum() + late.sum() + failed.sum() >= due.sum();
        }

        /** The longest that nothing at all was acknowledged. */
        double longestGapMillis() {
            return longestGapNanos.get() / 1e6;
        }

        private void gap(long nanos) {
            longestGapNanos.accumulateAndGet(nanos, Math::max);
        }

        /** Takes the latencies with it: to be called once. */
        ResultLine line() {
            Histogram histogram = latencies.getIntervalHistogram();
            return ResultLine.empty()
                    .with("phase", name)
                    .with("due", due.sum())
                    .with("inTime", inTime.sum())
                    .with("late", late.sum())
                    .with("failed", failed.sum())
                    .with("inTimeShare", inTimeShare(), 4)
                    .with("p50", histogram.getValueAtPercentile(50) / 1e3, 0)
                    .with("p99", histogram.getValueAtPercentile(99) / 1e3, 0)
                    .with("max", histogram.getMaxValue() / 1e3, 0)
                    .with("longestGapMs", longestGapMillis(), 0)
                    .with("firstError", String.valueOf(firstError));
        }
    }

    /** @param maxOutstanding beyond this an operation that is due fails without being begun */
    OpenLoad(Supplier<? extends Mono<?>> operation, double perSecond, int maxOutstanding) {
        this.operation = operation;
        this.perSecond = perSecond;
        this.maxOutstanding = maxOutstanding;
    }

    void begin() {
        lastAcknowledged.set(System.nanoTime());
        issuer.setDaemon(true);
        issuer.start();
    }

    /** What is due from now on belongs to another phase. */
    Phase enter(String name) {
        Phase next = new Phase(name);
        phase.gap(System.nanoTime() - lastAcknowledged.get());
        phase = next;
        return next;
    }

    /** As {@link #enter}; returns what became of the phase before, once that is known of all of it. */
    Phase leave(String next) throws InterruptedException {
        Phase left = phase;
        enter(next);
        awaitOutcomes(left::isOver);
        return left;
    }

    private static void awaitOutcomes(BooleanSupplier over) throws InterruptedException {
        long end = System.nanoTime() + LAST_ANSWERS.toNanos();
        while (!over.getAsBoolean() && System.nanoTime() < end) {
            Pause.REAL.pass(POLL);
        }
    }

    /** Acknowledged since it began. */
    long acknowledged() {
        return acknowledged.get();
    }

    private void issueAll() {
        double nanosEach = TimeUnit.SECONDS.toNanos(1) / perSecond;
        long begun = System.nanoTime();
        long issued = 0;
        try {
            while (!stopped) {
                long due = (long) ((System.nanoTime() - begun) / nanosEach);
                for (; issued < due; issued++) {
                    issue(begun + (long) (issued * nanosEach));
                }
                TimeUnit.MICROSECONDS.sleep(500);
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private void issue(long dueAt) {
        Phase own = phase;
        own.due.increment();
        if (outstanding.incrementAndGet() > maxOutstanding) {
            fail(own, new BenchmarkException(maxOutstanding + " operations are outstanding"));
            return;
        }
        Mono.defer(operation).subscribe(done -> {}, failed -> fail(own, failed), () -> succeed(own, dueAt));
    }

    private void fail(Phase own, Throwable why) {
        outstanding.decrementAndGet();
        own.failed.increment();
        if (own.firstError == null) {
            own.firstError = why.toString();
        }
    }

    private void succeed(Phase own, long dueAt) {
        outstanding.decrementAndGet();
        acknowledged.incrementAndGet();
        long now = System.nanoTime();
        long took = now - dueAt;
        own.latencies.recordValue(Math.min(Math.max(0, took), LoadDriver.LONGEST.toNanos()));
        (took <= IN_TIME.toNanos() ? own.inTime : own.late).increment();
        phase.gap(now - lastAcknowledged.getAndAccumulate(now, Math::max));
    }

    /** Nothing more is begun; returns once what was begun is over, or given up. */
    void stop() throws InterruptedException {
        stopped = true;
        issuer.join();
        awaitOutcomes(() -> outstanding.get() == 0);
    }

    @Override
    public void close() {
        stopped = true;
    }
}
