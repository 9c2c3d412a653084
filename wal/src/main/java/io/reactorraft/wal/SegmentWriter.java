package io.reactorraft.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.bytes.SyncMode;
import net.openhft.chronicle.core.io.BackgroundResourceReleaser;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.RollCycles;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.wire.DocumentContext;
import net.openhft.chronicle.wire.Wire;
import org.jspecify.annotations.Nullable;

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

    /** What a segment keeps free behind its last document, for the index that Chronicle adds now and then. */
    private static final int RESERVE = 16 << 10;

    /** Documents per slot, and slots per index: 67 million documents a segment, with little room taken at its head. */
    private static final int INDEX_SPACING = 256;

    private static final int INDEX_COUNT = 512;
    private static final long TIMEOUT_MILLIS = 500;

    /** What is written at once, and what a disk may write or not. */
    static final int PAGE = 4096;

    /** What begins a document, at a multiple of its size. */
    static final int HEADER = 4;

    /** What a full segment leaves unused without the disk being asked to take it back. */
    private static final int WASTE = 64 << 10;

    private final Path directory;
    private final WalConfig config;
    private final Syncer syncer;
    private final SegmentSupply supply;
    private final SingleChronicleQueue queue;
    private final ExcerptAppender appender;
    private int cycle;
    private @Nullable FileChannel channel;
    private long end;
    private boolean unsynced;
    private boolean directorySynced;

    /** Opens a queue in a directory of its own; {@code firstCycle} is the segment it begins with. */
    SegmentWriter(Path directory, int firstCycle, LogOpening.Wiring wiring) throws IOException {
        this.directory = Files.createDirectories(directory);
        this.config = wiring.config();
        this.syncer = wiring.disk().syncer();
        Preallocation preallocation = wiring.disk().preallocation();
        this.cycle = firstCycle;
        LogDirectory.empty(directory); // of what an opening left that came to no segment
        preallocation.prepare(Preallocation.file(path(firstCycle)), config.segmentBytes());
        this.supply = new SegmentSupply(this::path, firstCycle, config.segmentBytes(), preallocation, wiring.reader());
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

    /** What segments take that are not full: this one, those prepared, and those to be used again. */
    long openBytes() {
        return (long) (supply.claimed() - cycle + 1 + supply.kept()) * config.segmentBytes();
    }

    /** Why the next segment cannot be prepared; null: nothing stands against it. */
    @Nullable
    String full() {
        return supply.full();
    }

    /** Has the next segment prepared in the background, in time. */
    void prepareNext() {
        if (end > config.segmentBytes() / 4) {
            supply.order(cycle);
        }
    }

    /**
     * Whether records of so many bytes find room on the disk; prepares segments where they would not. To be asked before
     * they are written, as nothing can be taken back.
     *
     * @param usable what a new segment holds of them at least
     */
    boolean hasRoom(long bytes, int usable) {
        long room = config.segmentBytes() - RESERVE - end;
        int last = supply.ready();
        while (room + (long) (last - cycle) * usable < bytes) {
            if (!supply.await(last)) {
                return false;
            }
            last++;
        }
        return true;
    }

    /**
     * Writes one document, which must {@linkplain #fits fit}. It is not durable before {@link #sync}.
     *
     * <p>Its bytes go through the channel, in whole pages: storing them in mapped memory would fault in each page, a page
     * that is not in memory would first be read, and a sync would write all that lies in one folio with it.
     *
     * @param document as {@link BatchEncoder#bytes} lays it out
     * @return the offset in the file at which its first byte stands
     */
    long write(ByteBuffer document) throws IOException {
        unsynced = true;
        int length = document.remaining();
        FileChannel file = channel;
        long at = file == null ? writeFirst(document) : writeBehind(document, file);
        end = at + length;
        return at;
    }

    /** The first document of a segment: the appender goes on to the file and makes its head. */
    private long writeFirst(ByteBuffer document) throws IOException {
        boolean whole = false;
        DocumentContext context = appender.writingDocument();
        try {
            Bytes<?> bytes = context.wire().bytes();
            long at = bytes.writePosition();
            int length = document.remaining();
            writeFully(file(), document, at);
            bytes.writePosition(at + length);
            whole = true;
            return at;
        } finally {
            if (!whole) {
                context.rollbackOnClose(); // closing commits, also what an error cut short
            }
            context.close();
        }
    }

    /**
     * Any other, right behind the last one, as nobody else writes here: the appender would note for each where the file ends,
     * in its first page, and each sync would have one page more to write.
     */
    private long writeBehind(ByteBuffer document, FileChannel file) throws IOException {
        long header = (end + HEADER - 1) & -HEADER;
        int length = document.remaining();
        document.position(0).putInt(0, length);
        writeFully(file, document, header);
        return header + HEADER;
    }

    /** The channel to the segment that is written now, which exists since Chronicle mapped it. */
    private FileChannel file() throws IOException {
        FileChannel file = channel;
        if (file == null) {
            file = FileChannel.open(path(cycle), StandardOpenOption.READ, StandardOpenOption.WRITE);
            channel = file;
        }
        return file;
    }

    /**
     * In whole pages, with zeros behind it: also in place of the next header, which in a file that is used again is not zero
     * by itself.
     */
    private static void writeFully(FileChannel file, ByteBuffer bytes, long at) throws IOException {
        long from = at - bytes.position();
        long behind = at + bytes.remaining() + 2 * HEADER;
        long upTo = (behind + PAGE - 1) & -PAGE;
        bytes.limit((int) (upTo - from));
        while (bytes.hasRemaining()) {
            file.write(bytes, from + bytes.position());
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

    /**
     * Goes on to the next segment. What was written so far must be synced.
     *
     * @return what the file that is left takes on the disk
     */
    long roll() throws IOException {
        if (unsynced) {
            throw new IllegalStateException("segment " + cycle + " is left before it is durable");
        }
        if (!supply.await(cycle)) {
            throw new IOException("the segment behind " + path(cycle) + " cannot be made: " + supply.full());
        }
        Wire wire = appender.wire();
        if (wire != null) {
            wire.bytes().writePosition(end); // where Chronicle sets its end mark when it goes on
        }
        closeChannel();
        long taken = config.segmentBytes();
        if (taken - end > WASTE) {
            taken = (end + 2L * PAGE) & -PAGE; // the end mark finds its page
            Preallocation.giveBack(path(cycle), taken);
        }
        cycle++;
        end = 0;
        directorySynced = false;
        return taken;
    }

    /**
     * Files are gone; Chronicle keeps a list of them.
     *
     * @param old of this queue, which nobody reads any more, may be used again or else be deleted; the reading thread must
     *     have been told before
     */
    void removed(List<Segment> old) throws IOException {
        queue.refreshDirectoryListing();
        for (Segment segment : old) {
            supply.reuse(segment);
        }
    }

    /** Whether a segment was written by this opening, and lies where this one writes. */
    boolean wrote(Segment segment) {
        return directory.equals(segment.path().getParent());
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
        supply.close(cycle);
    }
}
