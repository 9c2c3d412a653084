package io.reactorraft.core;

import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Mono;

/** Breaks the core's rules on purpose: knows Reactor, reads the clock, waits. */
public class ViolatingCore {
    final AtomicLong now = new AtomicLong(System.nanoTime());

    public boolean waits() {
        return Mono.just(now.get()).block() != null;
    }
}
