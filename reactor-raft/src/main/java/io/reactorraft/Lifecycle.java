package io.reactorraft;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * Where a node is between its start and its end: one compare-and-set state.
 *
 * <pre>
 *   NEW ──start──▶ STARTING ──opened──▶ RUNNING ──stop or failure──▶ STOPPING ──▶ CLOSED
 *    │                └──── stop, or opening failed ──────────────────▲
 *    └──────────────── stop ──────────────────────────────────────────┘
 * </pre>
 *
 * <p>Whoever wins a transition does its work, everyone else only waits for the result: starting twice, stopping during
 * the start, stopping from many threads at once each have one outcome.
 */
final class Lifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(Lifecycle.class);

    /** The five states. */
    enum State {
        NEW,
        STARTING,
        RUNNING,
        STOPPING,
        CLOSED
    }

    /** The work behind the transitions. */
    interface Steps {
        /** Brings the node up. Cancelling only stops what has not begun. */
        Mono<Void> open();

        /**
         * Ends a node wherever it is, never started included: in order or, where it failed, at once. Always ends.
         */
        Mono<Void> shutDown(boolean inOrder, RaftException.Stopped why);

        /** How long the end may wait for a signal worker that is blocked; the wait is on {@link #timers}. */
        Duration signalsShare();

        Scheduler timers();

        /** The last signal was emitted. */
        void signalsEnded();
    }

    private final String name;
    private final Steps steps;
    private final SerialQueue signals;
    private final AtomicReference<State> state = new AtomicReference<>(State.NEW);
    private final AtomicReference<Throwable> cause = new AtomicReference<>();
    private final Disposable.Swap opening = Disposables.swap();
    private final Sinks.Empty<Void> started = Sinks.empty();
    private final Sinks.Empty<Void> ready = Sinks.empty();
    private final Sinks.One<Ending> closed = Sinks.one();
    private volatile Ending ending = Ending.STOPPED;

    Lifecycle(String name, Steps steps, SerialQueue signals) {
        this.name = name;
        this.steps = steps;
        this.signals = signals;
    }

    State state() {
        return Objects.requireNonNull(state.get());
    }

    Mono<Void> start() {
        return Mono.defer(() -> {
            if (state.compareAndSet(State.NEW, State.STARTING)) {
                opening.update(steps.open().subscribe(nothing -> {}, this::openFailed, this::opened));
            }
            return started.asMono();
        });
    }

    Mono<Void> ready() {
        return ready.asMono();
    }

    Mono<Ending> closed() {
        return closed.asMono();
    }

    Mono<Void> stop() {
        return Mono.defer(() -> {
            if (state.compareAndSet(State.RUNNING, State.STOPPING) || state.compareAndSet(State.NEW, State.STOPPING)) {
                shutDown();
            } else {
                giveUpStarting();
            }
            return closed.asMono().then().onErrorComplete();
        });
    }

    /** The node cannot go on: the first cause counts. */
    void fail(Throwable error) {
        State at = state();
        if (at == State.STOPPING || at == State.CLOSED || !cause.compareAndSet(null, error)) {
            LOG.debug("{} has ended, or failed before: {}", name, error.toString());
            return;
        }
        LOG.error("{} fails and stops: {}", name, error.getMessage(), error);
        if (state.compareAndSet(State.RUNNING, State.STOPPING)) {
            shutDown();
        } else {
            giveUpStarting();
        }
    }

    /** The group goes on without this node, which ends in order. Too early or too late it has no effect, and says nothing. */
    void removed(Runnable saying) {
        if (state.compareAndSet(State.RUNNING, State.STOPPING)) {
            saying.run();
            ending = Ending.REMOVED;
            shutDown();
        }
    }

    /** A start under way is not waited for: what it has opened is closed like everything else. */
    private void giveUpStarting() {
        if (state.compareAndSet(State.STARTING, State.STOPPING)) {
            opening.dispose();
            shutDown();
        }
    }

    /** For the first time, this node has caught up with a leader. */
    void becameReady() {
        signals.post(ready::tryEmitEmpty);
    }

    private void opened() {
        if (state.compareAndSet(State.STARTING, State.RUNNING)) {
            signals.post(started::tryEmitEmpty);
        }
    }

    private void openFailed(Throwable error) {
        cause.compareAndSet(null, error);
        if (state.compareAndSet(State.STARTING, State.STOPPING)) {
            shutDown();
        } else {
            LOG.warn("{} was stopped while it started, and had not come up anyway: {}", name, error.toString());
        }
    }

    private void shutDown() {
        Throwable failure = cause.get();
        steps.shutDown(failure == null, why())
                .onErrorResume(error -> {
                    LOG.warn("{} did not stop cleanly: {}", name, error.toString());
                    return Mono.empty();
                })
                .subscribe(nothing -> {}, impossible -> {}, () -> {
                    state.set(State.CLOSED);
                    finish();
                });
    }

    /** Why requests are refused from now on. */
    RaftException.Stopped why() {
        Throwable failure = cause.get();
        return new RaftException.Stopped(
                failure != null
                        ? name + " failed: " + failure.getMessage()
                        : name + (ending == Ending.REMOVED ? " was removed from its group" : " was stopped"),
                failure);
    }

    /** Tells of the end on the signal worker or, where a subscriber blocks that, beside it: stop() is not to wait for it. */
    private void finish() {
        AtomicBoolean told = new AtomicBoolean();
        Runnable tell = () -> {
            if (told.compareAndSet(false, true)) {
                tellOfTheEnd();
            }
        };
        Disposable late = steps.timers()
                .schedule(
                        () -> {
                            if (!told.get()) {
                                LOG.warn(
                                        "{} has stopped, but a subscriber blocks the thread that signals; it is left behind",
                                        name);
                            }
                            tell.run();
                        },
                        steps.signalsShare().toNanos(),
                        TimeUnit.NANOSECONDS);
        signals.post(() -> {
            late.dispose();
            tell.run();
        });
        signals.end(steps::signalsEnded);
    }

    private void tellOfTheEnd() {
        RaftException.Stopped why = why();
        started.tryEmitError(why); // no effect where it was emitted before
        ready.tryEmitError(why);
        Throwable failure = cause.get();
        if (failure == null) {
            closed.tryEmitValue(ending);
        } else {
            closed.tryEmitError(failure);
        }
    }
}
