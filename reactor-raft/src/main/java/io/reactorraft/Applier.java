package io.reactorraft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.Metric;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

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
    private final EntryApplication<C, R> application;
    private final ReplicatedState state;
    private final SerialQueue queue;
    private final Scheduler applyThread;
    private final NodeThreads threads;
    private final Progress<R> progress;
    private final HeldReads reads = new HeldReads();
    private final ArrayDeque<Job> jobs = new ArrayDeque<>();
    private final AtomicBoolean tickWaits = new AtomicBoolean();
    private final SlowApplyWatchdog watchdog;
    private volatile int openSessions;
    private volatile @Nullable AppliersHalt halt;
    private boolean reading;
    private long overtakenBy; // the index of the newest snapshot that is about to take the place of the log
    private long restoredTo;
    private long restorations;
    private final Restoration restoration;
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
         * @param roster what they have made of it
         */
        void applied(Message work, List<Entry> changes, Roster roster);

        /** A snapshot took the place of all state; reads and entries go on behind it. */
        void restored(SnapshotMetadata snapshot, Roster roster);

        /** The applier halted, or, with null, goes on. */
        void halted(@Nullable AppliersHalt at);

        /** The log cannot be read, or a snapshot not be restored, so the node cannot go on. */
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
        this.state = new ReplicatedState(stateMachine);
        this.application = new EntryApplication<>(stateMachine, state);
        this.threads = threads;
        this.queue = new SerialQueue(threads.apply());
        this.applyThread = Schedulers.fromExecutor(queue::post);
        this.progress = progress;
        this.restoration =
                new Restoration(settings, services, threads.nanoTime(), state, applyThread, new AfterRestoration());
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
            AppliersHalt at = halt;
            if (at != null) {
                reads.done();
                read.fail(at.refusal());
            } else if (restoration.isUnderWay()) {
                reads.add(0, new ArrayList<>(List.of(read))); // half a state is none
            } else {
                reads.done();
                read.answer(state.index());
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
        return state.shared().settings();
    }

    /** Sessions open as of the last batch. Any thread. */
    int openSessions() {
        return openSessions;
    }

    /** What it applies to. */
    ReplicatedState state() {
        return state;
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
        while (!reading && !isOvertaken() && halt == null && (job = jobs.peek()) != null) {
            run(job);
        }
    }

    private void run(Job job) {
        if (!applyEntries(job)) {
            return;
        }
        if (job.readsOn(state.index())) {
            readRange(job);
        } else {
            jobs.poll();
            progress.applied(job.work, job.changes, state.roster());
        }
        answerReads();
    }

    private void readRange(Job job) {
        reading = true;
        long from = Math.max(job.work.getIndex(), state.index() + 1);
        long at = restorations;
        services.log()
                .read(settings.groupId(), from, job.work.getCommit() + 1, MAX_READ_BYTES)
                .subscribe(
                        entries -> queue.post(() -> rangeRead(at, job, entries)),
                        error -> queue.post(() -> cannotRead(at, error)));
    }

    private void rangeRead(long at, Job job, List<Entry> entries) {
        if (ended || at != restorations) {
            return; // the node ended, or a snapshot came, while the range was read
        }
        reading = false;
        if (entries.isEmpty()) {
            cannotRead(
                    at,
                    new IllegalStateException(
                            "the log holds no entry " + (state.index() + 1) + ", which is committed"));
            return;
        }
        job.entries = entries;
        job.next = 0;
        goOn();
    }

    private void cannotRead(long at, Throwable error) {
        if (!ended && at == restorations) {
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
                state.applied(entry);
            }
        } finally {
            watchdog.end();
        }
        long took = threads.nanoTime().getAsLong() - begin;
        openSessions = state.shared().sessions().size();
        services.metrics().record(Metric.APPLY_DURATION, settings.groupId(), null, took);
        return true;
    }

    private void applyOne(Entry entry, List<Entry> changes) throws InvalidProtocolBufferException {
        switch (entry.getType()) {
            case ENTRY_NORMAL -> {
                if (!entry.getData().isEmpty()) {
                    PendingProposal<R> waiter = progress.waiter(entry.getTerm(), entry.getIndex());
                    try {
                        application.apply(new Reply<>(entry, waiter));
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

    // ------------------------------------------------------------------------------------------------------ snapshots

    /** Whether there is a state to capture. Apply thread. */
    boolean mayCapture() {
        return !ended && halt == null && !isOvertaken() && state.index() > 0;
    }

    /** The state as it is between two batches; empty where there is none to take: halted, or about to be replaced. */
    Mono<ReplicatedState.Captured> capture() {
        return Mono.create(sink -> queue.post(() -> {
            if (!mayCapture()) {
                sink.success();
                return;
            }
            try {
                sink.success(state.capture(settings.groupId()));
            } catch (Throwable failed) { // the application's own; nothing of ours has changed
                sink.error(failed);
            }
        }));
    }

    /** Before anything else: brings the state to where a snapshot has it. */
    Mono<Void> recover(SnapshotMetadata snapshot) {
        return restoration
                .recover(snapshot)
                .doOnSuccess(done -> openSessions = state.shared().sessions().size());
    }

    /**
     * A snapshot is about to take the place of the log: what was handed over before need not be applied any more, and could
     * not be read. Until {@link #restore} nothing is.
     */
    void overtake(long index) {
        queue.post(() -> {
            overtakenBy = Math.max(overtakenBy, index);
            restorations++;
            reading = false;
            List<Job> given = List.copyOf(jobs);
            jobs.clear();
            given.forEach(job -> progress.applied(job.work, List.of(), state.roster()));
        });
    }

    /** The snapshot is marked: loads it in place of all state, and goes on behind it. */
    void restore(SnapshotMetadata snapshot) {
        queue.post(() -> {
            if (!ended) {
                restoration.begin(snapshot);
            }
        });
    }

    private boolean isOvertaken() {
        return overtakenBy > restoredTo;
    }

    private final class AfterRestoration implements Restoration.Told {
        @Override
        public void restored(SnapshotMetadata snapshot) {
            openSessions = state.shared().sessions().size();
            restoredTo = snapshot.getIndex();
            if (halt != null) {
                halt = null; // what it could not apply is behind it
                progress.halted(null);
            }
            progress.restored(snapshot, state.roster());
            answerReads();
            goOn();
        }

        @Override
        public void cannotRestore(Throwable error) {
            if (!ended) {
                stop();
                progress.failed(error);
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
        if (at == null || reading || ended || isOvertaken() || durable <= searchedTo) {
            return;
        }
        reading = true;
        long then = restorations;
        services.log()
                .read(settings.groupId(), searchedTo + 1, durable + 1, MAX_READ_BYTES)
                .subscribe(
                        entries -> queue.post(() -> searched(then, at, entries)),
                        error -> queue.post(() -> cannotRead(then, error)));
    }

    private void searched(long then, AppliersHalt at, List<Entry> entries) {
        if (ended || then != restorations) {
            return;
        }
        reading = false;
        for (Entry entry : entries) {
            searchedTo = entry.getIndex();
            if (EntryApplication.frees(entry, at.index())) {
                LOG.warn(
                        "{} passes over the entry at index {}, as the one at {} says",
                        settings.logPrefix(),
                        at.index(),
                        entry.getIndex());
                state.skipped(at.index());
                halt = null;
                progress.halted(null);
                goOn();
                return;
            }
        }
    }

    private void answerReads() {
        AppliersHalt at = halt;
        if (restoration.isUnderWay()) {
            return;
        }
        if (at == null) {
            reads.answerUpTo(state.index());
        } else {
            reads.fail(at.refusal());
        }
    }

    private void stop() {
        ended = true;
        jobs.clear();
        restoration.end();
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
