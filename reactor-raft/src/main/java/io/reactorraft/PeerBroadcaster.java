package io.reactorraft;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/**
 * Shows how the peers are: the latest, to whoever has demand. Of what a blocked signal worker has not shown, the latest alone
 * is kept.
 *
 * <p><b>Threads.</b> The loop shows and ends; the signal worker alone emits.
 */
final class PeerBroadcaster {
    private final SerialQueue signals;
    private final Sinks.Many<List<Peer>> sink = Sinks.many().replay().latest();
    private final AtomicReference<@Nullable List<Peer>> waiting = new AtomicReference<>();
    private List<Peer> shown = List.of();

    PeerBroadcaster(SerialQueue signals) {
        this.signals = signals;
    }

    /** Once a tick. Nothing new is not shown again. */
    void show(List<Peer> peers) {
        if (peers.equals(shown)) {
            return;
        }
        shown = peers;
        if (waiting.getAndSet(peers) == null) {
            signals.post(() -> {
                List<Peer> latest = waiting.getAndSet(null);
                if (latest != null) {
                    sink.tryEmitNext(latest);
                }
            });
        }
    }

    void end() {
        signals.post(sink::tryEmitComplete);
    }

    Flux<List<Peer>> flux() {
        return sink.asFlux().onBackpressureLatest();
    }
}
