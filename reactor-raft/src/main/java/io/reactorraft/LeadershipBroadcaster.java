package io.reactorraft;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The hot stream of leadership. The loop says what it sees; the one signal worker emits, so that a subscriber that
 * blocks delays other subscribers and nothing else.
 *
 * <p>Every change goes to {@link #ahead} first and to {@link #flux} after it: work that only a leader may do has been
 * cancelled by the time anybody is shown the loss.
 *
 * <p>The sinks replay their latest value; {@code onBackpressureLatest} in front of each public subscriber keeps one value
 * for it and no more. Subscribing happens on the worker as well, so the first value and the changes after it cannot
 * overtake each other.
 */
final class LeadershipBroadcaster {
    private final SerialQueue signals;
    private final Sinks.Many<Leadership> leaderWork;
    private final Sinks.Many<Leadership> sink;
    private final Flux<Leadership> ahead;
    private final Flux<Leadership> flux;
    private volatile Leadership latest;

    LeadershipBroadcaster(String groupId, SerialQueue signals) {
        this.signals = signals;
        this.latest = new Leadership(groupId, 0, Role.FOLLOWER, null);
        this.leaderWork = Sinks.many().replay().latestOrDefault(latest);
        this.sink = Sinks.many().replay().latestOrDefault(latest);
        Scheduler onSignals = Schedulers.fromExecutor(signals::post);
        this.ahead = leaderWork.asFlux().subscribeOn(onSignals);
        // Behind onBackpressureLatest, so that requests are served on the worker as well.
        Flux<Leadership> onWorker = sink.asFlux().onBackpressureLatest().subscribeOn(onSignals);
        this.flux = Flux.defer(() -> signals.ended() ? atEnd() : onWorker);
    }

    Flux<Leadership> flux() {
        return flux;
    }

    /**
     * The same, each change before anybody sees it in {@link #flux}. For subscribers that demand without a limit and
     * return at once; completes when leader-only work ends, which is before the node follows nobody.
     */
    Flux<Leadership> ahead() {
        return ahead;
    }

    Leadership latest() {
        return latest;
    }

    /** Shows a change; what was shown already is not shown again. Loop only. */
    void show(Leadership leadership) {
        if (!leadership.equals(latest)) {
            latest = leadership;
            // Two tasks: where cancelling someone's work fails, the loss is shown all the same.
            signals.post(() -> leaderWork.tryEmitNext(leadership)); // no effect once leader-only work has ended
            signals.post(() -> sink.tryEmitNext(leadership).orThrow());
        }
    }

    /** Cancels leader-only work and begins none any more; {@code cancelled} runs once every cancel has returned. */
    void endLeaderWork(Runnable cancelled) {
        Leadership last = latest;
        signals.post(() -> leaderWork.tryEmitNext(new Leadership(last.groupId(), last.term(), Role.FOLLOWER, null)));
        signals.post(leaderWork::tryEmitComplete);
        signals.post(cancelled);
    }

    /** The node follows nobody any more, and there is no further change: subscribers complete. */
    void end(long term) {
        endLeaderWork(() -> {});
        show(new Leadership(latest.groupId(), Math.max(term, latest.term()), Role.FOLLOWER, null));
        signals.post(() -> sink.tryEmitComplete().orThrow());
    }

    private Flux<Leadership> atEnd() {
        return Flux.just(latest);
    }
}
