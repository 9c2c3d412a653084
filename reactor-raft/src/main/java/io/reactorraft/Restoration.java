package io.reactorraft;

import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.Metric;
import java.nio.ByteBuffer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Loads snapshots in place of the state, one at a time; of those that come meanwhile, the newest.
 *
 * <p><b>Threads.</b> The apply thread, which the state machine may block; {@link #recover} may be subscribed to on any.
 */
final class Restoration {
    private static final Logger LOG = LoggerFactory.getLogger(Restoration.class);

    /** Buffers of a snapshot that are read ahead of the state machine; each is as large as the one who wrote it made it. */
    static final int BUFFERS_AHEAD = 16;

    private final NodeSettings settings;
    private final NodeServices services;
    private final LongSupplier nanoTime;
    private final ReplicatedState state;
    private final Scheduler applyThread;
    private final Told told;
    private final Disposable.Swap work = Disposables.swap();
    private @Nullable SnapshotMetadata loading;
    private @Nullable SnapshotMetadata next;

    /** Who hears how it ends. On the apply thread. */
    interface Told {
        /** The state is that of this snapshot, and no other one waits. */
        void restored(SnapshotMetadata snapshot);

        /** It cannot be loaded; half a state is left. */
        void cannotRestore(Throwable error);
    }

    Restoration(
            NodeSettings settings,
            NodeServices services,
            LongSupplier nanoTime,
            ReplicatedState state,
            Scheduler applyThread,
            Told told) {
        this.settings = settings;
        this.services = services;
        this.nanoTime = nanoTime;
        this.state = state;
        this.applyThread = applyThread;
        this.told = told;
    }

    boolean isUnderWay() {
        return loading != null;
    }

    /** Before anything else: brings the state to where a snapshot has it. */
    Mono<Void> recover(SnapshotMetadata snapshot) {
        return Mono.defer(() -> state.restore(snapshot, contentOf(snapshot))).subscribeOn(applyThread);
    }

    /** The snapshot is marked: it takes the place of all state. */
    void begin(SnapshotMetadata snapshot) {
        if (loading != null) {
            next = snapshot;
            return;
        }
        loading = snapshot;
        LOG.info("{} restores the snapshot at index {}", settings.logPrefix(), snapshot.getIndex());
        long begun = nanoTime.getAsLong();
        work.update(Mono.defer(() -> state.restore(snapshot, contentOf(snapshot)))
                .publishOn(applyThread)
                .subscribe(nothing -> {}, told::cannotRestore, () -> loaded(snapshot, begun)));
    }

    private Flux<ByteBuffer> contentOf(SnapshotMetadata snapshot) {
        return services.snapshots().load(snapshot).publishOn(applyThread, BUFFERS_AHEAD);
    }

    private void loaded(SnapshotMetadata snapshot, long begun) {
        long took = nanoTime.getAsLong() - begun;
        services.metrics().record(Metric.SNAPSHOT_RESTORE_DURATION, settings.groupId(), null, took);
        loading = null;
        SnapshotMetadata newer = next;
        next = null;
        if (newer != null) {
            begin(newer);
        } else {
            told.restored(snapshot);
        }
    }

    /** What is being loaded is of no use any more: nothing further of it is shown to the application. */
    void end() {
        work.dispose();
    }
}
