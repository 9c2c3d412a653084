package io.reactorraft.wal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.bytes.SyncMode;
import net.openhft.chronicle.core.io.BackgroundResourceReleaser;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.RollCycles;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.wire.DocumentContext;
import net.openhft.posix.PosixAPI;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Chronicle queue that this opening of the log writes: documents into the segment that is last.
 *
 * <p>Each opening has a queue, and so a directory, of its own: an appender looks through all files of its queue and may
 * write into them, which files that hold acknowledged entries are not for. Its own {@code sync()} misses directories and
 * swallows errors, so the file is forced through a channel of ours.
 *
 * <p>Used on the log's thread alone; everything here may block.
 */
final class SegmentWriter implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(SegmentWriter.class);

    /** What a segment keeps free behind its last document, for the index that Chronicle adds now and then. */
    private static final int RESERVE = 16 << 10;

    /** Documents per slot, and slots per index: 67 million documents a segment, with little room taken at its head. */
    private static final int INDEX_SPACING = 256;

    private static final int INDEX_COUNT = 512;
    private static final long TIMEOUT_MILLIS = 500;
    private static final int MADV_RANDOM = 1;

    private final Path directory;
    private final WalConfig config;
    private final Syncer syncer;
    private final Executor background;
    private final SingleChronicleQueue queue;
    private final ExcerptAppender appender;
    private int cycle;
    private @Nullable FileChannel channel;
    private @Nullable CompletableFuture<Void> next;
    private long end;
    private boolean unsynced;
    private boolean directorySynced;

    /**
     * Opens a queue in a directory of its own; {@code firstCycle} is the segment it begins with.
     *
     * @param background where the next segment is prepared
     */
    SegmentWriter(Path directory, int firstCycle, WalConfig config, Syncer syncer, Executor background)
            throws IOException {
        this.directory = Files.createDirectories(directory);
        this.config = config;
        this.syncer = syncer;
        this.background = background;
        this.cycle = firstCycle;
        Preallocation.prepare(path(firstCycle), config.segmentBytes());
        this.queue = SingleChronicleQueueBuilder.single(directory.toFile())
                .blockSize(config.segmentBytes())
                .rollCycle(RollCycles.FAST_HOURLY)
                .indexSpacing(INDEX_SPACING)
                .indexCount(INDEX_COUNT)
                .timeProvider(() -> this.cycle * SegmentName.CYCLE_MILLIS)
                .syncMode(SyncMode.NONE)
                .timeoutMS(TIMEOUT_MILLIS)
                .build();
        this.appender = queue.createAppender();
    }

    int cycle() {
        return cycle;
    }

    /** The file of a segment of this queue. */
    Path path(int ofCycle) {
        return directory.resolve(SegmentName.of(ofCycle));
    }

    /** Whether a document of that size still goes into this segment. */
    boolean fits(int bytes) {
        return end + bytes + RESERVE <= config.segmentBytes();
    }

    /** Prepares the next segment in the background once this one is half full. */
    void prepareNext() {
        if (next == null && end > config.segmentBytes() / 2) {
            Path following = path(cycle + 1);
            next = CompletableFuture.runAsync(
                    () -> {
                        try {
                            Preallocation.prepare(following, config.segmentBytes());
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    },
                    background);
        }
    }

    /**
     * Writes one document, which must {@linkplain #fits fit}. It is not durable before {@link #sync}.
     *
     * <p>Chronicle frames it, in mapped memory; its bytes go through the channel, in whole pages: storing them would fault
     * in each page, and a page that is not in memory would first be read.
     *
     * @param document with {@link BatchEncoder#PADDING} zeros behind its limit
     * @return the offset in the file at which its first byte stands
     */
    long write(ByteBuffer document) throws IOException {
        boolean whole = false;
        DocumentContext context = appender.writingDocument();
        try {
            Bytes<?> bytes = context.wire().bytes();
            long at = bytes.writePosition();
            int length = document.remaining();
            unsynced = true;
            writeFully(file(bytes), document.limit(length + padding(at + length)), at);
            bytes.writePosition(at + length);
            end = at + length;
            whole = true;
            return at;
        } finally {
            if (!whole) {
                context.rollbackOnClose(); // closing commits, also what an error cut short
            }
            context.close();
        }
    }

    /** The channel to the segment that is written now, which exists since Chronicle mapped it. */
    private FileChannel file(Bytes<?> mapped) throws IOException {
        FileChannel file = channel;
        if (file == null) {
            file = FileChannel.open(path(cycle), StandardOpenOption.READ, StandardOpenOption.WRITE);
            channel = file;
            // A store then dirties one page, not the folio of megabytes around it. Advice: it may be ignored.
            long start = mapped.addressForWrite(mapped.writePosition()) - mapped.writePosition();
            PosixAPI.posix().madvise(start, config.segmentBytes(), MADV_RANDOM);
        }
        return file;
    }

    private static int padding(long upTo) {
        return (int) (-upTo & (BatchEncoder.PADDING - 1));
    }

    private static void writeFully(FileChannel file, ByteBuffer bytes, long at) throws IOException {
        while (bytes.hasRemaining()) {
            file.write(bytes, at + bytes.position());
        }
    }

    /** Makes what was written durable. Never to be tried again after an error. */
    void sync() throws IOException {
        FileChannel file = channel;
        if (file == null || !unsynced) {
            return;
        }
        syncer.sync(file);
        if (!directorySynced) {
            LogDirectory.sync(directory);
            directorySynced = true;
        }
        unsynced = false;
    }

    /** Goes on to the next segment. What was written so far must be synced. */
    void roll() throws IOException {
        if (unsynced) {
            throw new IllegalStateException("segment " + cycle + " is left before it is durable");
        }
        closeChannel();
        if (!isNextPrepared()) {
            Preallocation.prepare(path(cycle + 1), config.segmentBytes());
        }
        next = null;
        cycle++;
        end = 0;
        directorySynced = false;
    }

    /** Files of this queue may be gone; Chronicle keeps a list of them. */
    void filesRemoved() {
        queue.refreshDirectoryListing();
    }

    /** Waits for the preparation, where one was begun; false where there is none, or it failed and is to be repeated. */
    private boolean isNextPrepared() {
        CompletableFuture<Void> preparation = next;
        if (preparation == null) {
            return false;
        }
        try {
            preparation.join();
            return true;
        } catch (CompletionException failed) {
            log.warn("{}: the next segment could not be prepared, trying again", directory, failed.getCause());
            return false;
        }
    }

    private void closeChannel() throws IOException {
        if (channel != null) {
            channel.close();
            channel = null;
        }
    }

    @Override
    public void close() throws IOException {
        appender.close();
        queue.close();
        BackgroundResourceReleaser.releasePendingResources(); // Chronicle unmaps in the background
        closeChannel();
        if (isNextPrepared()) {
            Preallocation.discard(path(cycle + 1));
        }
    }
}
