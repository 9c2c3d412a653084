package io.reactorraft;

import io.reactorraft.proto.Message;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.Metric;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

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
    private final BiConsumer<String, Boolean> report;
    private final Map<String, Sending> sending = new ConcurrentHashMap<>();
    private final Map<Place, SnapshotMetadata> received = new LinkedHashMap<>();
    private volatile boolean ended;

    private record Place(long index, long term) {}

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
     * @param report how the transfer to a peer ended
     */
    SnapshotTransfers(
            NodeSettings settings,
            NodeServices services,
            LongSupplier nanoTime,
            LongSupplier logBytes,
            BiConsumer<String, Boolean> report) {
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
                .sendSnapshot(peer, snapshot, services.snapshots().load(snapshot))
                .doFinally(end -> sending.remove(peer, now))
                .subscribe(
                        nothing -> {},
                        failure -> {
                            failed(Metric.SNAPSHOT_SEND_FAILURES, peer, failure);
                            report.accept(peer, false);
                        },
                        () -> {
                            long took = nanoTime.getAsLong() - begun;
                            services.metrics().record(Metric.SNAPSHOT_SEND_DURATION, settings.groupId(), peer, took);
                            services.transport().send(settings.groupId(), install);
                            report.accept(peer, true);
                        }));
        if (ended) {
            work.dispose();
        }
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

    /** Takes in the bytes; completes once they are durable here. */
    Mono<Void> receive(SnapshotMetadata snapshot, Flux<ByteBuffer> content) {
        return services.snapshots()
                .save(snapshot, content)
                .doOnNext(this::remember)
                .doOnError(failure -> failed(Metric.SNAPSHOT_RECEIVE_FAILURES, "", failure))
                .then();
    }

    private void remember(SnapshotMetadata local) {
        synchronized (received) {
            Place place = new Place(local.getIndex(), local.getTerm());
            received.remove(place);
            received.put(place, local);
            if (received.size() > MAX_RECEIVED) {
                received.remove(received.keySet().iterator().next());
            }
        }
    }

    /** A leader's message that has us install a snapshot, with that snapshot as it lies here; null: it does not. */
    @Nullable
    Message localized(Message install) {
        SnapshotMetadata named = install.getSnapshot();
        synchronized (received) {
            SnapshotMetadata local = received.get(new Place(named.getIndex(), named.getTerm()));
            return local == null ? null : install.toBuilder().setSnapshot(local).build();
        }
    }

    /** Sends nothing any more. */
    void end() {
        ended = true;
        sending.values().forEach(each -> each.work.dispose());
    }
}
