package io.reactorraft.wal;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.SegmentStart;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.StartRefusedException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;

/**
 * From a directory to a log that can be written: lock, read back, begin a segment, and only then clear away what is
 * obsolete.
 *
 * <p>On the log's thread. Until everything was read and found good, nothing on disk is changed but the lock's file.
 */
final class LogOpening {
    private static final int REWRITE_BYTES = 1 << 20;
    private static final int DATA_ID_BYTES = 16;

    private final Path root;
    private final String clusterId;
    private final String nodeId;

    LogOpening(Path root, String clusterId, String nodeId) {
        this.root = root;
        this.clusterId = clusterId;
        this.nodeId = nodeId;
    }

    /** Makes the directory where there is none, and takes it. */
    DirectoryLock lock() {
        try {
            Files.createDirectories(root);
            return DirectoryLock.acquire(root);
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    /** Reads the log back into the groups and begins a segment behind it. The lock is held. */
    WalWriter open(Wiring wiring) {
        try {
            LogDirectory directory = new LogDirectory(root);
            Recovery.Result found = new Recovery(directory, clusterId, nodeId, wiring.groups()).run();
            return begin(directory, found, wiring);
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    /** What the writer is put together from; {@code reader} is told which files there are, and prepares new ones. */
    record Wiring(WalConfig config, Groups groups, SyncTimer timer, Syncer syncer, LogReader reader) {}

    private WalWriter begin(LogDirectory directory, Recovery.Result found, Wiring wiring) throws IOException {
        forceTail(found);
        ByteString dataId = found.dataId() == null ? newDataId() : found.dataId();
        SegmentStart owner = SegmentStart.newBuilder()
                .setFormatVersion(RecordLayout.FORMAT_VERSION)
                .setClusterId(clusterId)
                .setNodeId(nodeId)
                .setDataId(dataId)
                .build();
        Path queue = directory.queue(found.nextCycle());
        WalWriter writer = writer(wiring, queue, owner, found);
        try {
            writer.begin();
            directory.syncPathTo(queue);
            for (Segment obsolete : found.obsolete()) {
                Files.delete(obsolete.path());
            }
            directory.tidy(queue);
            return writer;
        } catch (IOException | RuntimeException | Error failed) {
            writer.abandon();
            throw failed;
        }
    }

    private WalWriter writer(Wiring wiring, Path queue, SegmentStart owner, Recovery.Result found) throws IOException {
        WalMark mark = WalMark.open(root, owner.getDataId());
        try {
            SegmentWriter segments =
                    new SegmentWriter(queue, found.nextCycle(), wiring.config(), wiring.syncer(), wiring.reader());
            return new WalWriter(wiring, segments, mark, owner, found);
        } catch (IOException | RuntimeException | Error failed) {
            mark.close();
            throw failed;
        }
    }

    /**
     * What a killed process wrote may be in the page cache alone; it counts from now on, so it must be durable. A sync
     * alone does not make sure of that: after one that failed, the kernel takes the pages for clean and writes nothing. So
     * the last segment is written anew, each byte in its place.
     */
    private static void forceTail(Recovery.Result found) throws IOException {
        if (found.live().isEmpty()) {
            return;
        }
        Path last = found.live().get(found.live().size() - 1).path();
        try (FileChannel channel = FileChannel.open(last, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            rewrite(channel);
            channel.force(true);
        }
        LogDirectory.sync(LogDirectory.parent(last));
    }

    private static void rewrite(FileChannel channel) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(REWRITE_BYTES);
        long at = 0;
        while (channel.read(buffer.clear(), at) > 0) {
            buffer.flip();
            while (buffer.hasRemaining()) {
                at += channel.write(buffer, at);
            }
        }
    }

    private static ByteString newDataId() {
        byte[] random = new byte[DATA_ID_BYTES];
        new SecureRandom().nextBytes(random);
        return ByteString.copyFrom(random);
    }

    private StartRefusedException unwritable(IOException e) {
        return new StartRefusedException(
                Kind.UNWRITABLE,
                "the log in " + root + " cannot be read or written (" + e + "); check rights and room on the disk",
                e);
    }
}
