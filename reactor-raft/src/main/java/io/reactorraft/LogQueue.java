package io.reactorraft;

import io.reactorraft.proto.Message;
import io.reactorraft.spi.DiskFullException;
import io.reactorraft.spi.LogStore;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Work for the log, at most {@link #MAX_OUTSTANDING} pieces at a time. What comes while the log is behind is put together
 * into one piece: "while a sync runs, further entries gather into the next batch". A disk that stalls thus costs time and
 * the memory of the entries, which the core bounds, and nothing else.
 *
 * <p>Pieces that would truncate one another are kept apart, in order. What a full disk refuses waits in
 * {@link RefusedAppends}, and all that comes behind it.
 *
 * <p><b>Threads.</b> Loop only; the log answers on its own thread.
 */
final class LogQueue {

    /** Appends that the log has and has not answered. */
    static final int MAX_OUTSTANDING = 64;

    private static final long NOTHING_REFUSED = Long.MAX_VALUE;

    private final String groupId;
    private final LogStore log;
    private final RunLoop loop;
    private final ArrayDeque<LogPiece> waiting = new ArrayDeque<>();
    private final LongSupplier nanoTime;
    private final Answers answers;
    private final RefusedAppends refused;
    private int outstanding;
    private long quietSinceNanos;
    private long written;

    /** Behind this piece nothing is durable for the core, whatever the log took. Set on the log's thread. */
    private volatile long refusedFrom = NOTHING_REFUSED;

    /** Who hears of the log. */
    interface Answers {
        /** What may be said now. On the log's thread. */
        void durable(List<Message> responses);

        /** How long an append took. On the loop. */
        void took(long nanos);

        /** The log cannot go on. On the log's thread. */
        void failed(Throwable error);
    }

    /** An idle queue. */
    LogQueue(String groupId, LogStore log, RunLoop loop, LongSupplier nanoTime, Answers answers) {
        this.groupId = groupId;
        this.nanoTime = nanoTime;
        this.answers = answers;
        this.log = log;
        this.loop = loop;
        this.refused = new RefusedAppends(groupId, log);
    }

    /** Makes the work's entries and HardState durable, and then its responses known. */
    void append(Message work) {
        LogPiece piece = LogPiece.of(work);
        if (outstanding < MAX_OUTSTANDING && refused.isEmpty() && waiting.isEmpty()) {
            write(piece);
            return;
        }
        LogPiece last = waiting.peekLast();
        if (last != null && last.isFollowedBy(piece)) {
            last.add(piece);
        } else {
            waiting.add(piece);
        }
    }

    /** For how long an append has been outstanding while none was completed; 0: none is. */
    long stalledNanos(long nowNanos) {
        return outstanding == 0 ? 0 : nowNanos - quietSinceNanos;
    }

    /** Once a tick: what a full disk refused is tried again where there is room, and votes where there is none. */
    void tick() {
        if (refused.isEmpty() || outstanding > 0) {
            return;
        }
        waiting.forEach(refused::addLast);
        waiting.clear();
        if (!log.isFull()) {
            refusedFrom = NOTHING_REFUSED;
            waiting.addAll(refused.take());
            writeNext();
            return;
        }
        LogPiece vote = refused.vote();
        if (vote != null) {
            outstanding++;
            quietSinceNanos = nanoTime.getAsLong();
            log.append(groupId, vote.hardState(), vote.entries())
                    .subscribe(nothing -> {}, error -> voteRefused(error), () -> {
                        answers.durable(vote.responses());
                        loop.post(core -> {
                            outstanding--;
                            refused.voted(vote);
                        });
                    });
        }
    }

    private void voteRefused(Throwable error) {
        if (error instanceof DiskFullException) {
            loop.post(core -> outstanding--); // not even that: tried again at the next tick
        } else {
            answers.failed(error);
        }
    }

    private void write(LogPiece piece) {
        if (outstanding++ == 0) {
            quietSinceNanos = nanoTime.getAsLong();
        }
        long number = ++written;
        long begun = nanoTime.getAsLong();
        log.append(groupId, piece.hardState(), piece.entries())
                .subscribe(nothing -> {}, error -> notWritten(number, piece, error), () -> {
                    if (number > refusedFrom) {
                        loop.post(core -> refused(number, piece)); // it promises what came before it, too
                        return;
                    }
                    answers.durable(piece.responses());
                    loop.post(core -> written(begun));
                });
    }

    /** On the log's thread. */
    private void notWritten(long number, LogPiece piece, Throwable error) {
        // Behind what a full disk refused there is a gap, which the log refuses as well.
        boolean behindRefused = number > refusedFrom && error instanceof IllegalArgumentException;
        if (error instanceof DiskFullException || behindRefused) {
            refusedFrom = Math.min(refusedFrom, number);
            loop.post(core -> refused(number, piece));
        } else {
            answers.failed(error);
        }
    }

    private void refused(long number, LogPiece piece) {
        outstanding--;
        quietSinceNanos = nanoTime.getAsLong();
        refused.add(number, piece);
    }

    private void written(long begun) {
        outstanding--;
        quietSinceNanos = nanoTime.getAsLong();
        answers.took(quietSinceNanos - begun);
        if (refused.isEmpty()) {
            writeNext();
        }
    }

    private void writeNext() {
        LogPiece next = waiting.poll();
        if (next != null) {
            write(next);
        }
    }
}
