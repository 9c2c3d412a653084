package io.reactorraft.wal;

import com.google.protobuf.ByteString;
import io.reactorraft.core.LogView;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.LogStore;
import io.reactorraft.spi.RaftMetrics;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The log on memory-mapped Chronicle queues: one log a directory, for all groups of a node.
 *
 * <p>Work begins with the call, in the order of the calls, not with a subscription; whoever subscribes later gets the same
 * outcome. A store is opened once: to open the directory again, after closing or a failure, make another.
 *
 * <p><b>Threads.</b> Two of its own, both daemons: {@code raft-wal-NODE} writes and syncs, and signals what became durable;
 * {@code raft-wal-read-NODE} reads what is no longer in memory, and signals that. Neither may be held up by a subscriber.
 *
 * <p><b>Errors.</b> As {@link LogStore} says; refusals of {@link #open} are {@link
 * io.reactorraft.spi.StartRefusedException}s. An entry beyond the limit of {@link WalConfig#segmentBytes} is impossible,
 * and the limit of writes is {@link WalConfig#maxQueuedWrites}.
 *
 * <p><b>A full disk</b> is one that has no room for another segment. The last quarter of the one before it is kept for what
 * is no entry.
 */
public final class ChronicleLogStore implements LogStore {
    private final WalConfig config;
    private final LogDisk disk;
    private volatile RaftMetrics metrics = RaftMetrics.NONE;
    private volatile @Nullable OpenLog log;
    private boolean closed;

    /** A store with {@link WalConfig#defaults}, as {@link java.util.ServiceLoader} makes it; inert until opened. */
    public ChronicleLogStore() {
        this(WalConfig.defaults());
    }

    /** A store with sizes of one's own; inert until opened. */
    public ChronicleLogStore(WalConfig config) {
        this(config, LogDisk.REAL);
    }

    ChronicleLogStore(WalConfig config, Syncer syncer) {
        this(config, new LogDisk(syncer, Preallocation.DISK));
    }

    ChronicleLogStore(WalConfig config, LogDisk disk) {
        this.config = config;
        this.disk = disk;
    }

    @Override
    public void measure(RaftMetrics metrics) {
        this.metrics = metrics;
    }

    @Override
    public synchronized Mono<Owner> open(Path directory, String clusterId, String nodeId) {
        OpenLog current = log;
        if (closed) {
            return Mono.error(new IllegalStateException("this store is closed; make another for " + directory));
        }
        if (current == null) {
            current = new OpenLog(new Owner(clusterId, nodeId, ByteString.EMPTY), directory, config, disk, metrics);
            log = current;
            current.start();
        } else if (!current.isFor(directory, clusterId, nodeId)) {
            return Mono.error(new IllegalStateException("this store is open for another node in " + current.directory()
                    + "; make another for " + directory));
        }
        return current.opened();
    }

    @Override
    public HardState hardState(String groupId) {
        GroupLog group = log().groups().find(groupId);
        return group == null ? HardState.getDefaultInstance() : group.view().hardState();
    }

    @Override
    public SnapshotMetadata snapshotMark(String groupId) {
        GroupLog group = log().groups().find(groupId);
        return group == null
                ? SnapshotMetadata.getDefaultInstance()
                : group.view().mark();
    }

    @Override
    public LogView view(String groupId) {
        return log().groups().get(groupId).view();
    }

    @Override
    public boolean isFull() {
        return log().isFull();
    }

    @Override
    public Mono<Void> append(String groupId, HardState hardState, List<Entry> entries) {
        return submit(groupId, group -> new Append(group, hardState, entries));
    }

    @Override
    public Mono<Void> mark(String groupId, SnapshotMetadata snapshot) {
        return submit(groupId, group -> new Mark(group, snapshot));
    }

    @Override
    public Mono<Void> compact(String groupId, long upTo) {
        return submit(groupId, group -> new Compact(group, upTo));
    }

    @Override
    public Mono<List<Entry>> read(String groupId, long from, long to, long maxBytes) {
        try {
            return log().reader().read(log().groups().get(groupId), from, to, maxBytes);
        } catch (IllegalArgumentException | IllegalStateException refused) {
            return Mono.error(refused);
        }
    }

    @Override
    public synchronized Mono<Void> close() {
        closed = true;
        OpenLog current = log;
        return current == null ? Mono.empty() : current.close();
    }

    private Mono<Void> submit(String groupId, Function<GroupLog, Work> work) {
        try {
            OpenLog current = log();
            return current.thread().submit(work.apply(current.groups().get(groupId)));
        } catch (IllegalArgumentException | IllegalStateException refused) {
            return Mono.error(refused);
        }
    }

    private OpenLog log() {
        OpenLog current = log;
        if (current == null) {
            throw new IllegalStateException("the log is not open: call open() first");
        }
        return current;
    }
}
