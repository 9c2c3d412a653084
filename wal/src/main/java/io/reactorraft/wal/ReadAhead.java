package io.reactorraft.wal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
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
    private @Nullable Ahead ahead;
    private @Nullable CompletableFuture<@Nullable CheckedRecords> coming;

    /**
     * A segment, as far as it counts.
     *
     * @param last the number of the last record that does
     */
    record Stretch(SegmentHead head, long last) {}

    /** What the helper uses, for one stretch after the other. */
    private static final class Ahead {
        private final RecordReader reader = new RecordReader();
        private final CheckedRecords records = new CheckedRecords();

        CheckedRecords read(Stretch stretch) {
            SegmentHead head = stretch.head();
            records.clear(head.previous());
            try (FileChannel channel = FileChannel.open(head.segment().path(), StandardOpenOption.READ)) {
                reader.start(channel);
                reader.seed(head.seed());
                records.read(reader, stretch.last());
            } catch (IOException unreadable) {
                // recovery goes on there, so it meets that too, and can tell of it
            }
            return records;
        }
    }

    /** {@code helper}: never the caller's own thread, unless it runs all at once; null: nothing is read ahead. */
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
        CompletableFuture<@Nullable CheckedRecords> begun = coming;
        coming = null;
        if (begun != null) {
            return begun.exceptionally(failed -> null).join();
        }
        if (stretch % 2 == 0) {
            begin(stretch + 1);
        }
        return null;
    }

    private void begin(int stretch) {
        if (helper != null && stretch < stretches.size()) {
            Ahead into = ahead == null ? new Ahead() : ahead;
            ahead = into;
            try {
                coming = CompletableFuture.supplyAsync(() -> into.read(stretches.get(stretch)), helper);
            } catch (RejectedExecutionException | OutOfMemoryError noHelp) {
                coming = null; // recovery can do without
            }
        }
    }

    /** Waits for what was begun: no file of the log stays open. */
    @Override
    public void close() {
        CompletableFuture<@Nullable CheckedRecords> begun = coming;
        coming = null;
        if (begun != null) {
            begun.exceptionally(notWanted -> null).join();
        }
    }
}
