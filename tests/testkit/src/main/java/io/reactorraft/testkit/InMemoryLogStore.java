package io.reactorraft.testkit;

import io.reactorraft.core.LogView;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.DiskFullException;
import io.reactorraft.spi.LogStore;
import io.reactorraft.spi.StartRefusedException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A log that keeps every promise but to survive the process: it passes {@link LogStoreContract}.
 *
 * <p>What it writes lies on an {@link InMemoryDisk}, from which another store can open it again, and which can be told to
 * hold its syncs, to be full or to lose power.
 *
 * <p><b>Threads.</b> Callable from any; everything is done, and signalled, on the thread that calls, or on that of {@link
 * InMemoryDisk#release}.
 */
public final class InMemoryLogStore implements LogStore {
    private final InMemoryDisk disk;
    private @Nullable Owner owner;
    private @Nullable Path directory;
    private boolean closed;

    /** A store with a disk of its own. */
    public InMemoryLogStore() {
        this(new InMemoryDisk());
    }

    /** A store whose log lies on the disk given. */
    public InMemoryLogStore(InMemoryDisk disk) {
        this.disk = disk;
    }

    @Override
    public synchronized Mono<Owner> open(Path directory, String clusterId, String nodeId) {
        if (closed) {
            return Mono.error(new IllegalStateException("this store is closed; make another for " + directory));
        }
        Owner current = owner;
        if (current != null) {
            boolean same = directory.equals(this.directory)
                    && current.clusterId().equals(clusterId)
                    && current.nodeId().equals(nodeId);
            return same
                    ? Mono.just(current)
                    : Mono.error(new IllegalStateException("this store is open for another node in " + this.directory
                            + "; make another for " + directory));
        }
        try {
            current = disk.take(directory, this, clusterId, nodeId);
        } catch (StartRefusedException refused) {
            return Mono.error(refused);
        }
        this.directory = directory;
        owner = current;
        return Mono.just(current);
    }

    @Override
    public HardState hardState(String groupId) {
        return log(groupId).hardState();
    }

    @Override
    public SnapshotMetadata snapshotMark(String groupId) {
        return log(groupId).mark();
    }

    @Override
    public LogView view(String groupId) {
        return log(groupId);
    }

    @Override
    public boolean isFull() {
        return disk.isFull();
    }

    @Override
    public Mono<Void> append(String groupId, HardState hardState, List<Entry> entries) {
        return write(groupId, log -> {
            if (disk.isFull() && entries.stream().anyMatch(entry -> entry.getType() == EntryType.ENTRY_NORMAL)) {
                throw new DiskFullException("the disk in memory was filled: make room, and it goes on by itself");
            }
            log.append(hardState, entries);
        });
    }

    @Override
    public Mono<Void> mark(String groupId, SnapshotMetadata snapshot) {
        return write(groupId, log -> log.mark(snapshot));
    }

    @Override
    public Mono<Void> compact(String groupId, long upTo) {
        return write(groupId, log -> log.compact(upTo));
    }

    @Override
    public Mono<List<Entry>> read(String groupId, long from, long to, long maxBytes) {
        try {
            return Mono.just(log(groupId).read(from, to, maxBytes));
        } catch (IllegalStateException | IndexOutOfBoundsException refused) {
            return Mono.error(refused);
        }
    }

    @Override
    public synchronized Mono<Void> close() {
        Path held = directory;
        if (!closed && held != null) {
            disk.giveUp(held, this);
        }
        closed = true;
        return Mono.empty();
    }

    private Mono<Void> write(String groupId, Consumer<InMemoryLog> change) {
        try {
            InMemoryLog log = log(groupId);
            return disk.write(() -> change.accept(log));
        } catch (IllegalStateException refused) {
            return Mono.error(refused);
        }
    }

    private synchronized InMemoryLog log(String groupId) {
        Path open = directory;
        if (closed || open == null) {
            throw new IllegalStateException(closed ? "the log is closed" : "the log is not open: call open() first");
        }
        return disk.log(open, this, groupId);
    }
}
