package io.reactorraft.benchmarks;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.HdrHistogram.Recorder;
import reactor.core.publisher.Mono;

/**
 * Closed-loop load: one issuing thread keeps so many operations in flight. A completion records its latency and gives
 * its permit back, and nothing else, so that next to nothing of the driver runs on the node's own threads.
 *
 * <p><b>Threads.</b> {@link #run} belongs to one caller at a time; completions may arrive on any thread.
 */
final class LoadDriver {

    /** The longest latency that is told apart from longer ones. */
    static final Duration LONGEST = Duration.ofSeconds(60);

    /** How long operations may take to complete once no more are issued. */
    static final Duration DRAIN = Duration.ofSeconds(20);

    private static final Duration DRAIN_STEP = Duration.ofMillis(10);
    private static final String NO_ERROR = "-";
    private static final long STOP_CHECK_MILLIS = 100;

    private final Supplier<? extends Mono<?>> operation;
    private final Pause pause;
    private final Recorder latencies = new Recorder(LONGEST.toNanos(), 3);
    private final LongAdder completed = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private volatile String firstError = NO_ERROR;
    private volatile boolean measuring;
    private volatile boolean stopped;

    /** @param operation makes the next operation; called and subscribed on the issuing thread */
    LoadDriver(Supplier<? extends Mono<?>> operation, Pause pause) {
        this.operation = operation;
        this.pause = pause;
    }

    /**
     * Loads for {@code settle}, calls {@code onMeasure}, and measures for {@code window}.
     *
     * @throws BenchmarkException where what is in flight at the end does not complete
     */
    LoadResult run(int inFlight, Duration settle, Duration window, Runnable onMeasure) throws InterruptedException {
        Semaphore permits = new Semaphore(inFlight);
        stopped = false;
        Thread issuer = new Thread(() -> issueAll(permits), "load-driver");
        issuer.setDaemon(true);
        issuer.start();
        LoadResult result;
        try {
            pause.pass(settle);
            onMeasure.run();
            result = measure(window);
        } finally {
            stopped = true;
            issuer.join();
        }
        drain(permits, inFlight);
        return result;
    }

    private void drain(Semaphore permits, int inFlight) throws InterruptedException {
        for (long step = 0; !permits.tryAcquire(inFlight); step++) {
            if (step * DRAIN_STEP.toMillis() >= DRAIN.toMillis()) {
                throw new BenchmarkException(inFlight - permits.availablePermits() + " of " + inFlight
                        + " operations had no outcome " + DRAIN.toSeconds()
                        + " s after the last was issued; first error: " + firstError);
            }
            pause.pass(DRAIN_STEP);
        }
    }

    private LoadResult measure(Duration window) throws InterruptedException {
        latencies.reset();
        long operationsBefore = completed.sum();
        long errorsBefore = failed.sum();
        long begin = System.nanoTime();
        measuring = true;
        pause.pass(window);
        measuring = false;
        long operations = completed.sum() - operationsBefore;
        long nanos = System.nanoTime() - begin;
        return new LoadResult(
                operations, nanos, failed.sum() - errorsBefore, firstError, latencies.getIntervalHistogram());
    }

    private void issueAll(Semaphore permits) {
        long failures = failed.sum();
        try {
            while (!stopped) {
                if (permits.tryAcquire() || permits.tryAcquire(STOP_CHECK_MILLIS, TimeUnit.MILLISECONDS)) {
                    issue(permits);
                    long now = failed.sum();
                    if (now != failures) { // refused: give way instead of spinning
                        failures = now;
                        TimeUnit.MILLISECONDS.sleep(1);
                    }
                }
            }
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
        }
    }

    private void issue(Semaphore permits) {
        long begin = System.nanoTime();
        Mono<?> next;
        try {
            next = operation.get();
        } catch (RuntimeException refused) {
            next = Mono.error(refused);
        }
        next.subscribe(
                result -> {},
                error -> {
                    failed.increment();
                    note(error);
                    permits.release();
                },
                () -> {
                    if (measuring) {
                        latencies.recordValue(Math.min(System.nanoTime() - begin, LONGEST.toNanos()));
                    }
                    completed.increment();
                    permits.release();
                });
    }

    private synchronized void note(Throwable error) {
        if (firstError.equals(NO_ERROR)) {
            firstError = error.toString();
        }
    }
}
