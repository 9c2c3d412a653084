package io.reactorraft.benchmarks;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * What the driver saw within the measured window.
 *
 * @param operations completions
 * @param nanos how long the window was
 * @param errors operations that failed
 * @param firstError the first failure since the driver began, {@code -}: none
 * @param latencies of the completions, in nanoseconds
 */
record LoadResult(long operations, long nanos, long errors, String firstError, Histogram latencies) {

    /** Latencies in microseconds, as the yardstick names them. */
    ResultLine line() {
        double seconds = nanos / (double) TimeUnit.SECONDS.toNanos(1);
        return ResultLine.empty()
                .with("ops", operations)
                .with("secs", seconds, 3)
                .with("errors", errors)
                .with("mean", operations == 0 ? Double.NaN : latencies.getMean() / 1e3, 1)
                .with("p50", micros(50), 1)
                .with("p90", micros(90), 1)
                .with("p99", micros(99), 1)
                .with("p999", micros(99.9), 1)
                .with("max", operations == 0 ? Double.NaN : latencies.getMaxValue() / 1e3, 1)
                .with("firstError", firstError);
    }

    private double micros(double percentile) {
        return operations == 0 ? Double.NaN : latencies.getValueAtPercentile(percentile) / 1e3;
    }
}
