package io.reactorraft;

import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.LogStore;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Work for the log, at most {@link #MAX_OUTSTANDING} pieces at a time. What comes while the log is behind is put together
 * into one piece: "while a sync runs, further entries gather into the next batch". A disk that stalls thus costs time and
 * the memory of the entries, which the core bounds, and nothing else.
 *
 * <p>Pieces that would truncate one another are kept apart, in order.
 *
 * <p><b>Threads.</b> Loop only; the log answers on its own thread.
 */
final class LogQueue {

    /** Appends that the log has and has not answered. */
    static final int MAX_OUTSTANDING = 64;

    private final String groupId;
    private final LogStore log;
    private final RunLoop loop;
    private final ArrayDeque<Piece> waiting = new ArrayDeque<>();
    private final LongSupplier nanoTime;
    private final Answers answers;
    private int outstanding;
    private long quietSinceNanos;

    /** Who hears of the log. */
    interface Answers {
        /** The snapshot is marked, and in the log's place. On the log's thread, before what is said of it. */
        void installed(SnapshotMetadata snapshot);

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
    }

    /** Makes the work's snapshot, entries and HardState durable, in this order, and then its responses known. */
    void append(Message work) {
        Piece piece = new Piece(
                work.hasSnapshot() ? work.getSnapshot() : null,
                hardState(work),
                work.getEntriesList(),
                work.getResponsesList());
        if (outstanding < MAX_OUTSTANDING) {
            write(piece);
            return;
        }
        Piece last = waiting.peekLast();
        if (last != null && last.isFollowedBy(piece)) {
            last.add(piece);
        } else {
            waiting.add(piece);
        }
    }

    private static HardState hardState(Message work) {
        return work.getTerm() == 0 && work.getCommit() == 0
                ? HardState.getDefaultInstance()
                : HardState.newBuilder()
                        .setTerm(work.getTerm())
                        .setVote(work.getVote())
                        .setCommit(work.getCommit())
                        .build();
    }

    /** For how long an append has been outstanding while none was completed; 0: none is. */
    long stalledNanos(long nowNanos) {
        return outstanding == 0 ? 0 : nowNanos - quietSinceNanos;
    }

    private void write(Piece piece) {
        if (outstanding++ == 0) {
            quietSinceNanos = nanoTime.getAsLong();
        }
        long begun = nanoTime.getAsLong();
        SnapshotMetadata snapshot = piece.snapshot;
        Mono<Void> marked = snapshot == null ? Mono.empty() : log.mark(groupId, snapshot);
        Mono<Void> appended = log.append(groupId, piece.hardState, piece.entries); // at once: the log keeps the order
        Mono.when(marked, appended).subscribe(nothing -> {}, answers::failed, () -> {
            if (snapshot != null) {
                answers.installed(snapshot);
            }
            answers.durable(piece.responses);
            loop.post(core -> written(begun));
        });
    }

    private void written(long begun) {
        outstanding--;
        quietSinceNanos = nanoTime.getAsLong();
        answers.took(quietSinceNanos - begun);
        Piece next = waiting.poll();
        if (next != null) {
            write(next);
        }
    }

    /** What is written together. */
    private static final class Piece {
        private final @Nullable SnapshotMetadata snapshot;
        private HardState hardState;
        private List<Entry> entries;
        private List<Message> responses;
        private boolean own;

        Piece(@Nullable SnapshotMetadata snapshot, HardState hardState, List<Entry> entries, List<Message> responses) {
            this.snapshot = snapshot;
            this.hardState = hardState;
            this.entries = entries;
            this.responses = responses;
        }

        /** Whether the next one's entries, if it has any, stand right behind these. */
        boolean isFollowedBy(Piece next) {
            if (next.snapshot != null) {
                return false;
            }
            return entries.isEmpty()
                    || next.entries.isEmpty()
                    || entries.get(entries.size() - 1).getIndex() + 1
                            == next.entries.get(0).getIndex();
        }

        void add(Piece next) {
            if (!own) {
                own = true;
                entries = new ArrayList<>(entries);
                responses = new ArrayList<>(responses);
            }
            entries.addAll(next.entries);
            responses.addAll(next.responses);
            if (!next.hardState.equals(HardState.getDefaultInstance())) {
                hardState = next.hardState;
            }
        }
    }
}
