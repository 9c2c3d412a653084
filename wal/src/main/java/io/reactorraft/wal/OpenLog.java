package io.reactorraft.wal;

import io.reactorraft.spi.LogStore;
import io.reactorraft.spi.RaftMetrics;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * A directory while a store has it: the two threads, the lock, and the order in which they come and go.
 *
 * <pre>
 *   open:   lock ▶ read back ▶ begin a segment ▶ opened
 *   close:  log's thread drains, syncs, closes its files ▶ reading thread drains ▶ lock given up ▶ closed
 *   refusal: log's thread ends ▶ reading thread ends ▶ lock given up ▶ opened, with the error
 *   failure: the log's thread ends with its error; reading goes on until the store is closed
 * </pre>
 */
final class OpenLog implements WalThread.Life {
    private static final Logger log = LoggerFactory.getLogger(OpenLog.class);

    private final Path directory;
    private final String clusterId;
    private final String nodeId;
    private final WalConfig config;
    private final LogDisk disk;
    private final Groups groups;
    private final SyncTimer timer;
    private final WalThread thread;
    private final LogReader reader;
    private final Sinks.One<LogStore.Owner> opened = Sinks.unsafe().one();
    private final Sinks.One<Void> closed = Sinks.unsafe().one();
    private volatile @Nullable DirectoryLock lock;
    private volatile @Nullable WalWriter writer;
    private volatile boolean isOpen;
    private volatile boolean closing;
    private volatile boolean ended;
    private volatile @Nullable Throwable failureOfOpening;
    private volatile @Nullable Throwable failureOfClosing;

    OpenLog(LogStore.Owner who, Path directory, WalConfig config, LogDisk disk, RaftMetrics metrics) {
        this.directory = directory;
        this.clusterId = who.clusterId();
        this.nodeId = who.nodeId();
        this.config = config;
        this.groups = new Groups(config.cacheBytes());
        this.timer = new SyncTimer(metrics, config.slowSync());
        this.thread = new WalThread("raft-wal-" + nodeId, config.maxQueuedWrites(), this);
        this.reader = new LogReader("raft-wal-read-" + nodeId, config.maxQueuedReads(), this::terminated);
        this.disk = disk;
    }

    void start() {
        thread.start();
    }

    Mono<LogStore.Owner> opened() {
        return opened.asMono();
    }

    boolean isFor(Path otherDirectory, String otherClusterId, String otherNodeId) {
        return directory.equals(otherDirectory) && clusterId.equals(otherClusterId) && nodeId.equals(otherNodeId);
    }

    Path directory() {
        return directory;
    }

    /** What was recovered and what came since; refused before it is there and once it is given up. */
    Groups groups() {
        if (!isOpen) {
            throw new IllegalStateException("the log in " + directory + " is not open yet: wait for open()");
        }
        if (closing) {
            throw new IllegalStateException("the log in " + directory + " is closed");
        }
        return groups;
    }

    /** See {@link LogStore#isFull}. */
    boolean isFull() {
        WalWriter current = writer;
        return current != null && current.full() != null;
    }

    WalThread thread() {
        return thread;
    }

    LogReader reader() {
        return reader;
    }

    /** Idempotent. */
    Mono<Void> close() {
        closing = true;
        thread.close();
        if (ended) {
            reader.shutdown();
        }
        return closed.asMono();
    }

    @Override
    public WalWriter open() throws IOException {
        JvmFlags.calm();
        JvmFlags.check();
        JvmFlags.checkNativeAccess();
        JvmFlags.quieten();
        LogOpening opening = new LogOpening(directory, clusterId, nodeId);
        DirectoryLock held = opening.lock();
        lock = held;
        WalWriter opened = opening.open(new LogOpening.Wiring(config, groups, timer, disk, reader));
        held.sign();
        return opened;
    }

    @Override
    public void ready(WalWriter writer) {
        this.writer = writer;
        isOpen = true;
        opened.tryEmitValue(new LogStore.Owner(clusterId, nodeId, writer.dataId()));
    }

    @Override
    public void ended(@Nullable Throwable failure) {
        if (failure != null && isOpen) {
            log.error("{}: the log in {} failed, nothing more is written", nodeId, directory, failure);
            failureOfClosing = closing ? failure : null;
        }
        if (failure != null && !isOpen) {
            failureOfOpening = failure;
        }
        ended = true;
        if (closing || !isOpen) {
            reader.shutdown();
        }
    }

    /** The reading thread, which is the last one, has ended. */
    private void terminated() {
        Throwable failure = failureOfClosing;
        DirectoryLock held = lock;
        try {
            if (held != null) {
                held.close();
            }
        } catch (IOException e) {
            failure = failure == null ? e : failure;
        }
        Throwable refusal = failureOfOpening;
        if (refusal != null) {
            opened.tryEmitError(refusal); // who tries again at once finds the directory free
        }
        if (failure == null) {
            closed.tryEmitEmpty();
        } else {
            closed.tryEmitError(failure);
        }
    }
}
