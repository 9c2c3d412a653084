package io.reactorraft;

import java.time.InstantSource;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Everything about a node that is not deterministic: its threads, its clocks and its seed. A simulation passes virtual
 * ones, and then the same seed gives the same run.
 *
 * @param loop runs the core; must never be blocked
 * @param apply runs the state machine; may be blocked
 * @param signals runs subscribers
 * @param timers for limits of what may hang: must go on where loop, apply or signals are blocked
 * @param ownsWorkers whether loop and apply end with the node
 * @param ownsSignals whether signals end with it
 * @param wallClock the leader's clock for {@link Committed#time}
 * @param nanoTime for time limits
 * @param seed of randomised election timeouts
 */
record NodeThreads(
        Scheduler loop,
        Scheduler apply,
        Scheduler signals,
        Scheduler timers,
        boolean ownsWorkers,
        boolean ownsSignals,
        InstantSource wallClock,
        LongSupplier nanoTime,
        long seed) {

    static NodeThreads real(String id, @Nullable Scheduler signals) {
        return new NodeThreads(
                Schedulers.newSingle("raft-loop-" + id, true),
                Schedulers.newSingle(task -> {
                    Thread thread = new Thread(task, "raft-apply-" + id);
                    thread.setDaemon(true);
                    return thread;
                }),
                signals == null ? Schedulers.newSingle("raft-signal-" + id, true) : signals,
                Schedulers.parallel(),
                true,
                signals == null,
                InstantSource.system(),
                System::nanoTime,
                new java.security.SecureRandom().nextLong());
    }

    /** Gives up the threads that work; the one that signals still has to tell how it ended. */
    void disposeWorkers() {
        if (ownsWorkers) {
            loop.dispose();
            apply.dispose();
        }
    }

    /** Gives up the thread that signals, where it is this node's own. */
    void disposeSignals() {
        if (ownsSignals) {
            signals.dispose();
        }
    }
}
