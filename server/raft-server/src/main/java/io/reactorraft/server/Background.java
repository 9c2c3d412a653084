package io.reactorraft.server;

import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The one thread of a server's own: it tells watchers, and compares replicas. */
final class Background {

    private final Scheduler scheduler = Schedulers.newSingle("raft-watch", true);
    private final Disposable.Composite checks = Disposables.composite();

    Scheduler scheduler() {
        return scheduler;
    }

    /** Something that ends when the server stops. */
    void add(Disposable check) {
        checks.add(check);
    }

    void endChecks() {
        checks.dispose();
    }

    void close() {
        endChecks();
        scheduler.dispose();
    }
}
