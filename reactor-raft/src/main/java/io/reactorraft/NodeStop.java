package io.reactorraft;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * The steps of a stop, in their order, each with a share of the grace: refuse what is new, cancel leader-only work, hand
 * leadership over, let what waits end, stop the loop and tell everyone, close the port, close snapshots and log. What hangs
 * in a step is left behind. Nothing here waits on the loop, the apply thread or the signal worker, any of which may be what hangs.
 */
final class NodeStop {

    /** The log gets two of them; the last one is for the signals that tell of the end. */
    private static final int SHARES = 9;

    private final NodeSettings settings;
    private final NodeServices services;
    private final Scheduler timers;
    private final Work work;

    /** What is done in each step. */
    interface Work {
        /** New proposals and reads are refused; {@code cancelled} runs once leader-only work is cancelled. */
        void endLeaderWork(Runnable cancelled);

        /** Hands leadership to another member, if there is one. */
        void handOver();

        boolean leads();

        /** Whether no proposal is on its way any more. */
        boolean drained();

        /** Ends the loop and tells all that wait; completes once the apply thread is idle. */
        Mono<Void> silence();
    }

    NodeStop(NodeSettings settings, NodeServices services, Scheduler timers, Work work) {
        this.settings = settings;
        this.services = services;
        this.timers = timers;
        this.work = work;
    }

    /** Never fails. */
    Mono<Void> run(boolean inOrder) {
        Mono<Void> leave = inOrder ? leave() : Mono.empty();
        // Cached: everyone who waits is told even where it takes longer than this stop can wait.
        Mono<Void> silence = Mono.defer(work::silence).cache();
        return leave.then(within(1, silence))
                .then(services.ownsTransport() ? within(1, Mono.defer(services.transport()::close)) : Mono.empty())
                .then(services.ownsSnapshots() ? within(1, Mono.defer(services.snapshots()::close)) : Mono.empty())
                .then(services.ownsLog() ? within(2, Mono.defer(services.log()::close)) : Mono.empty());
    }

    private Mono<Void> leave() {
        Mono<Void> cancelled = Mono.defer(() -> {
            Sinks.Empty<Void> done = Sinks.empty();
            work.endLeaderWork(done::tryEmitEmpty);
            return done.asMono();
        });
        Duration patience = shortest(settings.config().electionTimeout(), share(1));
        return within(1, cancelled)
                .then(Mono.fromRunnable(work::handOver))
                .then(until(() -> !work.leads(), patience))
                .then(until(work::drained, share(1)));
    }

    /** Looks once a heartbeat whether something came true, for as long as patience lasts. */
    private Mono<Void> until(BooleanSupplier reached, Duration patience) {
        Duration beat = shortest(settings.config().heartbeatInterval(), Duration.ofMillis(20));
        return Flux.interval(Duration.ZERO, beat, timers)
                .onBackpressureDrop()
                .takeUntil(beats -> reached.getAsBoolean())
                .take(patience, timers)
                .then();
    }

    private Mono<Void> within(int shares, Mono<Void> step) {
        return step.timeout(share(shares), timers).onErrorComplete();
    }

    Duration share(int shares) {
        return settings.config().stopGrace().multipliedBy(shares).dividedBy(SHARES);
    }

    private static Duration shortest(Duration one, Duration other) {
        return one.compareTo(other) <= 0 ? one : other;
    }
}
