package io.reactorraft;

import io.reactorraft.proto.Message;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.DiskFullException;
import io.reactorraft.spi.LogStore;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.LongSupplier;
import reactor.core.publisher.Mono;

/**
 * Work for the log, at most {@link #MAX_OUTSTANDING} pieces at a time. What comes while the log is behind is put together
 * into one piece: "while a sync runs, further entries gather into the next batch". A disk that stalls thus costs time and
 * the memory of the entries, which the core bounds, and nothing else.
 *
 * <p>A piece that replaces a part of the log is written alone: should a full disk refuse it, nothing behind it must meet the
 * log that it was to replace. What a full disk refuses waits in {@link RefusedAppends}, with all that comes behind it.
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
    private boolean replacing; // what is outstanding replaces a part of the log
    private long quietSinceNanos;
    private long numbered;
    private long handedTo; // the end of the log once all that is outstanding is written

    /** Behind this piece nothing is durable for the core, whatever the log took. Set on the log's thread. */
    private volatile long refusedFrom = NOTHING_REFUSED;

    /** Who hears of the log. */
    interface Answers {
        /** The snapshot is marked, and in the log's place. On the log's thread, before what is said of it. */
        void installed(SnapshotMetadata snapshot);

        /** What may be said now. On the log's thread. */
        void durable(List<Message> responses);

        /** An append took from here to there. On the loop. */
        void took(long begunNanos, long endedNanos);

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
        this.handedTo = log.view(groupId).lastIndex();
    }

    /** Makes the work's snapshot, entries and HardState durable, in this order, and then its responses known. */
    void append(Message work) {
        LogPiece piece = LogPiece.of(work);
        if (waiting.isEmpty() && mayWrite(piece)) {
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

    private boolean mayWrite(LogPiece piece) {
        return refused.isEmpty()
                && outstanding < MAX_OUTSTANDING
                && !replacing
                && (outstanding == 0 || !piece.replaces(handedTo));
    }

    /** For how long an append has been outstanding while none was completed; 0: none is. */
    long stalledNanos(long nowNanos) {
        return outstanding == 0 ? 0 : nowNanos - quietSinceNanos;
    }

    /** Whether a full disk holds up what the core wants written. */
    boolean isHeldUp() {
        return !refused.isEmpty();
    }

    /** Once a tick: what a full disk refused is tried again where there is room, and votes where there is none. */
    void tick() {
        if (refused.isEmpty() || outstanding > 0) {
            return;
        }
        refused.gather(waiting);
        waiting.clear();
        if (!log.isFull() || refused.hasSnapshot()) {
            refusedFrom = NOTHING_REFUSED;
            handedTo = log.view(groupId).lastIndex();
            waiting.addAll(refused.take());
            writeNext();
        } else {
            LogPiece vote = refused.vote();
            if (vote != null) {
                writeVote(vote);
            }
        }
    }

    private void write(LogPiece piece) {
        long begun = nanoTime.getAsLong();
        if (outstanding++ == 0) {
            quietSinceNanos = begun;
        }
        long number = ++numbered;
        replacing = piece.replaces(handedTo);
        handedTo = piece.endsAt(handedTo);
        SnapshotMetadata snapshot = piece.snapshot();
        Mono<Void> marked = snapshot == null ? Mono.empty() : log.mark(groupId, snapshot);
        Mono<Void> appended =
                log.append(groupId, piece.hardState(), piece.entries()); // at once: the log keeps the order
        Mono.when(marked, appended).subscribe(nothing -> {}, error -> notWritten(number, piece, error), () -> {
            if (number > refusedFrom) {
                loop.post(core -> refused(number, piece)); // it promises what came before it, too
                return;
            }
            if (snapshot != null) {
                answers.installed(snapshot);
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
        answered();
        refused.add(number, piece);
    }

    private void written(long begun) {
        answered();
        answers.took(begun, quietSinceNanos);
        writeNext();
    }

    private void answered() {
        outstanding--;
        replacing = false;
        quietSinceNanos = nanoTime.getAsLong();
    }

    private void writeNext() {
        LogPiece next = waiting.peek();
        if (next != null && mayWrite(next)) {
            waiting.remove();
            write(next);
        }
    }

    private void writeVote(LogPiece vote) {
        outstanding++;
        quietSinceNanos = nanoTime.getAsLong();
        log.append(groupId, vote.hardState(), vote.entries())
                .subscribe(
                        nothing -> {},
                        error -> {
                            if (error instanceof DiskFullException) {
                                loop.post(core -> answered()); // not even that: tried again at the next tick
                            } else {
                                answers.failed(error);
                            }
                        },
                        () -> {
                            answers.durable(vote.responses());
                            loop.post(core -> {
                                answered();
                                refused.voted(vote);
                            });
                        });
    }
}
