package io.reactorraft.testkit;

import com.google.protobuf.ByteString;
import io.reactorraft.spi.DiskFullException;
import io.reactorraft.spi.LogStore.Owner;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.StartRefusedException.Kind;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * A disk for {@link InMemoryLogStore}s, which outlives them, and whose syncs and power are in the hands of the test.
 *
 * <p>Thread-safe. While syncs are held, nothing that was written is durable, shown or answered.
 */
public final class InMemoryDisk {
    private final Map<Path, Directory> directories = new HashMap<>();
    private final Map<Path, Map<String, InMemorySnapshot>> snapshots = new HashMap<>();
    private final List<Pending> pending = new ArrayList<>();
    private boolean held;
    private boolean full;

    /** From now on there is no room for entries, but for changes of the configuration. */
    public synchronized void fill() {
        full = true;
    }

    /** There is room again. */
    public synchronized void makeRoom() {
        full = false;
    }

    synchronized boolean isFull() {
        return full;
    }

    /** Writes wait from now on, as if a sync took for ever. */
    public synchronized void hold() {
        held = true;
    }

    /** Writes that waited become durable, in order, and are answered on this thread; later ones wait no more. */
    public void release() {
        List<Pending> released;
        synchronized (this) {
            held = false;
            released = List.copyOf(pending);
            pending.clear();
        }
        released.forEach(Pending::carryOut);
    }

    /**
     * What was not synced is gone: writes that wait, which are never answered, and commit indexes that were not synced with
     * anything else. Stores lose their directories, which can be opened anew.
     */
    public synchronized void losePower() {
        held = false;
        pending.clear();
        for (Directory directory : directories.values()) {
            directory.holder = null;
            directory.logs.values().forEach(InMemoryLog::losePower);
        }
    }

    synchronized Owner take(Path path, Object holder, String clusterId, String nodeId) {
        Directory directory = directories.computeIfAbsent(path, none -> new Directory(clusterId, nodeId, dataId()));
        Owner owner = directory.owner;
        if (!owner.clusterId().equals(clusterId) || !owner.nodeId().equals(nodeId)) {
            throw new StartRefusedException(
                    Kind.FOREIGN,
                    path + " belongs to node " + owner.nodeId() + " of cluster " + owner.clusterId() + ", not to node "
                            + nodeId + " of cluster " + clusterId + "; use this node's own directory");
        }
        if (directory.holder != null) {
            throw new StartRefusedException(
                    Kind.LOCKED, path + " is in use by another log in this process; give each node its own");
        }
        directory.holder = holder;
        return owner;
    }

    synchronized void giveUp(Path path, Object holder) {
        Directory directory = directories.get(path);
        if (directory != null && directory.holder == holder) {
            directory.holder = null;
            directory.logs.values().forEach(InMemoryLog::sync);
        }
    }

    /** The log of a group, for the store that holds the directory. */
    synchronized InMemoryLog log(Path path, Object holder, String groupId) {
        Directory directory = directories.get(path);
        if (directory == null || directory.holder != holder) {
            throw new IllegalStateException("the log in " + path + " lost its power; open it anew");
        }
        return directory.logs.computeIfAbsent(groupId, none -> new InMemoryLog());
    }

    /** The snapshots in a directory, by id; its user guards them by this disk. */
    synchronized Map<String, InMemorySnapshot> snapshots(Path path) {
        return snapshots.computeIfAbsent(path, none -> new HashMap<>());
    }

    /** Carries out the write, at once or when syncs are released. */
    Mono<Void> write(Runnable write) {
        Pending next = new Pending(write);
        synchronized (this) {
            if (held) {
                pending.add(next);
                return next.promise.asMono();
            }
        }
        next.carryOut();
        return next.promise.asMono();
    }

    private ByteString dataId() {
        return ByteString.copyFrom(ByteBuffer.allocate(16).putLong(8, directories.size() + 1));
    }

    /** A write and its promise. */
    private static final class Pending {
        private final Runnable write;
        private final Sinks.One<Void> promise = Sinks.unsafe().one();

        Pending(Runnable write) {
            this.write = write;
        }

        void carryOut() {
            try {
                write.run();
            } catch (IllegalArgumentException | DiskFullException refused) {
                promise.tryEmitError(refused);
                return;
            }
            promise.tryEmitEmpty();
        }
    }

    /** What lies in a directory, and who has it. */
    private static final class Directory {
        private final Owner owner;
        private final Map<String, InMemoryLog> logs = new HashMap<>();
        private @Nullable Object holder;

        Directory(String clusterId, String nodeId, ByteString dataId) {
            this.owner = new Owner(clusterId, nodeId, dataId);
        }
    }
}
