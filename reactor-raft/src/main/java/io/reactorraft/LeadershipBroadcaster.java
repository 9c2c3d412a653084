package io.reactorraft;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The hot stream of leadership. The loop says what it sees; the one signal worker emits, so that a subscriber that
 * blocks delays other subscribers and nothing else.
 *
 * <p>The sink replays its latest value; {@code onBackpressureLatest} in front of each subscriber keeps one value for it
 * and no more. Subscribing happens on the worker as well, so the first value and the changes after it cannot overtake
 * each other.
 */
final class LeadershipBroadcaster {
    private final SerialQueue signals;
    private final Sinks.Many<Leadership> sink;
    private final Flux<Leadership> flux;
    private volatile Leadership latest;

    LeadershipBroadcaster(String groupId, SerialQueue signals) {
        this.signals = signals;
        this.latest = new Leadership(groupId, 0, Role.FOLLOWER, null);
        this.sink = Sinks.many().replay().latestOrDefault(latest);
        Scheduler onSignals = Schedulers.fromExecutor(signals::post);
        // Behind onBackpressureLatest, so that requests are served on the worker as well.
        Flux<Leadership> onWorker = sink.asFlux().onBackpressureLatest().subscribeOn(onSignals);
        this.flux = Flux.defer(() -> signals.ended() ? atEnd() : onWorker);
    }

    Flux<Leadership> flux() {
        return flux;
    }

    Leadership latest() {
        return latest;
    }

    /** Shows a change; what was shown already is not shown again. Loop only. */
    void show(Leadership leadership) {
        if (!leadership.equals(latest)) {
            latest = leadership;
            signals.post(() -> sink.tryEmitNext(leadership).orThrow());
        }
    }

    /** The node follows nobody any more, and there is no further change: subscribers complete. */
    void end(long term) {
        show(new Leadership(latest.groupId(), Math.max(term, latest.term()), Role.FOLLOWER, null));
        signals.post(() -> sink.tryEmitComplete().orThrow());
    }

    private Flux<Leadership> atEnd() {
        return Flux.just(latest);
    }
}
