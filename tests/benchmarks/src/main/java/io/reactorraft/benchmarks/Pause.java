package io.reactorraft.benchmarks;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Lets time pass on the calling thread; tests let something else happen instead. */
@FunctionalInterface
interface Pause {

    /** The clock on the wall. */
    Pause REAL = duration -> TimeUnit.NANOSECONDS.sleep(duration.toNanos());

    void pass(Duration duration) throws InterruptedException;
}
