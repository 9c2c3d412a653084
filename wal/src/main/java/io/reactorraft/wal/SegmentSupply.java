package io.reactorraft.wal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files for the segments to come, made ahead in the background: new ones, or segments that were let go of. One that is used
 * again needs neither room nor zeros, except where Chronicle makes its head: what stands in it from before has lower record
 * numbers than any that the log will look for, and every document is written with zeros behind it.
 *
 * <p>Where one cannot be made the disk counts as full, until one could: that is tried again every {@value #RETRY_MILLIS} ms.
 * What fails here is no harm to what was written, so it ends nothing.
 *
 * <p><b>Threads.</b> All but {@link #full} on the log's thread; files are made on the background's.
 */
final class SegmentSupply {
    static final long RETRY_MILLIS = 1_000;

    /** As many segments are kept to be used again, unless the disk is full; what else is let go of is deleted. */
    static final int MOST_KEPT = 4;

    /** A segment with this in place of its suffix holds nothing any more. */
    static final String SET_ASIDE = ".old";

    private static final Logger log = LoggerFactory.getLogger(SegmentSupply.class);

    private final IntFunction<Path> segments;
    private final int bytes;
    private final Preallocation preallocation;
    private final Executor background;
    private final Deque<Segment> kept = new ArrayDeque<>();
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

    /** How many segments wait to be used again. */
    synchronized int kept() {
        return kept.size();
    }

    /** Takes a segment from the log under another name; the directory is to be synced by the caller. */
    static Segment setAside(Segment segment) throws IOException {
        String name = Objects.toString(segment.path().getFileName());
        String other = name.substring(0, name.length() - SegmentName.SUFFIX.length()) + SET_ASIDE;
        Path aside = Files.move(segment.path(), segment.path().resolveSibling(other), StandardCopyOption.ATOMIC_MOVE);
        return new Segment(segment.cycle(), aside).endingAt(segment.bytes());
    }

    /** One that was set aside, and that nobody reads who comes behind now in the background, is used again or deleted. */
    synchronized void reuse(Segment old) throws IOException {
        if (full == null && kept.size() < MOST_KEPT) {
            kept.add(old);
        } else {
            delete(old);
        }
    }

    /** In the background, as a large file takes many milliseconds. */
    private void delete(Segment old) {
        background.execute(() -> {
            try {
                Files.delete(old.path());
            } catch (IOException failed) {
                log.warn(
                        "{} holds nothing any more and cannot be deleted; the next start tries again",
                        old.path(),
                        failed);
            }
        });
    }

    /**
     * Has the file behind that segment made, unless it is there, or on its way, or could not be made and will be tried again.
     *
     * @param last the last {@link #ready} segment as the caller knows it; one more may have become ready since
     */
    synchronized void order(int last) {
        if (attempt == null && ready == last) {
            begin();
        }
    }

    /** Has the file behind that segment made, and waits for it; false where that cannot be done now. */
    boolean await(int last) {
        CompletableFuture<Boolean> current;
        synchronized (this) {
            order(last);
            if (ready > last || attempt == null) {
                return true;
            }
            current = attempt;
        }
        return current.join();
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
        for (Segment old : kept) {
            Files.deleteIfExists(old.path());
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
            Path file = Preallocation.file(segment);
            if (!madeOfOld(file)) {
                preallocation.prepare(file, bytes);
            }
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

    /** One that cannot be used again makes room for a new one. */
    private boolean madeOfOld(Path file) throws IOException {
        Segment old;
        synchronized (this) {
            old = kept.poll();
        }
        if (old == null) {
            return false;
        }
        try {
            Preallocation.reuse(old, bytes);
            Files.move(old.path(), file, StandardCopyOption.ATOMIC_MOVE);
            return true;
        } catch (IOException failed) {
            log.warn("{} cannot be used again ({}): it is deleted", old.path(), failed.toString());
            Files.deleteIfExists(old.path());
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
