package io.reactorraft.server.http;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Counts the requests that are being answered, so that stopping can wait for them. Safe on any thread. */
final class InFlight {

    private static final Duration GLANCE = Duration.ofMillis(10);

    private final AtomicInteger count = new AtomicInteger();

    void enter() {
        count.incrementAndGet();
    }

    void leave() {
        count.decrementAndGet();
    }

    int count() {
        return count.get();
    }

    /** Completes once nothing is being answered, or after {@code atMost}. Looks now and then: only stopping asks. */
    Mono<Void> drained(Duration atMost) {
        return Flux.interval(Duration.ZERO, GLANCE)
                .onBackpressureDrop()
                .takeUntil(glance -> count.get() == 0)
                .take(atMost)
                .then();
    }
}
