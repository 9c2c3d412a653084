package io.reactorraft.wal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Shortens reading a log back, by a third or so: another thread reads and checks every second segment, while recovery does so with
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
    private @Nullable CheckedRecords records;
    private @Nullable CompletableFuture<CheckedRecords> coming;

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
    }

    /**
     * What was read of a stretch, to be asked of each in turn; null: nothing. Valid until the next one is asked of. Blocks until
     * it is there.
     */
    @Nullable
    CheckedRecords of(int stretch) {
        CompletableFuture<CheckedRecords> begun = coming;
        coming = null;
        if (begun != null) {
            return begun.join();
        }
        if (stretch % 2 == 0) {
            begin(stretch + 1);
        }
        return null;
    }

    private void begin(int stretch) {
        if (helper != null && stretch < stretches.size()) {
            CheckedRecords into = records == null ? new CheckedRecords() : records;
            records = into;
            coming = CompletableFuture.supplyAsync(() -> read(stretches.get(stretch), into), helper);
        }
    }

    private CheckedRecords read(Stretch stretch, CheckedRecords into) {
        SegmentHead head = stretch.head();
        into.clear(head.previous());
        try (FileChannel channel = FileChannel.open(head.segment().path(), StandardOpenOption.READ)) {
            reader.start(channel);
            reader.seed(head.seed());
            into.read(reader, stretch.last());
        } catch (IOException unreadable) {
            // recovery goes on there, so it meets that too, and can tell of it
        }
        return into;
    }

    /** Waits for what was begun: no file of the log stays open. */
    @Override
    public void close() {
        CompletableFuture<CheckedRecords> begun = coming;
        coming = null;
        if (begun != null) {
            begun.handle((notWanted, failed) -> 0).join();
        }
    }
}
