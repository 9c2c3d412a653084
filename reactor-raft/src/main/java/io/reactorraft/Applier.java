package io.reactorraft;

import com.google.protobuf.CodedInputStream;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.Payload;
import io.reactorraft.spi.Metric;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Takes committed entries into the state machine, in order, on the node's apply thread, and answers who waits for them.
 *
 * <pre>
 *   loop ─ apply(MSG_STORAGE_APPLY) ─▶ [ entries, or a range read from the log ] ─▶ state machine ─▶ Progress.applied
 *   loop ─ answerAt(index, reads) ───▶ held until index is applied ──────────────▶ PendingRead.answer
 * </pre>
 *
 * <p>Work for the applier is bounded by the core, which hands out no more than its limit of unapplied bytes, and by the
 * limit of pending reads.
 *
 * <p><b>Threads.</b> Public methods may be called from any thread; everything else runs on the apply thread, which the
 * state machine may block.
 */
final class Applier<C, R> {

    /** Bytes of entries read from the log at once, where they are no longer in memory. */
    static final long MAX_READ_BYTES = 4L << 20;

    private final NodeSettings settings;
    private final NodeServices services;
    private final StateMachine<C, R> stateMachine;
    private final Codec<C> commandCodec;
    private final SerialQueue queue;
    private final NodeThreads threads;
    private final Progress<R> progress;
    private final ArrayDeque<Runnable> held = new ArrayDeque<>();
    private final ArrayDeque<Waiting> reads = new ArrayDeque<>();
    private boolean reading;
    private boolean halted;
    private long lastTimeMillis;
    private volatile long appliedIndex;
    private final AtomicInteger readsHeld = new AtomicInteger();
    private final AtomicBoolean purgeWaits = new AtomicBoolean();
    private final SlowApplyWatchdog watchdog;

    /** What the applier tells the rest of the node. Called on the apply thread. */
    interface Progress<R> {

        /** The proposal that waits for this entry, if one does. */
        @Nullable
        PendingProposal<R> waiter(long term, long index);

        /**
         * Everything in {@code work} is applied.
         *
         * @param changes entries that change the configuration, in order
         */
        void applied(Message work, List<Entry> changes);

        /** The applier cannot go on. */
        void failed(Throwable error);
    }

    private record Waiting(long index, List<PendingRead> reads) {}

    Applier(
            NodeSettings settings,
            NodeServices services,
            StateMachine<C, R> stateMachine,
            NodeThreads threads,
            Progress<R> progress) {
        this.settings = settings;
        this.services = services;
        this.stateMachine = stateMachine;
        this.commandCodec = stateMachine.commandCodec();
        this.threads = threads;
        this.queue = new SerialQueue(threads.apply());
        this.progress = progress;
        this.watchdog = new SlowApplyWatchdog(settings);
    }

    /** Applies what the core committed: the message's entries or, where it has none, the range index..commit. */
    void apply(Message work) {
        queue.post(() -> inOrder(() -> start(work)));
    }

    /** Answers these reads as soon as {@code index} is applied. */
    void answerAt(long index, List<PendingRead> confirmed) {
        readsHeld.addAndGet(confirmed.size());
        queue.post(() -> {
            reads.add(new Waiting(index, confirmed));
            answerReads();
        });
    }

    /** Answers with whatever is applied now. */
    void answerNow(PendingRead read) {
        readsHeld.incrementAndGet();
        queue.post(() -> {
            readsHeld.decrementAndGet();
            read.answer(appliedIndex);
        });
    }

    /** Reads that were handed over and are still kept here, told or not. Any thread. */
    int readsHeld() {
        return readsHeld.get();
    }

    /** Once a tick: forgets reads whose subscribers have been told or have left, and warns about a slow batch. */
    void tick(long nowNanos) {
        if (readsHeld.get() > 0 && purgeWaits.compareAndSet(false, true)) {
            queue.post(() -> {
                purgeWaits.set(false);
                purgeReads();
            });
        }
        watchdog.look(nowNanos);
    }

    private void purgeReads() {
        for (Iterator<Waiting> each = reads.iterator(); each.hasNext(); ) {
            List<PendingRead> waiting = each.next().reads;
            int before = waiting.size();
            waiting.removeIf(PendingRead::left);
            readsHeld.addAndGet(waiting.size() - before);
            if (waiting.isEmpty()) {
                each.remove();
            }
        }
    }

    /** Work waits while a range is read from the log: order above all. */
    private void inOrder(Runnable task) {
        if (!halted) {
            held.add(task);
            runHeld();
        }
    }

    private void runHeld() {
        while (!reading && !halted && !held.isEmpty()) {
            held.poll().run();
        }
    }

    private void start(Message work) {
        if (work.getEntriesCount() > 0) {
            if (applyAll(work.getEntriesList(), new ArrayList<>(), work)) {
                answerReads();
            }
        } else if (work.getCommit() > 0) {
            readRange(work, Math.max(work.getIndex(), appliedIndex + 1), new ArrayList<>());
        } else {
            progress.applied(work, List.of());
        }
    }

    private void readRange(Message work, long from, List<Entry> changes) {
        reading = true;
        services.log()
                .read(settings.groupId(), from, work.getCommit() + 1, MAX_READ_BYTES)
                .subscribe(
                        entries -> queue.post(() -> rangeRead(work, entries, changes)),
                        error -> queue.post(() -> halt(error)));
    }

    private void rangeRead(Message work, List<Entry> entries, List<Entry> changes) {
        reading = false;
        if (halted) {
            return; // the node ended while the range was read
        }
        boolean last = !entries.isEmpty() && entries.get(entries.size() - 1).getIndex() >= work.getCommit();
        if (entries.isEmpty()) {
            halt(new IllegalStateException("the log holds no entry " + (appliedIndex + 1) + ", which is committed"));
        } else if (applyAll(entries, changes, last ? work : null)) {
            answerReads();
            if (!last) {
                readRange(work, appliedIndex + 1, changes);
            }
        }
        runHeld();
    }

    /** Applies entries; with {@code finished} set, that work is done afterwards. False where the applier halted. */
    private boolean applyAll(List<Entry> entries, List<Entry> changes, @Nullable Message finished) {
        long begin = threads.nanoTime().getAsLong();
        watchdog.begin(begin, entries.get(0).getIndex());
        for (Entry entry : entries) {
            try {
                applyOne(entry, changes);
            } catch (Throwable failure) { // whatever it was, this replica must not go past the entry
                halt(new IllegalStateException(
                        "applying the entry at index " + entry.getIndex() + " failed: " + failure, failure));
                return false;
            }
        }
        watchdog.end();
        long took = threads.nanoTime().getAsLong() - begin;
        services.metrics().record(Metric.APPLY_DURATION, settings.groupId(), null, took);
        if (finished != null) {
            progress.applied(finished, changes);
        }
        return true;
    }

    private void applyOne(Entry entry, List<Entry> changes) throws IOException {
        switch (entry.getType()) {
            case ENTRY_NORMAL -> {
                if (!entry.getData().isEmpty()) {
                    applyPayload(entry);
                }
            }
            case ENTRY_CONF_CHANGE, ENTRY_CONF_CHANGE_V2 -> changes.add(entry);
            case UNRECOGNIZED -> throw new IllegalStateException("an entry of a newer kind: " + entry.getTypeValue());
        }
        appliedIndex = entry.getIndex();
    }

    private void applyPayload(Entry entry) throws IOException {
        CodedInputStream in = entry.getData().newCodedInput();
        in.enableAliasing(true); // the command is a view of the entry, not a copy
        Payload payload = Payload.parseFrom(in);
        if (payload.getKind() != Payload.Kind.COMMAND || payload.getSessionId() != 0) {
            throw new IllegalStateException("a payload of a newer kind: " + payload.getKindValue());
        }
        lastTimeMillis = Math.max(lastTimeMillis, payload.getTimeMillis());
        PendingProposal<R> waiter = progress.waiter(entry.getTerm(), entry.getIndex());
        try {
            R result = stateMachine.apply(new Committed<>(
                    entry.getTerm(),
                    entry.getIndex(),
                    Instant.ofEpochMilli(lastTimeMillis),
                    payload.getRulesVersion(),
                    commandCodec.decode(payload.getBody().asReadOnlyByteBuffer())));
            if (waiter != null) {
                waiter.applied(new Applied<>(entry.getTerm(), entry.getIndex(), result));
            }
        } catch (RaftException.Rejected rejected) {
            if (waiter != null) {
                waiter.fail(rejected);
            }
        } catch (Throwable failure) {
            if (waiter != null) {
                waiter.fail(new RaftException.OutcomeUnknown(
                        "the state machine failed on it here; other members may have applied it", failure));
            }
            throw failure;
        }
    }

    private void answerReads() {
        for (Iterator<Waiting> each = reads.iterator(); each.hasNext(); ) {
            Waiting waiting = each.next();
            if (waiting.index <= appliedIndex) {
                each.remove();
                readsHeld.addAndGet(-waiting.reads.size());
                waiting.reads.forEach(read -> read.answer(appliedIndex));
            }
        }
    }

    private void halt(Throwable error) {
        watchdog.end();
        held.clear();
        if (!halted) {
            halted = true;
            progress.failed(error);
        }
    }

    /**
     * Ends the applier: what it is at is finished, what waits is forgotten, and reads that wait for an index are told.
     * Cached: completes, on the apply thread, whether or not anybody waits for it.
     */
    Mono<Void> end(RaftException ended) {
        Sinks.Empty<Void> done = Sinks.empty();
        queue.post(() -> {
            halted = true;
            held.clear();
            reads.forEach(waiting -> waiting.reads.forEach(read -> read.fail(ended)));
            reads.clear();
        });
        queue.end(done::tryEmitEmpty);
        return done.asMono();
    }
}
