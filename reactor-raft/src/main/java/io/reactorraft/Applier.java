package io.reactorraft;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.Payload;
import io.reactorraft.proto.SessionOutcome;
import io.reactorraft.spi.Metric;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
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
 * <p>Only {@link RaftException.Rejected} is an answer of the state machine. After anything else that it throws this applier
 * halts in front of the entry: what waits is kept, Raft goes on, and the applier looks for a committed entry that has every
 * replica pass over that one.
 *
 * <p>Work for the applier is bounded by the core, which hands out no more than its limit of unapplied bytes, and by the
 * limit of pending reads.
 *
 * <p><b>Threads.</b> Public methods may be called from any thread; everything else runs on the apply thread, which the
 * state machine may block.
 */
final class Applier<C, R> {
    private static final Logger LOG = LoggerFactory.getLogger(Applier.class);

    /** Bytes of entries read from the log at once, where they are no longer in memory. */
    static final long MAX_READ_BYTES = 4L << 20;

    private final NodeSettings settings;
    private final NodeServices services;
    private final StateMachine<C, R> stateMachine;
    private final Codec<C> commandCodec;
    private final Codec<R> resultCodec;
    private final SerialQueue queue;
    private final NodeThreads threads;
    private final Progress<R> progress;
    private final SharedState shared = new SharedState();
    private final HeldReads reads = new HeldReads();
    private final ArrayDeque<Job> jobs = new ArrayDeque<>();
    private final AtomicBoolean tickWaits = new AtomicBoolean();
    private final SlowApplyWatchdog watchdog;
    private volatile long appliedIndex;
    private volatile int openSessions;
    private volatile @Nullable AppliersHalt halt;
    private boolean reading;
    private boolean ended;
    private long searchedTo;

    /** What the applier tells the rest of the node. Called on the apply thread. */
    interface Progress<R> {

        /** The proposal that waits for this entry, if one does. */
        @Nullable
        PendingProposal<R> waiter(long term, long index);

        /** The entry was applied, and the proposal that waited for it told. */
        void told(long index);

        /**
         * Everything in {@code work} is applied.
         *
         * @param changes entries that change the configuration, in order
         */
        void applied(Message work, List<Entry> changes);

        /** The applier halted, or, with null, goes on. */
        void halted(@Nullable AppliersHalt at);

        /** The log cannot be read, so the node cannot go on. */
        void failed(Throwable error);
    }

    /** Work of the core, and how far it is done. */
    private static final class Job {
        final Message work;
        final List<Entry> changes = new ArrayList<>();
        List<Entry> entries;
        int next;

        Job(Message work) {
            this.work = work;
            this.entries = work.getEntriesList();
        }

        /** Whether its entries are to be read from the log, and the last of them was not yet. */
        boolean readsOn(long appliedIndex) {
            return work.getEntriesCount() == 0 && appliedIndex < work.getCommit();
        }
    }

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
        this.resultCodec = stateMachine.resultCodec();
        this.threads = threads;
        this.queue = new SerialQueue(threads.apply());
        this.progress = progress;
        this.watchdog = new SlowApplyWatchdog(settings);
    }

    /** Applies what the core committed: the message's entries or, where it has none, the range index..commit. */
    void apply(Message work) {
        queue.post(() -> {
            if (!ended) {
                jobs.add(new Job(work));
                goOn();
            }
        });
    }

    /** Answers these reads as soon as {@code index} is applied. */
    void answerAt(long index, List<PendingRead> confirmed) {
        reads.announced(confirmed.size());
        queue.post(() -> {
            reads.add(index, confirmed);
            answerReads();
        });
    }

    /** Answers with whatever is applied now. */
    void answerNow(PendingRead read) {
        reads.announced(1);
        queue.post(() -> {
            reads.done();
            AppliersHalt at = halt;
            if (at == null) {
                read.answer(appliedIndex);
            } else {
                read.fail(at.refusal());
            }
        });
    }

    /** Reads that were handed over and are still kept here, told or not. Any thread. */
    int readsHeld() {
        return reads.count();
    }

    /** Where it halted; null: it applies. Any thread. */
    @Nullable
    AppliersHalt halt() {
        return halt;
    }

    /** The settings that the log has put in force. Any thread. */
    SharedSettings sharedSettings() {
        return shared.settings();
    }

    /** Sessions open as of the last batch. Any thread. */
    int openSessions() {
        return openSessions;
    }

    /** What all replicas hold equal beside the application's state. Apply thread. */
    SharedState shared() {
        return shared;
    }

    /**
     * Once a tick: forgets reads whose subscribers have been told or have left, and where it halted looks for what frees
     * it, up to the entry {@code durable}, which is committed and in the log.
     *
     * @return whether a batch is taking too long
     */
    boolean tick(long nowNanos, long durable) {
        if ((reads.count() > 0 || halt != null) && tickWaits.compareAndSet(false, true)) {
            queue.post(() -> {
                tickWaits.set(false);
                reads.purge();
                searchForSkip(durable);
            });
        }
        return watchdog.look(nowNanos);
    }

    /** Jobs wait while a range is read from the log, and where an entry cannot be applied: order above all. */
    private void goOn() {
        Job job;
        while (!reading && halt == null && (job = jobs.peek()) != null) {
            run(job);
        }
    }

    private void run(Job job) {
        if (!applyEntries(job)) {
            return;
        }
        if (job.readsOn(appliedIndex)) {
            readRange(job);
        } else {
            jobs.poll();
            progress.applied(job.work, job.changes);
        }
        answerReads();
    }

    private void readRange(Job job) {
        reading = true;
        long from = Math.max(job.work.getIndex(), appliedIndex + 1);
        services.log()
                .read(settings.groupId(), from, job.work.getCommit() + 1, MAX_READ_BYTES)
                .subscribe(
                        entries -> queue.post(() -> rangeRead(job, entries)),
                        error -> queue.post(() -> cannotRead(error)));
    }

    private void rangeRead(Job job, List<Entry> entries) {
        reading = false;
        if (ended) {
            return; // the node ended while the range was read
        }
        if (entries.isEmpty()) {
            cannotRead(
                    new IllegalStateException("the log holds no entry " + (appliedIndex + 1) + ", which is committed"));
            return;
        }
        job.entries = entries;
        job.next = 0;
        goOn();
    }

    private void cannotRead(Throwable error) {
        if (!ended) {
            stop();
            progress.failed(error);
        }
    }

    /** False where the applier halted in front of one of them. */
    private boolean applyEntries(Job job) {
        if (job.next == job.entries.size()) {
            return true;
        }
        long begin = threads.nanoTime().getAsLong();
        watchdog.begin(begin, job.entries.get(job.next).getIndex());
        try {
            while (job.next < job.entries.size()) {
                Entry entry = job.entries.get(job.next++);
                try {
                    applyOne(entry, job.changes);
                } catch (Throwable failure) { // whatever it was, this replica must not go past the entry
                    halt(entry.getIndex(), failure);
                    return false;
                }
                appliedIndex = entry.getIndex();
            }
        } finally {
            watchdog.end();
        }
        long took = threads.nanoTime().getAsLong() - begin;
        openSessions = shared.sessions().size();
        services.metrics().record(Metric.APPLY_DURATION, settings.groupId(), null, took);
        return true;
    }

    private void applyOne(Entry entry, List<Entry> changes) throws InvalidProtocolBufferException {
        switch (entry.getType()) {
            case ENTRY_NORMAL -> {
                if (!entry.getData().isEmpty()) {
                    PendingProposal<R> waiter = progress.waiter(entry.getTerm(), entry.getIndex());
                    Reply<R> reply = new Reply<>(entry, waiter);
                    try {
                        applyPayload(reply, read(entry));
                    } catch (Throwable failure) {
                        reply.fail(new RaftException.OutcomeUnknown(
                                "the state machine failed on it here; other members may have applied it", failure));
                        throw failure;
                    } finally {
                        if (waiter != null) {
                            progress.told(entry.getIndex());
                        }
                    }
                }
            }
            case ENTRY_CONF_CHANGE, ENTRY_CONF_CHANGE_V2 -> changes.add(entry);
            case UNRECOGNIZED -> throw new IllegalStateException("an entry of a newer kind: " + entry.getTypeValue());
        }
    }

    private static Payload read(Entry entry) throws InvalidProtocolBufferException {
        CodedInputStream in = entry.getData().newCodedInput();
        in.enableAliasing(true); // the command is a view of the entry, not a copy
        try {
            return Payload.parseFrom(in);
        } catch (InvalidProtocolBufferException garbled) {
            throw garbled;
        } catch (java.io.IOException impossible) {
            throw new AssertionError("the entry is in memory", impossible);
        }
    }

    private void applyPayload(Reply<R> reply, Payload payload) throws InvalidProtocolBufferException {
        shared.entered(payload);
        long index = reply.entry().getIndex();
        if (shared.followsRejected(reply.entry().getTerm(), index)) {
            reply.fail(new RaftException.Rejected("not applied: an earlier command of its stream was rejected"));
            return;
        }
        switch (payload.getKind()) {
            case COMMAND -> {
                if (payload.getSessionId() == 0) {
                    applyCommand(reply, payload);
                } else {
                    applyOnce(reply, payload);
                }
            }
            default -> {
                RaftException.Rejected refused = shared.apply(payload, index);
                if (refused == null) {
                    reply.applied(null);
                } else {
                    reply.fail(refused);
                }
            }
        }
    }

    private void applyCommand(Reply<R> reply, Payload payload) {
        try {
            reply.applied(toMachine(reply.entry(), payload));
        } catch (RaftException.Rejected rejected) {
            shared.rejected(reply.entry().getTerm(), reply.entry().getIndex(), payload.getFollowers());
            reply.fail(rejected);
        }
    }

    private R toMachine(Entry entry, Payload payload) {
        return stateMachine.apply(new Committed<>(
                entry.getTerm(),
                entry.getIndex(),
                Instant.ofEpochMilli(shared.timeMillis()),
                payload.getRulesVersion(),
                commandCodec.decode(payload.getBody().asReadOnlyByteBuffer())));
    }

    /** A command of a session: what was applied before is not applied again, and its retry hears the same. */
    private void applyOnce(Reply<R> reply, Payload payload) {
        long session = payload.getSessionId();
        long sequence = payload.getSequence();
        switch (shared.sessions().use(session, sequence, payload.getSettled(), shared.timeMillis())) {
            case EXPIRED ->
                reply.fail(RaftException.Rejected.expired("session " + session
                        + " was closed, expired, or no longer knows command " + sequence + ": open another one"));
            case KNOWN ->
                reply.again(Objects.requireNonNull(shared.sessions().outcome(session, sequence)), resultCodec);
            case FRESH -> {
                SessionOutcome.Builder outcome = SessionOutcome.newBuilder()
                        .setSequence(sequence)
                        .setTerm(reply.entry().getTerm())
                        .setIndex(reply.entry().getIndex());
                try {
                    R result = toMachine(reply.entry(), payload);
                    if (result != null) {
                        outcome.setResult(ByteString.copyFrom(resultCodec.encode(result)));
                    }
                    shared.sessions().keep(session, outcome.build());
                    reply.applied(result);
                } catch (RaftException.Rejected rejected) {
                    outcome.setRejected(String.valueOf(rejected.getMessage()));
                    shared.sessions().keep(session, outcome.build());
                    reply.fail(rejected);
                }
            }
        }
    }

    // ----------------------------------------------------------------------------------------- halted, and freed again

    private void halt(long index, Throwable failure) {
        AppliersHalt at = new AppliersHalt(settings.logPrefix(), index, failure);
        LOG.error("{}", at.message(), failure);
        halt = at;
        searchedTo = index;
        reads.fail(at.refusal());
        progress.halted(at);
    }

    /** A committed entry may have every replica pass over the one that cannot be applied. */
    private void searchForSkip(long durable) {
        AppliersHalt at = halt;
        if (at == null || reading || ended || durable <= searchedTo) {
            return;
        }
        reading = true;
        services.log()
                .read(settings.groupId(), searchedTo + 1, durable + 1, MAX_READ_BYTES)
                .subscribe(
                        entries -> queue.post(() -> searched(at, entries)),
                        error -> queue.post(() -> cannotRead(error)));
    }

    private void searched(AppliersHalt at, List<Entry> entries) {
        reading = false;
        if (ended) {
            return;
        }
        for (Entry entry : entries) {
            searchedTo = entry.getIndex();
            if (frees(entry, at.index())) {
                LOG.warn(
                        "{} passes over the entry at index {}, as the one at {} says",
                        settings.logPrefix(),
                        at.index(),
                        entry.getIndex());
                shared.skipped(at.index());
                appliedIndex = at.index();
                halt = null;
                progress.halted(null);
                goOn();
                return;
            }
        }
    }

    private static boolean frees(Entry entry, long index) {
        if (entry.getType() != EntryType.ENTRY_NORMAL) {
            return false;
        }
        try {
            Payload payload = read(entry);
            return payload.getKind() == Payload.Kind.SKIP && payload.getSkippedIndex() == index;
        } catch (InvalidProtocolBufferException notOurs) {
            return false; // the applier will come to it
        }
    }

    private void answerReads() {
        AppliersHalt at = halt;
        if (at == null) {
            reads.answerUpTo(appliedIndex);
        } else {
            reads.fail(at.refusal());
        }
    }

    private void stop() {
        ended = true;
        jobs.clear();
    }

    /**
     * Ends the applier: what it is at is finished, what waits is forgotten, and reads that wait for an index are told.
     * Cached: completes, on the apply thread, whether or not anybody waits for it.
     */
    Mono<Void> end(RaftException why) {
        Sinks.Empty<Void> done = Sinks.empty();
        queue.post(() -> {
            stop();
            reads.end(why);
        });
        queue.end(done::tryEmitEmpty);
        return done.asMono();
    }
}
