package io.reactorraft.simulation;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs what may never end: once its time is over it is left alone, with the thread that it runs on. Such a thread cannot
 * be ended, and goes with the process. For one thread.
 */
final class Patience implements AutoCloseable {

    private ExecutorService worker = newWorker();

    private static ExecutorService newWorker() {
        return Executors.newSingleThreadExecutor(work -> {
            Thread thread = new Thread(work, "seeded-bug");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** What the work finds, or that it hangs, or how it broke. */
    Optional<String> with(Duration limit, Callable<Optional<String>> work) throws InterruptedException {
        Future<Optional<String>> found = worker.submit(work);
        try {
            return found.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException broken) {
            return Optional.of("broke: " + broken.getCause());
        } catch (TimeoutException endless) {
            worker.shutdownNow();
            worker = newWorker();
            return Optional.of("hangs: not done after " + limit.toSeconds() + " s");
        }
    }

    @Override
    public void close() {
        worker.shutdownNow();
    }
}
