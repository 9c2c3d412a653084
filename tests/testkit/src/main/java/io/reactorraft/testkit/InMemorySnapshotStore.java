package io.reactorraft.testkit;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.LogStore;
import io.reactorraft.spi.LogStore.Owner;
import io.reactorraft.spi.SnapshotStore;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.StartRefusedException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Snapshots that keep every promise but to survive the process: passes {@link SnapshotStoreContract}.
 *
 * <p>They lie on an {@link InMemoryDisk}, where another store finds them again. What is saved is durable at once.
 *
 * <p><b>Threads.</b> Callable from any; everything is done, and signalled, on the thread that subscribes, requests or emits.
 * No clock is asked: a content that stands still is waited for.
 */
public final class InMemorySnapshotStore implements SnapshotStore {
    private static final int MAX_BUFFER_BYTES = 16 << 20;
    private static final int BUFFERS_IN_FLIGHT = 4;

    private final InMemoryDisk disk;
    private @Nullable Opened opened;
    private boolean closed;
    private final Set<String> unmarked = new HashSet<>();
    private long saved;

    private record Opened(Path directory, Owner owner, LogStore log, Map<String, InMemorySnapshot> snapshots) {}

    /** A store with a disk of its own. */
    public InMemorySnapshotStore() {
        this(new InMemoryDisk());
    }

    /** A store whose snapshots lie on the disk given. */
    public InMemorySnapshotStore(InMemoryDisk disk) {
        this.disk = disk;
    }

    @Override
    public Mono<Void> open(Path directory, Owner owner, LogStore log) {
        return Mono.fromRunnable(() -> {
            synchronized (disk) {
                if (closed) {
                    throw closedException();
                }
                if (opened != null && !opened.directory.equals(directory)) {
                    throw new IllegalStateException(
                            "this store is open in " + opened.directory + "; make another for " + directory);
                }
                Opened store = new Opened(directory, owner, log, disk.snapshots(directory));
                for (InMemorySnapshot each : store.snapshots.values()) {
                    if (!each.dataId().equals(owner.dataId())) {
                        throw new StartRefusedException(
                                Kind.FOREIGN,
                                directory
                                        + " holds a snapshot of another data directory; put back what belongs together");
                    }
                }
                store.snapshots.values().removeIf(each -> isLeftover(each.metadata(), log));
                opened = store;
            }
        });
    }

    @Override
    public Mono<SnapshotMetadata> latest(String groupId) {
        return Mono.fromCallable(() -> {
            synchronized (disk) {
                Opened store = store();
                SnapshotMetadata mark = store.log.snapshotMark(groupId);
                InMemorySnapshot marked = store.snapshots.get(mark.getSnapshotId());
                if (mark.getIndex() == 0 || (marked != null && marked.isWhole())) {
                    return mark.getIndex() == 0 ? null : mark;
                }
                long first = store.log.view(groupId).firstIndex();
                for (InMemorySnapshot older : older(store, mark)) {
                    if (older.isWhole() && older.metadata().getIndex() + 1 >= first) {
                        return older.metadata();
                    }
                }
                if (first == 1) {
                    return null;
                }
                throw new StartRefusedException(
                        Kind.DAMAGED,
                        "snapshot " + mark.getSnapshotId() + " of group " + groupId + " in " + store.directory
                                + " is damaged or missing, and the log begins with entry " + first
                                + "; replace this member");
            }
        });
    }

    @Override
    public Mono<SnapshotMetadata> save(SnapshotMetadata metadata, Flux<ByteBuffer> content) {
        return Mono.defer(() -> {
            store();
            return content.limitRate(BUFFERS_IN_FLIGHT)
                    .map(InMemorySnapshotStore::copy)
                    .collectList()
                    .map(buffers -> keep(metadata, buffers));
        });
    }

    @Override
    public Mono<Long> marked(SnapshotMetadata snapshot) {
        return Mono.fromCallable(() -> {
            synchronized (disk) {
                Opened store = store();
                unmarked.remove(snapshot.getSnapshotId());
                store.snapshots.values().removeIf(each -> isOvertaken(each, snapshot));
                List<InMemorySnapshot> older = older(store, snapshot);
                older.stream()
                        .skip(1)
                        .forEach(each -> store.snapshots.remove(each.metadata().getSnapshotId()));
                return older.isEmpty() ? 0L : older.get(0).metadata().getIndex();
            }
        });
    }

    private boolean isOvertaken(InMemorySnapshot each, SnapshotMetadata mark) {
        SnapshotMetadata metadata = each.metadata();
        String id = metadata.getSnapshotId();
        if (!metadata.getGroupId().equals(mark.getGroupId()) || id.equals(mark.getSnapshotId())) {
            return false;
        }
        return metadata.getIndex() == mark.getIndex()
                || (metadata.getIndex() < mark.getIndex() && (unmarked.remove(id) || !each.isWhole()));
    }

    @Override
    public Mono<Void> discard(SnapshotMetadata snapshot) {
        return Mono.fromRunnable(() -> {
            synchronized (disk) {
                Opened store = store();
                String id = snapshot.getSnapshotId();
                boolean marked = store.log
                        .snapshotMark(snapshot.getGroupId())
                        .getSnapshotId()
                        .equals(id);
                if (!marked && unmarked.remove(id)) {
                    store.snapshots.remove(id);
                }
            }
        });
    }

    @Override
    public Flux<ByteBuffer> load(SnapshotMetadata snapshot) {
        return Flux.defer(() -> {
            synchronized (disk) {
                InMemorySnapshot found = store().snapshots.get(snapshot.getSnapshotId());
                if (found == null || !found.isWhole()) {
                    return Flux.error(new IOException("snapshot " + snapshot.getSnapshotId() + " is "
                            + (found == null ? "not here" : "damaged")));
                }
                return Flux.fromIterable(found.buffers()).map(ByteString::asReadOnlyByteBuffer);
            }
        });
    }

    @Override
    public Mono<Void> close() {
        return Mono.fromRunnable(() -> {
            synchronized (disk) {
                closed = true;
            }
        });
    }

    /** Changes what lies on the disk, so that no checksum fits any more. */
    public void damage(SnapshotMetadata snapshot) {
        synchronized (disk) {
            store().snapshots.computeIfPresent(snapshot.getSnapshotId(), (id, found) -> found.damaged());
        }
    }

    private SnapshotMetadata keep(SnapshotMetadata metadata, List<ByteString> buffers) {
        synchronized (disk) {
            Opened store = store();
            int checksum = InMemorySnapshot.checksum(buffers);
            long size = InMemorySnapshot.size(buffers);
            if (metadata.getSizeBytes() != 0 && (metadata.getSizeBytes() != size || metadata.getCrc32C() != checksum)) {
                throw reactor.core.Exceptions.propagate(new IOException(
                        "the snapshot at " + metadata.getIndex() + " is not what was sent; it is to be sent again"));
            }
            SnapshotMetadata whole = metadata.toBuilder()
                    .setSizeBytes(size)
                    .setCrc32C(checksum)
                    .setSnapshotId(metadata.getGroupId() + "-" + metadata.getIndex() + "-" + store.snapshots.size()
                            + "-" + saved++)
                    .build();
            unmarked.add(whole.getSnapshotId());
            store.snapshots.put(
                    whole.getSnapshotId(), new InMemorySnapshot(whole, store.owner.dataId(), List.copyOf(buffers)));
            return whole;
        }
    }

    private static ByteString copy(ByteBuffer buffer) {
        if (buffer.remaining() > MAX_BUFFER_BYTES) {
            throw new IllegalArgumentException("a snapshot's buffer has " + buffer.remaining() + " bytes, and "
                    + MAX_BUFFER_BYTES + " are the limit; emit smaller ones");
        }
        return ByteString.copyFrom(buffer.duplicate());
    }

    private static boolean isLeftover(SnapshotMetadata snapshot, LogStore log) {
        SnapshotMetadata mark = log.snapshotMark(snapshot.getGroupId());
        return snapshot.getIndex() >= mark.getIndex()
                && !snapshot.getSnapshotId().equals(mark.getSnapshotId());
    }

    /** Those before the marked one, newest first. */
    private static List<InMemorySnapshot> older(Opened store, SnapshotMetadata mark) {
        List<InMemorySnapshot> older = new ArrayList<>(store.snapshots.values());
        older.removeIf(each -> !each.metadata().getGroupId().equals(mark.getGroupId())
                || each.metadata().getIndex() >= mark.getIndex());
        older.sort(Comparator.comparingLong(
                        (InMemorySnapshot each) -> each.metadata().getIndex())
                .reversed());
        return older;
    }

    private Opened store() {
        synchronized (disk) {
            Opened store = opened;
            if (closed) {
                throw closedException();
            }
            if (store == null) {
                throw new IllegalStateException("the snapshot store is not open: call open() first");
            }
            return store;
        }
    }

    private static IllegalStateException closedException() {
        return new IllegalStateException("the snapshot store is closed");
    }
}
