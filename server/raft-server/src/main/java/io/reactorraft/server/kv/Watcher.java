package io.reactorraft.server.kv;

import com.google.protobuf.ByteString;
import java.util.concurrent.TimeoutException;
import reactor.core.publisher.FluxSink;

/**
 * One watch: where it is, and what it may still be told. No event waits here: what it was not asked for it reads from the
 * history later on. Used on the thread of {@link Watches} alone.
 */
final class Watcher {

    private final ByteString prefix;
    private final FluxSink<WatchEvent> sink;
    private long next;
    private long shown;
    private boolean opened;
    private boolean live;
    private boolean caughtUp;
    private boolean cut;
    private int sweepsSinceCut;

    /** Of the changes from {@code next} on. */
    Watcher(ByteString prefix, long next, FluxSink<WatchEvent> sink) {
        this.prefix = prefix;
        this.next = next;
        this.sink = sink;
    }

    ByteString prefix() {
        return prefix;
    }

    /** The first revision that it has not been told of. */
    long next() {
        return next;
    }

    /** Whether it has seen all there is, so that changes come to it by themselves. */
    boolean isLive() {
        return live;
    }

    boolean hasDemand() {
        return sink.requestedFromDownstream() > 0;
    }

    boolean isOver() {
        return sink.isCancelled();
    }

    void goLive() {
        live = true;
        caughtUp = true;
    }

    /** From {@code revision} on it has to read the history. */
    void fallBehind(long revision) {
        live = false;
        next = revision;
    }

    /** Whether it was told where it starts, which comes first of all; tells it, where there is demand. */
    boolean opened() {
        if (!opened && hasDemand()) {
            opened = true;
            shown = next - 1;
            sink.next(new WatchEvent.Bookmark(shown));
        }
        return opened;
    }

    void tell(Change change) {
        shown = change.revision();
        sink.next(new WatchEvent.Changed(change));
    }

    /** It has seen this revision. */
    void pass(long revision) {
        next = revision + 1;
    }

    /** Tells how far it is, where it does not know yet. */
    void bookmark(long revision) {
        if (revision > shown) {
            shown = revision;
            sink.next(new WatchEvent.Bookmark(revision));
        }
    }

    /** Whether it was up to date once and is now further behind than it may be. */
    boolean lags(long last, long maxLag) {
        return caughtUp && !live && last - next >= maxLag;
    }

    boolean isCut() {
        return cut;
    }

    /** It will be told nothing more but where to resume. */
    void cut() {
        cut = true;
        live = false;
    }

    /** Ends it, as soon as it can be told. */
    void end() {
        sink.next(new WatchEvent.Lagged(next));
        sink.complete();
    }

    /** It was cut off and does not even read that: after some sweeps its stream ends. */
    void sweepCut(int maxSweeps) {
        sweepsSinceCut++;
        if (sweepsSinceCut >= maxSweeps) {
            sink.error(new TimeoutException("the watch lagged and did not read on; resume from " + next));
        }
    }
}
