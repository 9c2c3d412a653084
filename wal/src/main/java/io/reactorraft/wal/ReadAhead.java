package io.reactorraft.wal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Halves the time of reading a log back: another thread reads and checks every second segment, while recovery does so with
 * the one before it.
 *
 * <pre>
 *   recovery   | reads, checks, replays 1      | replays 2 | reads, checks, replays 3      | replays 4 |
 *   helper     | reads, checks 2      |        | reads, checks 4      |                    |
 * </pre>
 *
 * <p>It decides nothing: see {@link CheckedRecords}. Not thread-safe.
 */
final class ReadAhead implements AutoCloseable {
    private final @Nullable Executor helper;
    private final List<Stretch> stretches;
    private final RecordReader reader = new RecordReader();
    private @Nullable CompletableFuture<@Nullable CheckedRecords> coming;

    /**
     * A segment, as far as it counts.
     *
     * @param last the number of the last record that does
     */
    record Stretch(SegmentHead head, long last) {}

    /** {@code helper}: null: nothing is read ahead. */
    ReadAhead(@Nullable Executor helper, List<Stretch> stretches) {
        this.helper = helper;
        this.stretches = stretches;
        begin(1);
    }

    /** What was read of a stretch, to be asked of each in turn; null: nothing. Blocks until it is there. */
    @Nullable
    CheckedRecords of(int stretch) {
        if (stretch % 2 == 0) {
            return null;
        }
        CompletableFuture<@Nullable CheckedRecords> asked = coming;
        CheckedRecords checked = asked == null ? null : asked.join();
        begin(stretch + 2);
        return checked;
    }

    private void begin(int stretch) {
        coming = helper == null || stretch >= stretches.size()
                ? null
                : CompletableFuture.supplyAsync(() -> read(stretches.get(stretch)), helper);
    }

    private @Nullable CheckedRecords read(Stretch stretch) {
        try (FileChannel channel = FileChannel.open(stretch.head().segment().path(), StandardOpenOption.READ)) {
            reader.start(channel);
            reader.seed(stretch.head().seed());
            return CheckedRecords.read(reader, stretch.head().previous() + 1, stretch.last());
        } catch (IOException unreadable) {
            return null; // recovery meets it too, and can tell of it
        }
    }

    /** Waits for what was begun: no file of the log stays open. */
    @Override
    public void close() {
        CompletableFuture<@Nullable CheckedRecords> asked = coming;
        coming = null;
        if (asked != null) {
            asked.exceptionally(notWanted -> null).join();
        }
    }
}
