package io.reactorraft;

import io.reactorraft.core.LogRead;
import io.reactorraft.core.RawNode;
import io.reactorraft.core.Ready;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.Metric;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;

/**
 * Carries out what the core wants done: hands each part of a {@link Ready} to whoever does it, and asks for the next one
 * at once.
 *
 * <pre>
 *   Ready ─┬─ to peers ───────────▶ Transport.send
 *          ├─ snapshots to peers ──▶ SnapshotTransfers
 *          ├─ to the append thread ▶ LogQueue ─▶ LogStore ─ durable ─▶ responses: to peers, and back to the core
 *          │                                     └─ a snapshot is marked ─▶ Applier.restore
 *          ├─ to the apply thread ─▶ Applier ──────── applied ──▶ response back to the core
 *          └─ log reads ───────────▶ LogStore.read ─────────────▶ back to the core
 * </pre>
 *
 * <p>Nothing here waits. A message that promises something durable is among the responses of the append that makes it so,
 * and leaves when that append is done, never before (figure 2: "updated on stable storage before responding to RPCs").
 */
final class ReadyPipeline extends BaseSubscriber<Ready> implements LoopSide.Disk {
    private static final Logger LOG = LoggerFactory.getLogger(ReadyPipeline.class);

    private final NodeSettings settings;
    private final NodeServices services;
    private final Applier<?, ?> applier;
    private final Observer observer;
    private final RunLoop loop;
    private final LogQueue logQueue;
    private @Nullable Long slowAppendSaidNanos;

    /** Who is told, on the loop, before the parts of a Ready are handed on, and how the loop ended. */
    interface Observer {
        void saw(Ready ready);

        /** Whether the message may leave. */
        boolean maySend(Message message);

        /** A follower needs a snapshot: its bytes first, and then this message. */
        void sendSnapshot(Message install);

        /** A leader's snapshot is about to take the place of the log and the state. */
        void installing();

        void failed(Throwable error);
    }

    ReadyPipeline(
            NodeSettings settings,
            NodeServices services,
            RunLoop loop,
            Applier<?, ?> applier,
            LongSupplier nanoTime,
            Observer observer) {
        this.settings = settings;
        this.services = services;
        this.loop = loop;
        this.applier = applier;
        this.observer = observer;
        this.logQueue = new LogQueue(settings.groupId(), services.log(), loop, nanoTime, new LogQueue.Answers() {
            @Override
            public void installed(SnapshotMetadata snapshot) {
                ReadyPipeline.this.installed(snapshot);
            }

            @Override
            public void durable(List<Message> responses) {
                respond(responses);
            }

            @Override
            public void took(long begunNanos, long endedNanos) {
                appendTook(begunNanos, endedNanos);
            }

            @Override
            public void failed(Throwable error) {
                observer.failed(error);
            }
        });
    }

    @Override
    public long quietNanos(long nowNanos) {
        return logQueue.stalledNanos(nowNanos);
    }

    @Override
    public boolean holdsUp() {
        return logQueue.isHeldUp();
    }

    @Override
    public void tick() {
        logQueue.tick();
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        request(1);
    }

    @Override
    protected void hookOnNext(Ready ready) {
        observer.saw(ready);
        for (Message message : ready.messages()) {
            switch (message.getTo()) {
                case RawNode.APPEND_THREAD -> append(message);
                case RawNode.APPLY_THREAD -> applier.apply(message);
                default -> toPeer(message);
            }
        }
        ready.logReads().forEach(this::read);
        request(1);
    }

    private void append(Message work) {
        if (work.hasSnapshot()) {
            applier.overtake(
                    work.getSnapshot().getIndex()); // before the log loses what the applier may be about to read
            observer.installing();
        }
        logQueue.append(work);
    }

    /** A snapshot of the leader's stands in for the log now: the state follows. On the log's thread. */
    private void installed(SnapshotMetadata snapshot) {
        services.snapshots()
                .marked(snapshot)
                .flatMap(older -> giveBack().thenReturn(older))
                .doOnError(leftover -> LOG.warn(
                        "{} keeps an old snapshot that is not needed: {}", settings.logPrefix(), leftover.toString()))
                .onErrorReturn(0L)
                .subscribe(older -> applier.restore(snapshot));
    }

    /** What lies before a log that begins anew takes room that a full disk may need. */
    private Mono<Void> giveBack() {
        String group = settings.groupId();
        return Mono.defer(
                () -> services.log().compact(group, services.log().view(group).firstIndex() - 1));
    }

    private void toPeer(Message message) {
        if (message.getType() == MessageType.MSG_SNAPSHOT) {
            observer.sendSnapshot(message);
        } else if (observer.maySend(message)) {
            services.transport().send(settings.groupId(), message);
        }
    }

    /** One line a stall: whoever waited already when the last one was said, waited for the same. */
    private void appendTook(long begunNanos, long endedNanos) {
        long nanos = endedNanos - begunNanos;
        services.metrics().record(Metric.APPEND_DURATION, settings.groupId(), null, nanos);
        Long said = slowAppendSaidNanos;
        if (nanos > settings.config().slowSync().toNanos() && (said == null || begunNanos - said > 0)) {
            slowAppendSaidNanos = endedNanos;
            LOG.warn(
                    "{} waited {} ms for an append to be durable: look at the disk of {}",
                    settings.logPrefix(),
                    nanos / 1_000_000,
                    settings.dataDir());
        }
    }

    /** The work is durable: what it promised may be said. On the log's thread. */
    private void respond(List<Message> responses) {
        for (Message response : responses) {
            if (!response.getTo().equals(settings.id()) && observer.maySend(response)) {
                services.transport().send(settings.groupId(), response);
            }
        }
        loop.post(core -> {
            for (Message response : responses) {
                if (response.getTo().equals(settings.id())) {
                    core.step(response);
                }
            }
        });
    }

    private void read(LogRead request) {
        services.log()
                .read(settings.groupId(), request.from(), request.to(), request.maxBytes())
                .subscribe(entries -> loop.post(core -> core.logRead(request, entries)), error -> {
                    if (error instanceof IndexOutOfBoundsException) { // compacted in the meantime
                        loop.post(core -> core.logRead(request, List.of()));
                    } else {
                        observer.failed(error);
                    }
                });
    }

    @Override
    protected void hookOnError(Throwable broken) {
        observer.failed(broken);
    }
}
