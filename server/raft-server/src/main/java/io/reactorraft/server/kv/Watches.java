package io.reactorraft.server.kv;

import com.google.protobuf.ByteString;
import io.reactorraft.RaftException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.scheduler.Scheduler;

/**
 * Tells watchers of changes: each of every one under its prefix from a revision on, once, in order, as fast as it asks.
 *
 * <p>A watcher that is up to date and asks for more is told at once; a change costs those under other prefixes nothing. One
 * that does not ask is left alone and reads the history once it asks again, so that it holds no memory but its place there.
 * Whoever was up to date and is then {@link #MAX_LAG} revisions behind, or further behind than the history reaches, is cut
 * off and told where to resume.
 *
 * <p><b>Threads.</b> All of it happens on one worker; events are signalled there. Only {@link #changed}, {@link #watch} and
 * {@link #count} may be called on any thread.
 */
public final class Watches {

    /** How many revisions a watcher that was up to date may fall behind. */
    public static final long MAX_LAG = 10_000;

    /** More at once are refused. */
    public static final int MAX_WATCHERS = 20_000;

    /** The time between two bookmarks of a quiet watch. */
    static final Duration BOOKMARK = Duration.ofSeconds(10);

    /** The time between two looks at those who lag. */
    static final Duration SWEEP = Duration.ofSeconds(1);

    /** One who was cut off and reads nothing for so many sweeps loses the connection. */
    static final int SWEEPS_AFTER_CUT = 10;

    /** So many changes are looked at before others get their turn. */
    private static final int TURN = 1_000;

    private final KeyValueStore store;
    private final History history;
    private final Scheduler.Worker worker;
    private final PrefixIndex live = new PrefixIndex();
    private final Set<Watcher> watchers = new HashSet<>();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicBoolean woken = new AtomicBoolean();
    private long cursor;
    private int sweepsSinceBookmark;

    /** Of the changes of this store, on one worker of {@code scheduler}, until {@link #close}. */
    public Watches(KeyValueStore store, Scheduler scheduler) {
        this.store = store;
        this.history = store.history();
        this.worker = scheduler.createWorker();
        store.onChange(this::changed);
        long millis = SWEEP.toMillis();
        worker.schedulePeriodically(this::sweep, millis, millis, TimeUnit.MILLISECONDS);
    }

    /** Ends the worker; watches get no further signal. */
    public void close() {
        worker.dispose();
    }

    private void post(Runnable task) {
        try {
            worker.schedule(task);
        } catch (RejectedExecutionException closed) {
            woken.set(true); // closed: nobody is told anything any more
        }
    }

    /** How many watch. */
    public int count() {
        return count.get();
    }

    /** Whether changes from {@code from} on are still all there. */
    public boolean reaches(long from) {
        return from > history.compacted();
    }

    /** The store went on. */
    private void changed() {
        if (count.get() > 0 && woken.compareAndSet(false, true)) {
            post(this::dispatch);
        }
    }

    /**
     * Changes of keys that begin with {@code prefix}, from the revision {@code from} on; 0: from now on. A bookmark first.
     *
     * <p>Completes behind {@link WatchEvent.Lagged}. Errors: {@link RaftException.Overloaded} where too many watch.
     */
    public Flux<WatchEvent> watch(ByteString prefix, long from) {
        return Flux.create(sink -> enter(prefix, from, sink), FluxSink.OverflowStrategy.ERROR);
    }

    private void enter(ByteString prefix, long from, FluxSink<WatchEvent> sink) {
        if (count.incrementAndGet() > MAX_WATCHERS) {
            count.decrementAndGet();
            sink.error(new RaftException.Overloaded(
                    MAX_WATCHERS + " watches are open already: watch fewer prefixes, or on another node", SWEEP));
            return;
        }
        Watcher watcher = new Watcher(prefix, from == 0 ? store.revision() + 1 : from, sink);
        sink.onDispose(() -> {
            count.decrementAndGet();
            post(() -> leave(watcher));
        });
        post(() -> {
            watchers.add(watcher);
            drain(watcher);
        });
        sink.onRequest(more -> post(() -> drain(watcher)));
    }

    private void leave(Watcher watcher) {
        watchers.remove(watcher);
        live.remove(watcher);
    }

    /** Tells what the watcher asked for, from the history, until it is up to date. */
    private void drain(Watcher watcher) {
        if (watcher.isOver() || watcher.isLive() || !watcher.opened()) {
            return;
        }
        for (int looked = 0; looked < TURN; looked++) {
            long last = history.last(); // first, so that a change which is not there is known to be forgotten
            if (!watcher.isCut() && watcher.next() > last) {
                goLive(watcher);
                return;
            }
            if (!watcher.hasDemand()) {
                return;
            }
            if (watcher.isCut()) {
                watcher.end();
                return;
            }
            lookAt(watcher);
        }
        post(() -> drain(watcher));
    }

    private void lookAt(Watcher watcher) {
        History.Moment moment = history.at(watcher.next());
        if (moment == null) {
            watcher.cut();
            return;
        }
        Change change = moment.change();
        watcher.pass(change.revision());
        if (change.key().startsWith(watcher.prefix())) {
            watcher.tell(change);
        }
    }

    /** From here on changes come by themselves; those that others have yet to be told of too. */
    private void goLive(Watcher watcher) {
        if (live.isEmpty()) {
            cursor = Math.min(history.last(), watcher.next() - 1);
        }
        watcher.goLive();
        live.add(watcher);
    }

    /** Tells those who are up to date of what is new. */
    private void dispatch() {
        woken.set(false);
        long last = history.last();
        if (last < cursor) {
            restart(); // a snapshot took the place of what was there
            return;
        }
        for (int looked = 0; cursor < last && !live.isEmpty(); looked++) {
            if (looked == TURN) {
                changed();
                return;
            }
            History.Moment moment = history.at(cursor + 1);
            if (moment == null) {
                restart();
                return;
            }
            cursor++;
            dispatch(moment.change());
        }
        cursor = last;
    }

    private void dispatch(Change change) {
        for (Watcher watcher : live.under(change.key())) {
            if (change.revision() < watcher.next() || watcher.isOver()) {
                continue;
            }
            if (watcher.hasDemand()) {
                watcher.pass(change.revision());
                watcher.tell(change);
            } else {
                live.remove(watcher);
                watcher.fallBehind(change.revision());
            }
        }
    }

    /** Everybody looks for himself how far he is: behind what is forgotten, or ahead of what is there. */
    private void restart() {
        for (Watcher watcher : live.all()) {
            live.remove(watcher);
            watcher.fallBehind(Math.max(watcher.next(), cursor + 1));
            post(() -> drain(watcher));
        }
        cursor = history.last();
    }

    private void sweep() {
        boolean bookmarks = ++sweepsSinceBookmark * SWEEP.toMillis() >= BOOKMARK.toMillis();
        if (bookmarks) {
            sweepsSinceBookmark = 0;
        }
        List<Watcher> all = new ArrayList<>(watchers);
        for (Watcher watcher : all) {
            if (watcher.isCut()) {
                watcher.sweepCut(SWEEPS_AFTER_CUT);
            } else if (watcher.lags(history.last(), MAX_LAG)) {
                watcher.cut();
                drain(watcher);
            } else if (bookmarks && watcher.isLive() && watcher.hasDemand()) {
                watcher.bookmark(Math.max(cursor, watcher.next() - 1));
            }
        }
    }
}
