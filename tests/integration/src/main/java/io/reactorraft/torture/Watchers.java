package io.reactorraft.torture;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** All watchers of a run. Used on one thread. */
final class Watchers implements AutoCloseable {
    private static final long LAST_EVENT_NANOS = TimeUnit.MINUTES.toNanos(5);
    private static final long POLL_MILLIS = 200;

    /** Everything, the clients' keys, a tenth of them, one of them, and large ones. */
    private static final List<String> PREFIXES = List.of("", "r", "r1", "r0", "large-");

    private final List<Watcher> watchers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "torture-hang-up");
        thread.setDaemon(true);
        return thread;
    });
    private final WatchTruth truth;

    Watchers(WatchTruth truth) {
        this.truth = truth;
    }

    void start(int count, Supplier<List<String>> urls, SplittableRandom random, StoreClient store, Finding finding) {
        for (int i = 0; i < count; i++) {
            String prefix = PREFIXES.get(i % PREFIXES.size());
            WatchLog log = new WatchLog("watcher " + i + " of '" + prefix + "'", prefix);
            Watcher watcher = new Watcher(log, urls, random.split(), store, finding, timer);
            Thread thread = new Thread(watcher, "torture-watcher-" + i);
            thread.setDaemon(true);
            watchers.add(watcher);
            threads.add(thread);
            thread.start();
        }
    }

    /** Waits until all were told of everything up to that revision, which is the last, and holds it against the content. */
    void judge(StoreClient.Content content, long compacted, Finding finding) throws InterruptedException {
        long end = System.nanoTime() + LAST_EVENT_NANOS;
        for (Watcher each : watchers) {
            while (each.log().until() < content.revision()) {
                finding.throwIfMade();
                if (System.nanoTime() > end) {
                    throw new ViolationException(each.log() + " is told of no more than "
                            + each.log().until() + ", while nothing is wrong and the store is at "
                            + content.revision());
                }
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            }
            each.end();
        }
        truth.judge(watchers.stream().map(Watcher::log).toList(), content.revision(), content.entries());
        watchers.forEach(each -> each.checkForgotten(compacted));
    }

    /** How it goes, in a few words. */
    String told() {
        return String.format(
                Locale.ROOT,
                "%d watchers, %d streams, %d events, %d times begun again",
                watchers.size(),
                watchers.stream().mapToInt(Watcher::streams).sum(),
                watchers.stream().mapToLong(each -> each.log().events()).sum(),
                watchers.stream()
                        .mapToLong(each -> each.log().stretches().size() - 1L)
                        .sum());
    }

    /** All that they were told, for people. */
    String story() {
        return watchers.stream().map(each -> each.log().story()).collect(Collectors.joining("\n"));
    }

    @Override
    public void close() {
        watchers.forEach(Watcher::end);
        threads.forEach(Thread::interrupt);
        timer.shutdownNow();
    }
}
