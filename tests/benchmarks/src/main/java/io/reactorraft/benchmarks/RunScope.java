package io.reactorraft.benchmarks;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What a run must leave behind it in order: the latest first, once, whether the run ends by itself, fails, or is ended
 * by Ctrl-C or SIGTERM.
 *
 * <p><b>Threads.</b> Any.
 */
final class RunScope implements AutoCloseable {
    private final Deque<Runnable> endings = new ArrayDeque<>();
    private final Thread hook = new Thread(this::end, "run-scope");
    private boolean ended;

    RunScope() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** To be run at the end, before all that were named earlier. After the end: at once, and the run is refused. */
    void atEnd(Runnable ending) {
        synchronized (this) {
            if (!ended) {
                endings.push(ending);
                return;
            }
        }
        ending.run();
        throw new BenchmarkException("the run was ended");
    }

    @Override
    public void close() {
        end();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException ending) {
            return; // the JVM is on its way out, and its hook finds nothing left to do
        }
    }

    /** Holds the lock throughout, so that neither a second end nor the JVM overtakes the first. */
    private synchronized void end() {
        ended = true;
        BenchmarkException first = null;
        while (!endings.isEmpty()) {
            try {
                endings.pop().run();
            } catch (BenchmarkException failed) {
                first = first == null ? failed : first;
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
