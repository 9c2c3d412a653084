package io.reactorraft;

import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.DiskFullException;
import io.reactorraft.spi.Metric;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Takes this node's own snapshots (§7), one at a time, and lets go of the log behind them.
 *
 * <pre>
 *   capture (apply thread) ▶ save (store's thread, while entries are applied) ▶ mark (log) ▶ marked ▶ compact
 * </pre>
 *
 * <p>One is due when the log behind the last one exceeds {@link RaftConfig#snapshotLogBytes}, or that snapshot's own size,
 * so that writing snapshots never costs more than writing the log; when it has {@link RaftConfig#snapshotEntries}, where
 * that is set; when a follower needs one, or the last one cannot be read any more; or when somebody asks. One that fails leaves
 * everything as it was, and is tried again after {@link RaftConfig#snapshotPause}, and after twice that with each further
 * failure: a disk that is too small for it is not filled again and again.
 *
 * <p><b>Threads.</b> {@link #consider} on the apply thread; everything else on any.
 */
final class SnapshotTaker {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotTaker.class);

    /** The log behind a snapshot that is on its way to a follower is kept, up to this much. */
    static final long MAX_KEPT_FOR_TRANSFER_BYTES = 256L << 20;

    /** The pause is doubled so often at most. */
    static final int MOST_DOUBLINGS = 6;

    private final NodeSettings settings;
    private final NodeServices services;
    private final LongSupplier nanoTime;
    private final Applier<?, ?> applier;
    private final SnapshotTransfers transfers;
    private final AtomicReference<@Nullable UnderWay> underWay = new AtomicReference<>();
    private final Disposable.Swap work = Disposables.swap();
    private volatile String unreadable = "";
    private final AtomicInteger failures = new AtomicInteger();
    private volatile Last last = new Last(SnapshotMetadata.getDefaultInstance(), 0);
    private volatile @Nullable Long endedNanos;

    /** The newest snapshot taken here, and how much of the log had been applied by then. */
    private record Last(SnapshotMetadata snapshot, long logBytes) {}

    /** One that is being taken, who waits for it, and what ends it. */
    private record UnderWay(Sinks.One<SnapshotMeta> told, Sinks.Empty<Void> givenUp) {
        UnderWay() {
            this(Sinks.one(), Sinks.empty());
        }
    }

    SnapshotTaker(
            NodeSettings settings,
            NodeServices services,
            LongSupplier nanoTime,
            Applier<?, ?> applier,
            SnapshotTransfers transfers) {
        this.settings = settings;
        this.services = services;
        this.nanoTime = nanoTime;
        this.applier = applier;
        this.transfers = transfers;
    }

    /** Before anything else: brings the state to where this snapshot has it; the default instance: there is none. */
    Mono<Void> recover(SnapshotMetadata snapshot) {
        return snapshot.getIndex() == 0
                ? Mono.empty()
                : applier.recover(snapshot).then(Mono.fromRunnable(() -> beginsWith(snapshot)));
    }

    /** What the state begins with: a snapshot from before the start, or one that another member sent. Apply thread. */
    void beginsWith(SnapshotMetadata snapshot) {
        last = new Last(snapshot, applier.state().logBytes());
    }

    /** Takes one where it is due. After each batch. */
    void consider() {
        RaftConfig config = settings.config();
        Last before = last;
        long bytes = applier.state().logBytes() - before.logBytes;
        long entries = applier.state().index() - before.snapshot.getIndex();
        boolean due = bytes > Math.max(config.snapshotLogBytes(), before.snapshot.getSizeBytes())
                || (config.snapshotEntries() > 0 && entries >= config.snapshotEntries());
        if (due && applier.mayCapture() && !isBehindTheMark()) {
            start(config.snapshotPause());
        }
    }

    /** Whether the log names a snapshot that the state has yet to reach: that one was damaged, and an older one is the start. */
    private boolean isBehindTheMark() {
        return applier.state().index()
                < services.log().snapshotMark(settings.groupId()).getIndex();
    }

    /** What lies here of it cannot be read: another one takes its place, at the same index where nothing came since. */
    void unreadable(SnapshotMetadata snapshot) {
        unreadable = snapshot.getSnapshotId();
        if (!isBehindTheMark()) {
            start(settings.config().electionTimeout());
        }
    }

    /** A follower needs one that this node has not got. */
    void wanted() {
        if (applier.state().index() > last.snapshot.getIndex()) {
            start(settings.config().electionTimeout());
        }
    }

    private void start(Duration pause) {
        Long ended = endedNanos;
        long nanos = pause.toNanos() << Math.min(Math.max(failures.get() - 1, 0), MOST_DOUBLINGS);
        if (underWay.get() == null && (ended == null || nanoTime.getAsLong() - ended >= nanos)) {
            take().subscribe(taken -> {}, failed -> {}); // whoever failed has been logged
        }
    }

    /**
     * Takes one now. Who asks while one is being taken is told of that one; where nothing was applied since the last one,
     * of the last one.
     */
    Mono<SnapshotMeta> take() {
        return Mono.defer(() -> {
            Last newest = last;
            boolean isThere = newest.snapshot.getSizeBytes() > 0
                    && !newest.snapshot.getSnapshotId().equals(unreadable)
                    && newest.snapshot.getIndex() == applier.state().index();
            if (isThere) { // and what may go behind it did not always go at once
                return tidy(newest).onErrorComplete().thenReturn(meta(newest.snapshot));
            }
            UnderWay mine = new UnderWay();
            UnderWay others = underWay.compareAndExchange(null, mine);
            if (others != null) {
                return others.told.asMono();
            }
            run(mine);
            return mine.told.asMono();
        });
    }

    private void run(UnderWay mine) {
        long begun = nanoTime.getAsLong();
        Mono<SnapshotMetadata> saved = applier.capture()
                .switchIfEmpty(Mono.error(() -> new RaftException.Overloaded(
                        "there is no state to take a snapshot of just now",
                        settings.config().electionTimeout())))
                .flatMap(this::save)
                .takeUntilOther(mine.givenUp.asMono());
        work.update(saved.doFinally(end -> {
                    endedNanos = nanoTime.getAsLong();
                    underWay.set(null);
                    mine.told.tryEmitError(
                            new RaftException.Stopped("the node stopped before its snapshot was taken", null));
                })
                .subscribe(
                        snapshot -> {
                            failures.set(0);
                            long took = nanoTime.getAsLong() - begun;
                            LOG.info(
                                    "{} took a snapshot at index {}, {} bytes in {} ms",
                                    settings.logPrefix(),
                                    snapshot.getIndex(),
                                    snapshot.getSizeBytes(),
                                    took / 1_000_000);
                            services.metrics().record(Metric.SNAPSHOT_SAVE_DURATION, settings.groupId(), null, took);
                            mine.told.tryEmitValue(meta(snapshot));
                        },
                        failure -> mine.told.tryEmitError(failed(failure))));
    }

    private Mono<SnapshotMetadata> save(ReplicatedState.Captured captured) {
        return services.snapshots()
                .save(captured.metadata(), captured.content())
                .flatMap(this::mark)
                .flatMap(saved -> {
                    Last newest = new Last(saved, captured.logBytes());
                    last = newest;
                    return tidy(newest).thenReturn(saved);
                });
    }

    /** A mark that is refused leaves a file that nothing is ever going to name. */
    private Mono<SnapshotMetadata> mark(SnapshotMetadata saved) {
        return services.log()
                .mark(settings.groupId(), saved)
                .thenReturn(saved)
                .onErrorResume(
                        refused -> refused instanceof DiskFullException || refused instanceof IllegalArgumentException,
                        refused -> services.snapshots()
                                .discard(saved)
                                .onErrorComplete()
                                .then(Mono.error(refused)));
    }

    /** Lets go of the snapshots and the log that this one makes superfluous. */
    private Mono<Void> tidy(Last newest) {
        return services.snapshots().marked(newest.snapshot).flatMap(older -> compact(older, newest));
    }

    private Mono<Void> compact(long older, Last newest) {
        long keep = newest.snapshot.getIndex() - settings.config().keepEntries();
        long upTo = Math.min(Math.min(older, keep), heldForTransfers(newest));
        return upTo > 0 ? services.log().compact(settings.groupId(), upTo) : Mono.empty();
    }

    /**
     * A leader's snapshot takes the place of the state: one of the old state would come too late, and keep two states in
     * memory meanwhile.
     */
    void giveUp() {
        UnderWay now = underWay.get();
        if (now != null) {
            now.told.tryEmitError(new RaftException.Overloaded(
                    "a snapshot of the leader's takes the place of the state that was being saved",
                    settings.config().electionTimeout()));
            now.givenUp.tryEmitEmpty();
        }
    }

    /** Whoever gets a snapshot needs the log behind it, or would need another one when it is there. */
    private long heldForTransfers(Last newest) {
        SnapshotTransfers.Outgoing oldest = transfers.oldestOutgoing();
        boolean affordable = oldest != null && newest.logBytes - oldest.logBytes() <= MAX_KEPT_FOR_TRANSFER_BYTES;
        return oldest == null || !affordable ? Long.MAX_VALUE : oldest.index();
    }

    private RaftException failed(Throwable failure) {
        if (failure instanceof RaftException.Overloaded noState) { // that there is none just now is no failure
            LOG.debug("{} takes no snapshot: {}", settings.logPrefix(), noState.getMessage());
            return noState;
        }
        failures.incrementAndGet();
        services.metrics().record(Metric.SNAPSHOT_SAVE_FAILURES, settings.groupId(), null, 1);
        LOG.warn("{} took no snapshot, and tries again later: {}", settings.logPrefix(), failure.toString());
        LOG.debug("why", failure);
        return failure instanceof RaftException known
                ? known
                : new RaftException.Overloaded(
                        "the snapshot failed: " + failure.getMessage(),
                        settings.config().snapshotPause());
    }

    /** Takes no more; one under way is discarded. Whoever waits for it is told. */
    void end(RaftException why) {
        UnderWay waiting = underWay.get();
        work.dispose();
        if (waiting != null) {
            waiting.told.tryEmitError(why);
        }
    }

    private static SnapshotMeta meta(SnapshotMetadata snapshot) {
        return new SnapshotMeta(snapshot.getTerm(), snapshot.getIndex(), snapshot.getSizeBytes());
    }
}
