package io.reactorraft.wal;

import io.reactorraft.proto.Entry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The second thread of a log: it reads entries for followers that fell behind and prepares files, so that neither holds up
 * a commit; and before, it helps to read the log back ({@link ReadAhead}).
 */
final class LogReader implements Executor {
    private static final Logger log = LoggerFactory.getLogger(LogReader.class);

    private final String name;
    private final int maxQueued;
    private final Map<Integer, Path> segments = new ConcurrentHashMap<>();
    private final EntryReader entries = new EntryReader(segments);
    private final AtomicInteger waiting = new AtomicInteger();
    private final ThreadPoolExecutor executor;
    private final Runnable terminated;

    /** {@code terminated} runs once, when the last read after {@link #shutdown} is done. */
    LogReader(String name, int maxQueued, Runnable terminated) {
        this.name = name;
        this.maxQueued = maxQueued;
        this.terminated = terminated;
        this.executor = new ReadingThread();
    }

    /** What the checksums of the log begin with; on the log's thread, before the first read. */
    void begin(long seed) {
        execute(() -> entries.seed(seed));
    }

    /** Which files there are from now on; on the log's thread. */
    void segments(List<Segment> current) {
        current.forEach(segment -> segments.put(segment.cycle(), segment.path()));
        int first = current.get(0).cycle();
        if (segments.keySet().removeIf(cycle -> cycle < first)) {
            execute(this::forget);
        }
    }

    /** Reads on this thread and signals there. */
    Mono<List<Entry>> read(GroupLog group, long from, long to, long maxBytes) {
        if (waiting.incrementAndGet() > maxQueued) {
            waiting.decrementAndGet();
            return Mono.error(new IllegalStateException(
                    name + ": " + maxQueued + " reads wait already (maxQueuedReads); this one was not taken"));
        }
        Sinks.One<List<Entry>> found = Sinks.unsafe().one();
        try {
            execute(() -> {
                waiting.decrementAndGet();
                read(group, from, to, maxBytes, found);
            });
        } catch (RejectedExecutionException over) {
            return Mono.error(new IllegalStateException(name + " is closed", over));
        }
        return found.asMono();
    }

    private void read(GroupLog group, long from, long to, long maxBytes, Sinks.One<List<Entry>> found) {
        List<Entry> entriesRead;
        try {
            entriesRead = entries.read(group, from, to, maxBytes);
        } catch (IOException | RuntimeException failed) {
            forget();
            found.tryEmitError(failed);
            return;
        }
        found.tryEmitValue(entriesRead);
    }

    @Override
    public void execute(Runnable task) {
        executor.execute(task);
    }

    /** Does what waits, then ends. */
    void shutdown() {
        executor.shutdown();
    }

    private void forget() {
        try {
            entries.close();
        } catch (IOException e) {
            log.warn("{}: a file that was read could not be closed", name, e);
        }
    }

    /**
     * One thread with a last word. Its queue is bounded by {@link #waiting}: other tasks come one a segment; and it has no
     * lock, for which a node's loop would have to wait now and then.
     */
    private final class ReadingThread extends ThreadPoolExecutor {
        ReadingThread() {
            super(1, 1, 0, TimeUnit.SECONDS, new LinkedTransferQueue<>(), task -> {
                Thread thread = new Thread(task, name);
                thread.setDaemon(true);
                return thread;
            });
        }

        @Override
        protected void terminated() {
            forget();
            terminated.run();
        }
    }
}
