package io.reactorraft.wal;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.SegmentStart;
import io.reactorraft.spi.LogStore;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.StartRefusedException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From a directory to a log that can be written: lock, read back, begin a segment, and only then clear away what is
 * obsolete.
 *
 * <p>On the log's thread. Until everything was read and found good, nothing on disk is changed but the lock's file.
 */
final class LogOpening {
    private static final Logger log = LoggerFactory.getLogger(LogOpening.class);
    private static final int REWRITE_BYTES = 1 << 20;
    private static final int DATA_ID_BYTES = 16;
    private static final long PAGE = 4096;

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
            LogStore.Owner owner = new LogStore.Owner(clusterId, nodeId, ByteString.EMPTY);
            long began = System.nanoTime();
            Recovery.Result found = new Recovery(directory, owner, wiring.groups(), wiring.reader()).run();
            wiring.timer().readBack(System.nanoTime() - began);
            return begin(directory, found, wiring);
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    /** What the writer is put together from; {@code reader} helps to read back, is told which files there are, and prepares new ones. */
    record Wiring(WalConfig config, Groups groups, SyncTimer timer, LogDisk disk, LogReader reader) {}

    private WalWriter begin(LogDirectory directory, Recovery.Result found, Wiring wiring) throws IOException {
        Recovery.Files files = found.files();
        if (found.tear() != null) {
            log.warn(
                    "{}; it was never acknowledged, so the log goes on behind record {}",
                    found.tear(),
                    found.lastRecord());
        }
        forceTail(files.live());
        if (found.tear() == null) {
            giveBack(files); // before more is asked for: it may be the last room there is
        }
        Path queue = directory.queue(files.nextCycle());
        directory.tidy(queue);
        WalWriter writer = writer(wiring, queue, owner(found.owner()), found);
        try {
            writer.begin();
            directory.syncPathTo(queue);
            giveBack(files);
            for (Segment obsolete : files.obsolete()) {
                Files.delete(obsolete.path());
            }
            directory.tidy(queue);
            return writer;
        } catch (IOException | RuntimeException | Error failed) {
            writer.abandon();
            throw failed;
        }
    }

    private SegmentStart owner(@Nullable SegmentHead known) {
        SegmentStart.Builder owner = SegmentStart.newBuilder()
                .setFormatVersion(RecordLayout.FORMAT_VERSION)
                .setClusterId(clusterId)
                .setNodeId(nodeId);
        if (known != null) {
            return owner.setDataId(known.dataId()).setChecksumSeed(known.seed()).build();
        }
        SecureRandom random = new SecureRandom();
        byte[] dataId = new byte[DATA_ID_BYTES];
        random.nextBytes(dataId);
        return owner.setDataId(ByteString.copyFrom(dataId))
                .setChecksumSeed(random.nextLong())
                .build();
    }

    private WalWriter writer(Wiring wiring, Path queue, SegmentStart owner, Recovery.Result found) throws IOException {
        WalMark mark = WalMark.open(root, owner.getDataId());
        try {
            SegmentWriter segments = new SegmentWriter(queue, found.files().nextCycle(), wiring);
            return new WalWriter(wiring, segments, mark, owner, found);
        } catch (IOException | RuntimeException | Error failed) {
            mark.close();
            throw failed;
        }
    }

    /**
     * What a killed process wrote may be in the page cache alone; it counts from now on, so it must be durable. A sync
     * alone does not make sure of that: after one that failed, the kernel takes the pages for clean and writes nothing. So
     * what counts of the last segment is written anew, each byte in its place.
     */
    private static void forceTail(List<Segment> live) throws IOException {
        if (live.isEmpty()) {
            return;
        }
        Segment last = live.get(live.size() - 1);
        try (FileChannel channel = FileChannel.open(last.path(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            rewrite(channel, last.bytes());
            channel.force(true);
        }
        LogDirectory.sync(LogDirectory.parent(last.path()));
    }

    private static void rewrite(FileChannel channel, long bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(REWRITE_BYTES);
        for (long at = 0; at < bytes; ) {
            buffer.clear().limit((int) Math.min(REWRITE_BYTES, bytes - at));
            if (channel.read(buffer, at) < 0) {
                throw new IOException("the last segment became shorter while it was read back");
            }
            buffer.flip();
            while (buffer.hasRemaining()) {
                at += channel.write(buffer, at);
            }
        }
    }

    /** What segments of earlier openings do not use is the disk's again: most of them, where little was written. */
    private static void giveBack(Recovery.Files files) throws IOException {
        for (Segment segment : files.live()) {
            giveBack(segment);
        }
        for (Segment segment : files.obsolete()) {
            giveBack(segment);
        }
    }

    private static void giveBack(Segment segment) throws IOException {
        long used = (segment.bytes() + PAGE - 1) & -PAGE;
        if (used > 0 && Files.size(segment.path()) > used) {
            try (FileChannel channel = FileChannel.open(segment.path(), StandardOpenOption.WRITE)) {
                channel.truncate(used);
            }
        }
    }

    private StartRefusedException unwritable(IOException e) {
        return new StartRefusedException(
                Kind.UNWRITABLE,
                "the log in " + root + " cannot be read or written (" + e + "); check rights and room on the disk",
                e);
    }
}
