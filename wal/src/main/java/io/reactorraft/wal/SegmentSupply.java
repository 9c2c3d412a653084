package io.reactorraft.wal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files for the segments to come, made ahead in the background.
 *
 * <p>Where one cannot be made the disk counts as full, until one could: that is tried again every {@value #RETRY_MILLIS} ms.
 * What fails here is no harm to what was written, so it ends nothing.
 *
 * <p><b>Threads.</b> All but {@link #full} on the log's thread; files are made on the background's.
 */
final class SegmentSupply {
    static final long RETRY_MILLIS = 1_000;
    private static final Logger log = LoggerFactory.getLogger(SegmentSupply.class);

    private final IntFunction<Path> segments;
    private final int bytes;
    private final Preallocation preallocation;
    private final Executor background;
    private volatile @Nullable String full;
    private @Nullable CompletableFuture<Boolean> attempt;
    private int ready;
    private boolean closed;

    /**
     * Without any file yet.
     *
     * @param segments where a segment is to lie
     * @param current the segment behind which files are wanted
     */
    SegmentSupply(
            IntFunction<Path> segments, int current, int bytes, Preallocation preallocation, Executor background) {
        this.segments = segments;
        this.ready = current;
        this.bytes = bytes;
        this.preallocation = preallocation;
        this.background = background;
    }

    /** Why no file could be made when it was last tried; null: none was wanted, or it could. */
    @Nullable
    String full() {
        return full;
    }

    /** The last segment whose file is there. */
    synchronized int ready() {
        return ready;
    }

    /** The last segment whose file takes room, or is about to. */
    synchronized int claimed() {
        return attempt == null || full != null ? ready : ready + 1;
    }

    /** Has one more file made, unless one is on its way already, or could not be made and will be tried again. */
    synchronized void order() {
        if (attempt == null) {
            begin();
        }
    }

    /** Has one more file made, and waits for it; false where that cannot be done now. */
    boolean await() {
        CompletableFuture<Boolean> current;
        synchronized (this) {
            order();
            current = attempt;
        }
        return current == null || current.join();
    }

    /** Ends what is under way, and removes the files behind {@code last} that became no segment. */
    void close(int last) throws IOException {
        CompletableFuture<Boolean> current;
        synchronized (this) {
            closed = true;
            current = attempt;
        }
        if (current != null) {
            current.join();
        }
        for (int cycle = last + 1; cycle <= ready(); cycle++) {
            Files.deleteIfExists(Preallocation.file(segments.apply(cycle)));
        }
    }

    private synchronized void begin() {
        CompletableFuture<Boolean> begun = new CompletableFuture<>();
        attempt = begun;
        Path segment = segments.apply(ready + 1);
        try {
            if (closed) {
                begun.complete(false);
            } else {
                background.execute(() -> {
                    try {
                        begun.complete(make(segment));
                    } finally {
                        begun.complete(false); // whatever was thrown: somebody may wait
                    }
                });
            }
        } catch (RejectedExecutionException ending) {
            begun.complete(false);
        }
    }

    private boolean make(Path segment) {
        try {
            preallocation.prepare(Preallocation.file(segment), bytes);
            made();
            return true;
        } catch (IOException | RuntimeException | OutOfMemoryError failed) {
            if (full == null) {
                log.error(
                        "{} cannot be prepared ({}): no more entries are taken once this segment is used, until there is"
                                + " room for {} bytes",
                        segment,
                        failed.toString(),
                        bytes);
            }
            full = failed.toString();
            CompletableFuture.delayedExecutor(RETRY_MILLIS, TimeUnit.MILLISECONDS, Runnable::run)
                    .execute(this::begin);
            return false;
        }
    }

    private synchronized void made() {
        if (full != null) {
            log.info("there is room for segments again: entries are taken");
        }
        full = null;
        ready++;
        attempt = null;
    }
}
