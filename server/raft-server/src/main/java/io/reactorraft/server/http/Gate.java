package io.reactorraft.server.http;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * What the server is up to. The port opens first, so that probes have somebody to ask; requests come in once the log is
 * recovered, and no more once the server stops. Only moves forward. Safe on any thread.
 */
public final class Gate {
    private final Sinks.One<Replica> opened = Sinks.one();

    private volatile @Nullable Replica replica;
    private volatile @Nullable String closed;

    /** The log is recovered: requests may come in. */
    public void open(Replica running) {
        replica = running;
        opened.tryEmitValue(running);
    }

    /** The server stops, or its node failed: no more requests. The first reason stays. */
    public synchronized void close(String why) {
        if (closed == null) {
            closed = why;
        }
    }

    /** Why it is closed for good; null while it is not. */
    @Nullable
    String closed() {
        return closed;
    }

    /** The node as soon as it takes requests; never, where it does not come to that or does no more. */
    Mono<Replica> opened() {
        return Mono.defer(() -> closed == null ? opened.asMono() : Mono.empty());
    }

    /** The node while it takes requests, else null. */
    @Nullable
    Replica running() {
        return closed == null ? replica : null;
    }

    /** Whether the log is recovered. */
    boolean recovered() {
        return replica != null;
    }

    /** The node, or the refusal that a client should get. */
    Replica pass() {
        String why = closed;
        if (why != null) {
            throw Problem.notReady(why);
        }
        Replica running = replica;
        if (running == null) {
            throw Problem.notReady("the log is being recovered");
        }
        return running;
    }
}
