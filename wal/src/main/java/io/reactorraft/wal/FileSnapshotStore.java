package io.reactorraft.wal;

import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.LogStore;
import io.reactorraft.spi.SnapshotStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Snapshots in files, {@code DATA_DIR/snapshots}, in the format that {@code wal/docs/format.md} describes.
 *
 * <p>Memory: a chunk and at most four buffers for each snapshot that is written, a chunk and its buffers twice for each that
 * is read, whatever their sizes.
 *
 * <p><b>Threads.</b> One of its own, {@code raft-snapshots-NODE}: all that touches a file is done there, in small steps, so
 * that several snapshots go on side by side.
 */
public final class FileSnapshotStore implements SnapshotStore {
    private static final Logger log = LoggerFactory.getLogger(FileSnapshotStore.class);
    private static final int BUFFERS_IN_FLIGHT = 4;
    private static final int THREAD_TTL_SECONDS = 60;
    private static final int ID_BYTES = 8;

    private final SnapshotConfig config;
    private final Syncer syncer;
    private final SnapshotRoom room;
    private final SecureRandom random = new SecureRandom();
    private final Set<AutoCloseable> streams = ConcurrentHashMap.newKeySet();
    private @Nullable Opened opened;
    private @Nullable Mono<Void> closing;
    private volatile boolean closed;

    /** What exists from opening on. */
    private record Opened(Path root, LogStore.Owner owner, SnapshotShelf shelf, Scheduler thread, Mono<Void> done) {}

    /** A store with {@link SnapshotConfig#defaults}, as {@link java.util.ServiceLoader} makes it; inert until opened. */
    public FileSnapshotStore() {
        this(SnapshotConfig.defaults());
    }

    /** A store with limits of one's own; inert until opened. */
    public FileSnapshotStore(SnapshotConfig config) {
        this(config, Syncer.DISK);
    }

    FileSnapshotStore(SnapshotConfig config, Syncer syncer) {
        this(config, syncer, SnapshotRoom.Disk.REAL);
    }

    FileSnapshotStore(SnapshotConfig config, Syncer syncer, SnapshotRoom.Disk disk) {
        this.config = config;
        this.syncer = syncer;
        this.room = new SnapshotRoom(config.reserveBytes(), disk);
    }

    @Override
    public synchronized Mono<Void> open(Path directory, LogStore.Owner owner, LogStore log) {
        Opened current = opened;
        if (closed) {
            return Mono.error(closedException());
        }
        if (current != null) {
            return current.root.equals(directory)
                    ? current.done
                    : Mono.error(new IllegalStateException(
                            "this store is open in " + current.root + "; make another for " + directory));
        }
        SnapshotShelf shelf = new SnapshotShelf(directory, owner, log, config.chunkBytes());
        Scheduler thread = Schedulers.newBoundedElastic(
                1, config.maxQueued(), "raft-snapshots-" + owner.nodeId(), THREAD_TTL_SECONDS, true);
        Mono<Void> done = Mono.<Void>fromCallable(() -> {
                    shelf.open();
                    return null;
                })
                .subscribeOn(thread)
                .cache();
        opened = new Opened(directory, owner, shelf, thread, done);
        return done;
    }

    @Override
    public Mono<SnapshotMetadata> latest(String groupId) {
        return Mono.defer(() -> {
            Opened store = store();
            return store.done.then(run(store, () -> store.shelf.latest(groupId)));
        });
    }

    @Override
    public Mono<SnapshotMetadata> save(SnapshotMetadata metadata, Flux<ByteBuffer> content) {
        return Mono.defer(() -> {
            Opened store = store();
            return store.done.then(Mono.usingWhen(
                    run(store, () -> begin(store, metadata)),
                    writer -> write(store, writer, content),
                    writer -> Mono.empty(),
                    (writer, error) -> cleanUp(store, () -> discard(store, writer)),
                    writer -> cleanUp(store, () -> discard(store, writer))));
        });
    }

    @Override
    public Mono<Long> marked(SnapshotMetadata snapshot) {
        return Mono.defer(() -> {
            Opened store = store();
            return store.done.then(run(store, () -> store.shelf.keepTwo(snapshot)));
        });
    }

    @Override
    public Mono<Void> discard(SnapshotMetadata snapshot) {
        return Mono.defer(() -> {
            Opened store = store();
            return store.done.then(run(store, () -> {
                store.shelf.discard(snapshot);
                return null;
            }));
        });
    }

    @Override
    public Flux<ByteBuffer> load(SnapshotMetadata snapshot) {
        return Flux.defer(() -> {
            Opened store = store();
            return store.done.thenMany(Flux.usingWhen(
                    run(store, () -> read(store, snapshot)),
                    reader -> run(store, () -> chunk(reader))
                            .repeat(() -> !reader.ended())
                            .concatMapIterable(buffers -> buffers, 1),
                    reader -> Mono.empty(),
                    (reader, error) -> cleanUp(store, () -> {
                        noticed(store, snapshot, error);
                        return end(reader);
                    }),
                    reader -> cleanUp(store, () -> end(reader))));
        });
    }

    @Override
    public synchronized Mono<Void> close() {
        closed = true;
        Opened store = opened;
        if (store == null) {
            return Mono.empty();
        }
        Mono<Void> once = closing;
        if (once == null) {
            once = Mono.<Void>fromCallable(() -> {
                        for (AutoCloseable stream : streams) {
                            stream.close();
                        }
                        return null;
                    })
                    .subscribeOn(store.thread)
                    .onErrorComplete(RejectedExecutionException.class) // too much waits: it ends all the same
                    .then(store.thread.disposeGracefully())
                    .timeout(config.maxWait())
                    .cache(); // goes on where nobody waits for it any more
            closing = once;
        }
        return once;
    }

    private Mono<SnapshotMetadata> write(Opened store, SnapshotWriter writer, Flux<ByteBuffer> content) {
        return content.timeout(config.maxWait(), Mono.error(this::stoodStill))
                .publishOn(store.thread, BUFFERS_IN_FLIGHT)
                .doOnNext(buffer -> {
                    try {
                        checkOpen();
                        writer.write(buffer);
                    } catch (IOException failed) {
                        throw Exceptions.propagate(failed);
                    }
                })
                .then(run(store, () -> {
                    checkOpen();
                    SnapshotMetadata whole = writer.finish();
                    store.shelf.add(whole);
                    streams.remove(writer);
                    return whole;
                }));
    }

    private SnapshotWriter begin(Opened store, SnapshotMetadata metadata) throws IOException {
        checkRoom();
        byte[] id = new byte[ID_BYTES];
        random.nextBytes(id);
        SnapshotMetadata named =
                metadata.toBuilder().setSnapshotId(HexFormat.of().formatHex(id)).build();
        SnapshotShelf shelf = store.shelf;
        room.checkFor(
                shelf.directory(),
                Math.max(metadata.getSizeBytes(), shelf.expectedBytes(metadata.getGroupId())),
                shelf.isLogFull());
        SnapshotWriter writer = SnapshotWriter.begin(
                shelf.directory(),
                store.owner,
                named,
                () -> room.check(shelf.directory(), shelf.isLogFull()),
                syncer,
                config.chunkBytes());
        streams.add(writer);
        return writer;
    }

    private boolean discard(Opened store, SnapshotWriter writer) throws IOException {
        store.shelf.forget(writer.metadata());
        writer.discard();
        return streams.remove(writer);
    }

    private SnapshotReader read(Opened store, SnapshotMetadata snapshot) throws IOException {
        checkRoom();
        try {
            SnapshotReader reader = SnapshotReader.open(store.shelf.file(snapshot), config.chunkBytes());
            streams.add(reader);
            return reader;
        } catch (IOException failed) {
            noticed(store, snapshot, failed);
            throw failed;
        }
    }

    private static void noticed(Opened store, SnapshotMetadata snapshot, Throwable failure) {
        if (failure instanceof SnapshotDamagedException || failure instanceof NoSuchFileException) {
            store.shelf.isDamaged(snapshot);
        }
    }

    /** The next buffers, a chunk of them: a step for each would cost more than reading it, where they are small. */
    private List<ByteBuffer> chunk(SnapshotReader reader) throws IOException {
        checkOpen();
        List<ByteBuffer> buffers = new ArrayList<>();
        for (long until = reader.offset() + config.chunkBytes(); reader.offset() < until; ) {
            ByteBuffer buffer = reader.next();
            if (buffer == null) {
                end(reader);
                break;
            }
            buffers.add(buffer);
        }
        return buffers;
    }

    private boolean end(SnapshotReader reader) throws IOException {
        reader.close();
        return streams.remove(reader);
    }

    /** What is left of a stream goes; where it cannot, the error that ended the stream is still the one to be told. */
    private Mono<?> cleanUp(Opened store, Callable<@Nullable Boolean> work) {
        return run(store, work).onErrorResume(failed -> {
            log.warn("what is left of a snapshot in {} goes at the next start: {}", store.root, failed.toString());
            return Mono.empty();
        });
    }

    private <T> Mono<T> run(Opened store, Callable<@Nullable T> work) {
        return Mono.<T>fromCallable(work)
                .subscribeOn(store.thread)
                .onErrorMap(
                        RejectedExecutionException.class,
                        rejected -> closed
                                ? closedException()
                                : new IllegalStateException(
                                        config.maxQueued() + " steps wait for the snapshot store already (maxQueued)",
                                        rejected));
    }

    private synchronized Opened store() {
        Opened store = opened;
        if (closed) {
            throw closedException();
        }
        if (store == null) {
            throw new IllegalStateException("the snapshot store is not open: call open() first");
        }
        return store;
    }

    private void checkRoom() {
        checkOpen();
        if (streams.size() >= config.maxStreams()) {
            throw new IllegalStateException(
                    config.maxStreams() + " snapshots are being written and read already (maxStreams); try later");
        }
    }

    private void checkOpen() {
        if (closed) {
            throw closedException();
        }
    }

    private TimeoutException stoodStill() {
        return new TimeoutException("the snapshot's content stood still for " + config.maxWait() + " (maxWait)");
    }

    private static IllegalStateException closedException() {
        return new IllegalStateException("the snapshot store is closed");
    }
}
