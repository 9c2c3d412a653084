package io.reactorraft.server.http;

import io.reactorraft.server.api.Gate;
import io.reactorraft.server.api.Operations;
import io.reactorraft.server.api.Problem;
import io.reactorraft.server.api.Replica;
import io.reactorraft.server.metrics.ServerMetrics;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.server.HttpServerResponse;

/**
 * {@code GET /v1/backup}: all of the store at one revision, no older than anything acknowledged before. One whose client
 * takes nothing for a request timeout is broken off: it would keep others from theirs, and the old state alive.
 */
final class BackupRoute {

    /** At a time. Each keeps a whole old state alive, as slow as its client may be. */
    static final int MAX_BACKUPS = 2;

    private final Gate gate;
    private final Duration patience;
    private final ServerMetrics metrics;
    private final AtomicInteger running = new AtomicInteger();

    BackupRoute(Gate gate, Duration patience, ServerMetrics metrics) {
        this.gate = gate;
        this.patience = patience;
        this.metrics = metrics;
    }

    Route route() {
        return new Route("/v1/backup", Map.of("GET", this::get));
    }

    private Mono<? extends Reply> get(Exchange exchange) {
        Replica replica = gate.pass();
        exchange.query().only(Set.of());
        if (running.get() >= MAX_BACKUPS) {
            throw tooMany();
        }
        return Operations.backup(replica, System.currentTimeMillis(), exchange.remaining())
                .map(backup -> new Backup(new ByteStream(bounded(backup), patience), metrics));
    }

    /** Those who asked at the same moment are told apart here, where theirs begins. */
    private Flux<ByteBuffer> bounded(Flux<ByteBuffer> backup) {
        return Flux.defer(() -> {
            if (running.incrementAndGet() > MAX_BACKUPS) {
                running.decrementAndGet();
                return Flux.error(tooMany());
            }
            return backup.subscribeOn(Schedulers.boundedElastic()).doFinally(end -> running.decrementAndGet());
        });
    }

    /** Counts those that are broken off. */
    private record Backup(ByteStream stream, ServerMetrics metrics) implements Reply {
        @Override
        public Mono<Void> writeTo(HttpServerResponse response, boolean headersOnly) {
            return stream.writeTo(response, headersOnly)
                    .doOnError(ByteStream.StalledException.class, stalled -> metrics.backupStalled());
        }
    }

    private static Problem tooMany() {
        return Problem.overloaded(
                MAX_BACKUPS + " backups are being read from this member already: ask another one, or later",
                Duration.ofSeconds(10));
    }
}
