package io.reactorraft.core;

import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * A leader's own end of the log: what it takes in, and what it refuses (§5.3, §6).
 *
 * <p>Invariant: at most one change of the configuration stands between what is applied and the end of the log, unless
 * validation is off.
 */
final class Proposals {

    private record Batch(long last, long bytes) {}

    private final CoreConfig config;
    private final NodeState node;
    private final RaftLog log;
    private final ProgressTracker tracker;
    private final Outbox outbox;

    /** No change of the configuration stands behind this index. */
    private long pendingConfIndex;

    /** The data of what was appended in this term and is not applied yet; kept only where it is limited. */
    private final ArrayDeque<Batch> uncommitted = new ArrayDeque<>();

    private long uncommittedBytes;

    Proposals(CoreConfig config, NodeState node, RaftLog log, ProgressTracker tracker, Outbox outbox) {
        this.config = config;
        this.node = node;
        this.log = log;
        this.tracker = tracker;
        this.outbox = outbox;
    }

    /** A new term: nothing of it is appended yet. */
    void reset() {
        pendingConfIndex = 0;
        uncommitted.clear();
        uncommittedBytes = 0;
    }

    /** A new leader does not know whether the end of its log holds a change: it waits until all of it is applied. */
    void becomeLeader() {
        pendingConfIndex = log.lastIndex();
        append(List.of(Entry.getDefaultInstance()));
    }

    /** Whether all changes known of are applied, so that a joint configuration can be left. */
    boolean areChangesApplied() {
        return log.applied() >= pendingConfIndex;
    }

    /** Appends all of these in one step, or none; type and data count, term and index are this leader's to give. */
    StepOutcome propose(List<Entry> entries) {
        long firstIndex = log.lastIndex() + 1;
        long confIndex = pendingConfIndex;
        List<Entry> accepted = entries;
        for (int i = 0; i < entries.size(); i++) {
            if (!ConfChanges.isConfChange(entries.get(i))) {
                continue;
            }
            try {
                ConfChangeV2 change = ConfChanges.decode(entries.get(i));
                if (isTimely(change, confIndex)) {
                    confIndex = firstIndex + i;
                } else {
                    // It takes its place in the log, as an entry that does nothing: "only one at a time" (thesis §4.1).
                    accepted = withNothingAt(i, accepted, entries);
                }
            } catch (InvalidChangeException malformed) {
                return StepOutcome.PROPOSAL_DROPPED;
            }
        }
        if (!append(accepted)) {
            return StepOutcome.PROPOSAL_DROPPED;
        }
        pendingConfIndex = confIndex;
        return StepOutcome.TAKEN;
    }

    private static List<Entry> withNothingAt(int position, List<Entry> accepted, List<Entry> original) {
        List<Entry> changed = accepted == original ? new ArrayList<>(original) : accepted;
        changed.set(position, Entry.getDefaultInstance());
        return changed;
    }

    private boolean isTimely(ConfChangeV2 change, long confIndex) {
        if (!config.confChangeValidation) {
            return true;
        }
        boolean pending = confIndex > log.applied();
        boolean joint = tracker.configuration().isJoint();
        boolean leaves = change.getChangesCount() == 0;
        return !pending && joint == leaves;
    }

    private boolean append(List<Entry> entries) {
        long bytes = EntrySize.ofData(entries);
        // One proposal always fits when nothing else is uncommitted, and what has no size always fits.
        if (uncommittedBytes > 0 && bytes > 0 && uncommittedBytes > config.maxUncommittedBytes - bytes) {
            return false;
        }
        long index = log.lastIndex();
        List<Entry> stamped = new ArrayList<>(entries.size());
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            stamped.add(Entry.newBuilder()
                    .setTerm(node.term())
                    .setIndex(++index)
                    .setTypeValue(entry.getTypeValue())
                    .setData(entry.getData())
                    .build());
        }
        log.append(stamped);
        if (bytes > 0 && config.maxUncommittedBytes < CoreConfig.NO_LIMIT) {
            uncommitted.add(new Batch(index, bytes));
            uncommittedBytes += bytes;
        }
        // The leader acknowledges its own entries as a follower does: once they are durable.
        outbox.send(Message.newBuilder()
                .setType(MessageType.MSG_APPEND_RESPONSE)
                .setTo(node.id())
                .setIndex(index));
        return true;
    }

    /** Everything up to {@code index} is applied and takes no room any more. */
    void applied(long index) {
        while (!uncommitted.isEmpty() && uncommitted.getFirst().last <= index) {
            uncommittedBytes -= uncommitted.removeFirst().bytes;
        }
    }
}
