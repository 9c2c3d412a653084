package io.reactorraft.core;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The door of the core: everything that happens to a node enters here, and everything it wants leaves as a {@link
 * Ready}.
 *
 * <p><b>Thread rule.</b> One thread at a time; the caller owns it. Nothing here blocks.
 *
 * <p><b>Errors.</b> No message from a peer makes anything here throw. A {@link BrokenInvariantException} is a fault of this
 * program or of its log: the node must stop. An {@link IllegalStateException} of another kind is a misuse by the caller.
 */
public final class RawNode {

    /** The addressee of {@link Ready#messages} that are work for the log. */
    public static final String APPEND_THREAD = "AppendThread";

    /** The addressee of {@link Ready#messages} that are work for the applier. */
    public static final String APPLY_THREAD = "ApplyThread";

    private final CoreConfig config;
    private final RaftCore core;
    private final Admission admission;
    private final Readiness readiness;

    /**
     * A node as its disk has it.
     *
     * @param confState the configuration as of {@code applied}
     * @param applied the index up to which the state machine already is; nothing up to it is delivered again
     * @throws IllegalArgumentException where these contradict one another: the disk is not whole
     */
    public RawNode(CoreConfig config, LogView log, HardState hardState, ConfState confState, long applied) {
        this(config, log, hardState, confState, applied, EntrySize.SERIALIZED);
    }

    /** As above, with entries weighed in another way. */
    RawNode(
            CoreConfig config,
            LogView view,
            HardState hardState,
            ConfState confState,
            long applied,
            EntrySize entrySize) {
        long compacted = view.firstIndex() - 1;
        // What was compacted is committed, even where the commit index on disk lags behind.
        long commit = Math.max(hardState.getCommit(), compacted);
        long start = applied == 0 ? compacted : applied;
        require(
                hardState.getTerm() >= 0 && commit <= view.lastIndex(),
                "the log ends at " + view.lastIndex() + ", before its commit index " + commit + ": entries were lost");
        require(
                start >= compacted && start <= commit,
                "applied index " + applied + " is outside of the log's " + compacted + " to " + commit);
        this.config = config;
        Applying applying = new Applying(config.maxCommittedBytes, start);
        RaftLog log = new RaftLog(view, applying, commit, entrySize);
        ProgressTracker tracker = new ProgressTracker(config.maxInflightMessages, config.maxInflightBytes);
        try {
            tracker.switchTo(Membership.restore(tracker, log.lastIndex(), confState));
        } catch (InvalidChangeException contradictory) {
            throw new IllegalArgumentException("the configuration is not valid: " + contradictory.getMessage());
        }
        core = new RaftCore(config, log, tracker, hardState);
        admission = new Admission(core.node, log, tracker);
        readiness = new Readiness(core, config.asyncStorageWrites);
    }

    private static void require(boolean valid, String contradiction) {
        if (!valid) {
            throw new IllegalArgumentException(contradiction);
        }
    }

    static boolean isStorageThread(String id) {
        return id.equals(APPEND_THREAD) || id.equals(APPLY_THREAD);
    }

    /** One unit of time passes. */
    public void tick() {
        readiness.stirred();
        core.tick();
    }

    /** Stands for election now (§5.2), without waiting for the timeout; not while this node keeps somebody's lease. */
    public void campaign() {
        core.campaign();
    }

    /** Appends one normal entry for each; all or none. After TAKEN by a leader they end at {@link #lastIndex}. */
    public StepOutcome propose(List<ByteString> data) {
        if (data.isEmpty()) {
            return StepOutcome.TAKEN;
        }
        List<Entry> entries = new ArrayList<>(data.size());
        for (ByteString each : data) {
            entries.add(Entry.newBuilder().setData(each).build());
        }
        return propose(Message.newBuilder().addAllEntries(entries));
    }

    /**
     * Why this change could not be made of the configuration in force, for instance that it removes all voters; null: it
     * could. Ask before proposing: a change that turns out to be impossible when it is applied does nothing.
     */
    public @Nullable String objectionTo(ConfChangeV2 change) {
        return core.objectionTo(change);
    }

    /**
     * Proposes a change of the configuration (§6). One that comes while another is pending, that leaves a configuration
     * which is not joint, or changes one that is, becomes an entry that does nothing (unless validation is off).
     */
    public StepOutcome proposeConfChange(ConfChangeV2 change) {
        return propose(Message.newBuilder()
                .addEntries(ConfChanges.LEAVE_JOINT.toBuilder().setData(change.toByteString())));
    }

    private StepOutcome propose(Message.Builder proposal) {
        return core.step(
                proposal.setType(MessageType.MSG_PROPOSE).setFrom(config.id).build());
    }

    /**
     * Applies a committed change; must be called for each, in order, before its entry is reported applied. A change that
     * is not possible does nothing, here as on every other replica. Neither does one that a snapshot has overtaken while
     * its entry was on its way to the applier.
     *
     * @param index of the committed entry
     * @return the configuration in force afterwards
     */
    public ConfState applyConfChange(long index, ConfChangeV2 change) {
        return core.applyConfChange(index, change);
    }

    /**
     * The index of the snapshot that last took the place of this node's log, 0 where none did since it started. Whatever is
     * handed out up to there and still on its way to the applier is overtaken: it need not be applied, but its response is
     * waited for all the same.
     */
    public long restoredIndex() {
        return core.log.restoredIndex();
    }

    /** As {@link #applyConfChange(long, ConfChangeV2)}, for the change that a committed entry holds, in either of its forms. */
    public ConfState applyConfChange(Entry committed) {
        return core.applyConfChange(committed);
    }

    /**
     * Takes a message from a peer, or a response from a storage thread.
     *
     * <p>Its {@code from} is believed: the transport must have made sure of it, and must let nobody else use this node's
     * own id or those of the storage threads.
     */
    public StepOutcome step(Message message) {
        readiness.stirred();
        return admission.admits(message) ? core.step(message) : StepOutcome.REFUSED;
    }

    /** Whether {@link #ready} has something to say. */
    public boolean hasReady() {
        return readiness.isReady();
    }

    /** What there is to do; see {@link Ready}. In plain mode {@link #advance} must follow before the next one. */
    public Ready ready() {
        return readiness.take();
    }

    /** Plain mode alone: everything the last Ready asked for is done. */
    public void advance() {
        readiness.advance();
    }

    /**
     * Asks for a read index (thesis §6.4); the answer comes as a {@link ReadState} with the same context. PROPOSAL_DROPPED
     * where there is nobody to ask or too many wait already. What was taken may stay without an answer when leadership
     * changes: ask again then.
     */
    public StepOutcome readIndex(ByteString context) {
        return core.step(Message.newBuilder()
                .setType(MessageType.MSG_READ_INDEX)
                .setFrom(config.id)
                .addEntries(Entry.newBuilder().setData(context))
                .build());
    }

    /** What a lease of this node, should it lead, can rest on now. Changes with {@link #tick} and {@link #step}. */
    public LeaseRounds lease() {
        return core.lease.rounds();
    }

    /** Hands leadership to {@code toId} (thesis §3.10); at a follower, asks the leader to. */
    public void transferLeadership(String toId) {
        require(!toId.isEmpty(), "leadership can only be handed to somebody: the id is empty");
        core.step(Message.newBuilder()
                .setType(MessageType.MSG_TRANSFER_LEADER)
                .setFrom(toId)
                .build());
    }

    /** Forgets who leads, so that pre-votes can be granted at once. */
    public void forgetLeader() {
        core.forgetLeader();
    }

    /** The last message to the peer may be lost. */
    public void reportUnreachable(String peerId) {
        core.reportUnreachable(peerId);
    }

    /** How the snapshot sent to the peer ended. */
    public void reportSnapshot(String peerId, boolean success) {
        core.reportSnapshot(peerId, success);
    }

    /** Entries that {@link Ready#logReads} asked for. Empty: they could not be read; ask again later. */
    public void logRead(LogRead request, List<Entry> entries) {
        core.logRead(request, entries);
    }

    /**
     * Whether, since this was last asked, a follower needed a snapshot and {@link LogView#snapshot} had none for it: none at
     * all, or only one of a configuration to which it does not belong yet. Take a new one then; the follower is tried
     * again with each of its heartbeats' answers.
     */
    public boolean wantsSnapshot() {
        return core.replication.takeSnapshotWanted();
    }

    /** The current term. */
    public long term() {
        return core.node.term();
    }

    /** Whom it voted for in this term; empty: nobody. */
    public String vote() {
        return core.node.vote();
    }

    /** The current role. */
    public RaftRole role() {
        return core.node.role();
    }

    /** Whom this node believes to lead; empty: nobody. */
    public String leaderId() {
        return core.node.leaderId();
    }

    /**
     * Ticks until it stands for election unless it hears of a leader; of a leader, until it looks whether it still reaches a
     * quorum.
     */
    public int electionTicksLeft() {
        return core.ticks.electionLeft(core.node.isLeader());
    }

    /** Ticks until its next heartbeat; of use for a leader alone. */
    public int heartbeatTicksLeft() {
        return core.ticks.heartbeatLeft();
    }

    /** The last index in the log, durable or not. */
    public long lastIndex() {
        return core.log.lastIndex();
    }

    /** The highest index known to be committed. */
    public long commitIndex() {
        return core.log.commit();
    }

    /** The highest index reported applied. */
    public long appliedIndex() {
        return core.log.applied();
    }

    /** A copy of all there is to know; for people and tests, not for every batch. */
    public Status status() {
        return new Status(
                config.id,
                core.hardState(),
                readiness.softState(),
                core.log.applied(),
                core.tracker.configuration().toConfState(),
                progress(),
                core.transfer.transferee());
    }

    /** A copy of how far each member is, this node included; empty unless this node leads. */
    public Map<String, Status.PeerProgress> progress() {
        if (!core.node.isLeader()) {
            return Map.of();
        }
        Map<String, Status.PeerProgress> progress = new LinkedHashMap<>();
        core.tracker.progress().forEach((id, known) -> progress.put(id, known.view()));
        return Collections.unmodifiableMap(progress);
    }

    /** Overrides chance, for scripts that must go the same way everywhere. */
    void randomizedElectionTimeout(int ticks) {
        core.ticks.randomizedTimeout(ticks);
    }
}
