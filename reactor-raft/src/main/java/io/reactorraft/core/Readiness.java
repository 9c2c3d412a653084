package io.reactorraft.core;

import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes of all that a core has come to want one {@link Ready}, and remembers what was handed out. */
final class Readiness {

    /** A range of committed entries that is not in memory is handed to the applier in parts of this many. */
    static final int MAX_RANGE_ENTRIES = 4096;

    private final RaftCore core;
    private final RaftLog log;
    private final boolean async;
    private SoftState handedSoftState;
    private HardState handedHardState;

    /** Plain mode: what this node is told once everything is done. */
    private List<Message> stepsOnAdvance = List.of();

    private boolean awaitsAdvance;

    /** Plain mode: committed entries are not in memory; asked for again with the next step or tick. */
    private boolean entriesMissing;

    Readiness(RaftCore core, boolean async) {
        this.core = core;
        this.log = core.log;
        this.async = async;
        handedSoftState = softState();
        handedHardState = core.hardState();
    }

    SoftState softState() {
        return new SoftState(core.node.leaderId(), core.node.role());
    }

    /** Something has happened: what was not in memory may be now. */
    void stirred() {
        entriesMissing = false;
    }

    boolean isReady() {
        return !core.outbox.isEmpty()
                || log.unstable().hasNextEntries()
                || log.unstable().nextSnapshot() != null
                || hasCommitted()
                || hasNewSoftState()
                || hasNewHardState()
                || core.readOnly.hasStates()
                || core.replication.hasLogReads();
    }

    private boolean hasCommitted() {
        return !entriesMissing && log.hasCommittedToApply(!async);
    }

    private boolean hasNewSoftState() {
        NodeState node = core.node;
        return handedSoftState.role() != node.role()
                || !handedSoftState.leaderId().equals(node.leaderId());
    }

    private boolean hasNewHardState() {
        return handedHardState.getCommit() != log.commit() || mustPersistVote();
    }

    private boolean mustPersistVote() {
        NodeState node = core.node;
        return handedHardState.getTerm() != node.term()
                || !handedHardState.getVote().equals(node.vote());
    }

    Ready take() {
        if (awaitsAdvance) {
            throw new IllegalStateException(
                    "ready() called twice without advance(): finish the first Ready and say so");
        }
        SoftState soft = hasNewSoftState() ? softState() : null;
        // "Persistent state ... updated on stable storage before responding": the commit index alone can be found
        // again.
        boolean mustSync = log.unstable().hasNextEntries() || mustPersistVote();
        HardState hard = hasNewHardState() ? core.hardState() : null;
        List<Entry> entries = log.unstable().nextEntries();
        SnapshotMetadata snapshot = log.unstable().nextSnapshot();
        List<Message> messages = core.outbox.takeImmediate();
        List<Message> afterAppend = core.outbox.takeAfterAppend();
        Message stable = stableResponse(snapshot);
        boolean hasCommitted = hasCommitted();
        List<Entry> committed = hasCommitted ? log.committedToApply(!async) : List.of();

        if (async) {
            if (!entries.isEmpty() || hard != null || snapshot != null || !afterAppend.isEmpty()) {
                messages.add(appendWork(hard, entries, snapshot, withResponse(afterAppend, stable)));
            }
            if (hasCommitted) {
                messages.add(committed == null ? handOutRange() : applyWork(committed));
            }
        } else {
            entriesMissing = committed == null;
            scheduleSteps(messages, afterAppend, stable, committed);
            awaitsAdvance = true;
        }
        accept(soft, hard, committed);
        return new Ready(
                soft,
                hard,
                core.readOnly.takeStates(),
                entries,
                snapshot,
                committed == null ? List.of() : committed,
                messages,
                core.replication.takeLogReads(),
                mustSync);
    }

    private void accept(@Nullable SoftState soft, @Nullable HardState hard, @Nullable List<Entry> committed) {
        if (soft != null) {
            handedSoftState = soft;
        }
        if (hard != null) {
            handedHardState = hard;
        }
        log.unstable().accept();
        if (committed != null && !committed.isEmpty()) {
            log.handOut(committed, !async);
        }
    }

    /** Plain mode: answers to others leave with this Ready, after its writes; those to this node wait for advance. */
    private void scheduleSteps(
            List<Message> messages,
            List<Message> afterAppend,
            @Nullable Message stable,
            @Nullable List<Entry> committed) {
        stepsOnAdvance = new ArrayList<>();
        for (Message message : afterAppend) {
            (core.node.isSelf(message.getTo()) ? stepsOnAdvance : messages).add(message);
        }
        if (stable != null) {
            stepsOnAdvance.add(stable);
        }
        if (committed != null && !committed.isEmpty()) {
            stepsOnAdvance.add(applyResponse().addAllEntries(committed).build());
        }
    }

    /** Plain mode: all that the last Ready asked for is done. */
    void advance() {
        if (async) {
            throw new IllegalStateException("advance() is for plain mode: here the storage answers with responses");
        }
        List<Message> steps = stepsOnAdvance;
        stepsOnAdvance = List.of();
        awaitsAdvance = false;
        steps.forEach(core::step);
    }

    // ------------------------------------------------------------------------------------------- work for the disk

    private Message appendWork(
            @Nullable HardState hard,
            List<Entry> entries,
            @Nullable SnapshotMetadata snapshot,
            List<Message> responses) {
        Message.Builder work = local().setType(MessageType.MSG_STORAGE_APPEND)
                .setFrom(core.node.id())
                .setTo(RawNode.APPEND_THREAD)
                .addAllEntries(entries)
                .addAllResponses(responses);
        if (hard != null) {
            work.setTerm(hard.getTerm()).setVote(hard.getVote()).setCommit(hard.getCommit());
        }
        if (snapshot != null) {
            work.setSnapshot(snapshot);
        }
        return work.build();
    }

    private static List<Message> withResponse(List<Message> afterAppend, @Nullable Message stable) {
        if (stable == null) {
            return afterAppend;
        }
        // Last, so that the leader's own acknowledgement still finds its entries in memory.
        List<Message> responses = new ArrayList<>(afterAppend);
        responses.add(stable);
        return responses;
    }

    /**
     * What the disk answers once all up to here is written; null: there is nothing to say.
     *
     * <p>It names the end of the log and the term, even where this write holds no entries: an answer of an older term is
     * ignored, because a later write may be about to replace what it wrote, and then the first write of the new term
     * must speak for the entries too.
     */
    private @Nullable Message stableResponse(@Nullable SnapshotMetadata snapshot) {
        boolean hasEntries = !log.unstable().isEmpty();
        if (!hasEntries && snapshot == null) {
            return null;
        }
        Message.Builder response = local().setType(MessageType.MSG_STORAGE_APPEND_RESPONSE)
                .setFrom(RawNode.APPEND_THREAD)
                .setTo(core.node.id())
                .setTerm(core.node.term());
        if (hasEntries) {
            response.setIndex(log.lastIndex()).setLogTerm(log.lastTerm());
        }
        if (snapshot != null) {
            response.setSnapshot(snapshot);
        }
        return response.build();
    }

    // ---------------------------------------------------------------------------------------- work for the applier

    private Message applyWork(List<Entry> committed) {
        return applyWork()
                .addAllEntries(committed)
                .addResponses(applyResponse().addAllEntries(committed))
                .build();
    }

    /** Committed entries that are not in memory: the applier reads them itself. */
    private Message handOutRange() {
        long first = log.applying().handedOut() + 1;
        if (first < log.firstIndex()) {
            throw new BrokenInvariantException(
                    "entry " + first + " is compacted and was never applied; the log begins at " + log.firstIndex());
        }
        long last = log.endOfRangeToApply(MAX_RANGE_ENTRIES);
        log.applying().handOutRange(last);
        return applyWork()
                .setIndex(first)
                .setCommit(last)
                .addResponses(applyResponse().setIndex(last))
                .build();
    }

    private Message.Builder applyWork() {
        return local().setType(MessageType.MSG_STORAGE_APPLY)
                .setFrom(core.node.id())
                .setTo(RawNode.APPLY_THREAD);
    }

    private Message.Builder applyResponse() {
        return local().setType(MessageType.MSG_STORAGE_APPLY_RESPONSE)
                .setFrom(RawNode.APPLY_THREAD)
                .setTo(core.node.id());
    }

    private Message.Builder local() {
        return Message.newBuilder().setGroupId(core.outbox.groupId());
    }
}
