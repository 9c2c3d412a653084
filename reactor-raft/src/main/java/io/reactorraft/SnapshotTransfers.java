package io.reactorraft;

import io.reactorraft.proto.Message;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.Metric;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Snapshots between members (§7): the bytes first, and the message that has the follower install them once it has made
 * them durable. However a transfer ends the core is told, or the follower would starve.
 *
 * <pre>
 *   leader:   MSG_SNAPSHOT ▶ Transport.sendSnapshot(store.load) ▶ Transport.send(MSG_SNAPSHOT) ▶ reportSnapshot
 *   follower: Receiver.snapshot ▶ store.save ▶ remembered        ▶ {@link #localized} ▶ core ▶ mark, restore
 * </pre>
 *
 * <p><b>Threads.</b> Any.
 */
final class SnapshotTransfers {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotTransfers.class);

    /** Snapshots that were received and not installed so far; the oldest is forgotten, and would be sent again. */
    static final int MAX_RECEIVED = 4;

    private final NodeSettings settings;
    private final NodeServices services;
    private final LongSupplier nanoTime;
    private final LongSupplier logBytes;
    private final Report report;
    private final Map<String, Sending> sending = new ConcurrentHashMap<>();
    private final Map<Place, Received> received = new LinkedHashMap<>();
    private final Sinks.Empty<Void> end = Sinks.empty();
    private volatile boolean ended;

    /** Who is told how it went. Any thread. */
    interface Report {
        /** The snapshot that the core wants there is there, or is not. */
        void ended(String peer, boolean there);

        /** What lies here cannot be read. */
        void unreadable(SnapshotMetadata snapshot);
    }

    private record Place(long index, long term) {
        static Place of(SnapshotMetadata snapshot) {
            return new Place(snapshot.getIndex(), snapshot.getTerm());
        }
    }

    /**
     * A snapshot that lies here.
     *
     * @param taken the core knows of it, and may be about to have it marked
     */
    private record Received(SnapshotMetadata local, boolean taken) {}

    private record Sending(Outgoing what, Disposable work) {}

    /**
     * A snapshot on its way to a follower.
     *
     * @param logBytes how much of the log was applied when it left
     */
    record Outgoing(long index, long logBytes) {}

    /**
     * Transfers of one node.
     *
     * @param logBytes entries applied so far, in bytes
     * @param report who is told how it went
     */
    SnapshotTransfers(
            NodeSettings settings, NodeServices services, LongSupplier nanoTime, LongSupplier logBytes, Report report) {
        this.settings = settings;
        this.services = services;
        this.nanoTime = nanoTime;
        this.logBytes = logBytes;
        this.report = report;
    }

    /** Sends what the core wants a follower to install. */
    void send(Message install) {
        String peer = install.getTo();
        SnapshotMetadata snapshot = install.getSnapshot();
        Outgoing outgoing = new Outgoing(snapshot.getIndex(), logBytes.getAsLong());
        long begun = nanoTime.getAsLong();
        LOG.info("{} sends {} the snapshot at index {}", settings.logPrefix(), peer, snapshot.getIndex());
        Disposable.Swap work = reactor.core.Disposables.swap();
        Sending now = new Sending(outgoing, work);
        Sending former = sending.put(peer, now);
        if (former != null) {
            former.work.dispose();
        }
        work.update(services.transport()
                .sendSnapshot(
                        peer,
                        snapshot,
                        services.snapshots().load(snapshot).doOnError(unread -> report.unreadable(snapshot)))
                .subscribe(
                        nothing -> {},
                        failure -> {
                            if (sending.remove(peer, now)) { // else the core waits for another one by now
                                failed(Metric.SNAPSHOT_SEND_FAILURES, peer, failure);
                                report.ended(peer, false);
                            }
                        },
                        () -> {
                            if (sending.remove(peer, now)) {
                                sent(install, nanoTime.getAsLong() - begun);
                            }
                        }));
        if (ended) {
            cancel(peer, now);
        }
    }

    private void sent(Message install, long nanos) {
        services.metrics().record(Metric.SNAPSHOT_SEND_DURATION, settings.groupId(), install.getTo(), nanos);
        services.transport().send(settings.groupId(), install);
        report.ended(install.getTo(), true);
    }

    private void cancel(String peer, Sending which) {
        sending.remove(peer, which);
        which.work.dispose();
    }

    /** This node leads no more: whoever does sends what is needed, and nobody waits for these any more. */
    void leadershipLost() {
        sending.forEach(this::cancel);
    }

    private void failed(Metric metric, String peer, Throwable failure) {
        services.metrics().record(metric, settings.groupId(), peer, 1);
        LOG.warn("{} {}", settings.logPrefix(), failure.toString());
    }

    /** The snapshot on its way that needs the most of the log; null: none is on its way. */
    @Nullable
    Outgoing oldestOutgoing() {
        Outgoing oldest = null;
        for (Sending each : sending.values()) {
            if (oldest == null || each.what.index() < oldest.index()) {
                oldest = each.what;
            }
        }
        return oldest;
    }

    /** Takes in the bytes; completes once they are durable here, at once where they are already. */
    Mono<Void> receive(SnapshotMetadata snapshot, Flux<ByteBuffer> content) {
        return Mono.defer(() -> {
            if (lies(snapshot)) {
                return Mono.empty();
            }
            Mono<SnapshotMetadata> saved = services.snapshots()
                    .save(snapshot, content)
                    .doOnNext(this::remember)
                    .doOnError(failure -> failed(Metric.SNAPSHOT_RECEIVE_FAILURES, "", failure));
            return Mono.firstWithSignal(saved, end.asMono().cast(SnapshotMetadata.class))
                    .then();
        });
    }

    private boolean lies(SnapshotMetadata snapshot) {
        synchronized (received) {
            return received.containsKey(Place.of(snapshot));
        }
    }

    private void remember(SnapshotMetadata local) {
        List<SnapshotMetadata> superfluous = new ArrayList<>();
        synchronized (received) {
            if (received.putIfAbsent(Place.of(local), new Received(local, false)) != null) {
                superfluous.add(local);
            }
            while (received.size() > MAX_RECEIVED) {
                Received oldest = Objects.requireNonNull(
                        received.remove(received.keySet().iterator().next()));
                if (!oldest.taken) {
                    superfluous.add(oldest.local);
                }
            }
        }
        superfluous.forEach(each -> services.snapshots()
                .discard(each)
                .subscribe(
                        nothing -> {},
                        leftover -> LOG.warn(
                                "{} keeps a snapshot that nobody needs: {}",
                                settings.logPrefix(),
                                leftover.toString())));
    }

    /** A leader's message that has us install a snapshot, with that snapshot as it lies here; null: it does not. */
    @Nullable
    Message localized(Message install) {
        SnapshotMetadata named = install.getSnapshot();
        synchronized (received) {
            Received here =
                    received.computeIfPresent(Place.of(named), (place, found) -> new Received(found.local, true));
            return here == null
                    ? null
                    : install.toBuilder().setSnapshot(here.local).build();
        }
    }

    /** Sends nothing any more, and takes nothing in; who is sending is told. */
    void end(RaftException why) {
        ended = true;
        sending.forEach(this::cancel);
        end.tryEmitError(why);
    }
}
