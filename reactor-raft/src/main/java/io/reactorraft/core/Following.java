package io.reactorraft.core;

import io.reactorraft.proto.Entry;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.List;

/** What a follower does with what its leader sends: entries, heartbeats, snapshots (§5.3, §7). */
final class Following {

    private final NodeState node;
    private final RaftLog log;
    private final ProgressTracker tracker;
    private final Ticks ticks;
    private final Outbox outbox;

    Following(NodeState node, RaftLog log, ProgressTracker tracker, Ticks ticks, Outbox outbox) {
        this.node = node;
        this.log = log;
        this.tracker = tracker;
        this.ticks = ticks;
        this.outbox = outbox;
    }

    StepOutcome append(Message message) {
        long previous = message.getIndex();
        if (previous < log.commit()) {
            // An old message, or a leader that does not know yet how far we are: all up to the commit index matches.
            acknowledge(message, log.commit());
            return StepOutcome.TAKEN;
        }
        // "Reply false if log doesn't contain an entry at prevLogIndex whose term matches prevLogTerm" (figure 2).
        if (!log.matches(previous, message.getLogTerm())) {
            reject(message);
            return StepOutcome.TAKEN;
        }
        List<Entry> entries = message.getEntriesList();
        long conflict = log.firstConflict(entries);
        if (conflict != 0) {
            if (conflict <= log.commit()) {
                // No leader of a correct group asks for this.
                return StepOutcome.REFUSED;
            }
            // "If an existing entry conflicts with a new one ... delete the existing entry and all that follow it.
            // Append any new entries not already in the log" (figure 2); never more than that: a late message must not
            // undo a newer one.
            log.append(entries.subList((int) (conflict - previous - 1), entries.size()));
        }
        long lastNew = previous + entries.size();
        // "Set commitIndex = min(leaderCommit, index of last new entry)" (figure 2): what lies behind it may differ.
        log.commitTo(Math.min(message.getCommit(), lastNew));
        acknowledge(message, lastNew);
        return StepOutcome.TAKEN;
    }

    /** Says no, and where the logs could match at most, so that the leader need not try index by index (§5.3). */
    private void reject(Message message) {
        long start = Math.min(message.getIndex(), log.lastIndex());
        long hint = log.lastIndexWithTermUpTo(start, message.getLogTerm());
        outbox.send(Message.newBuilder()
                .setType(MessageType.MSG_APPEND_RESPONSE)
                .setTo(message.getFrom())
                .setIndex(message.getIndex())
                .setReject(true)
                .setRejectHint(hint)
                .setLogTerm(Math.max(log.term(hint), 0)));
    }

    private void acknowledge(Message message, long index) {
        outbox.send(Message.newBuilder()
                .setType(MessageType.MSG_APPEND_RESPONSE)
                .setTo(message.getFrom())
                .setIndex(index));
    }

    void heartbeat(Message message) {
        log.commitTo(message.getCommit());
        outbox.send(Message.newBuilder()
                .setType(MessageType.MSG_HEARTBEAT_RESPONSE)
                .setTo(message.getFrom())
                .setContext(message.getContext())
                // To echo the round is to promise; a node that does not keep leases must not be counted on.
                .setHeartbeatRound(ticks.keepsLeases() ? message.getHeartbeatRound() : 0));
    }

    StepOutcome snapshot(Message message) {
        SnapshotMetadata snapshot = message.getSnapshot();
        if (snapshot.getIndex() <= log.commit()) {
            // Obsolete: all it holds is here.
            acknowledge(message, log.commit());
            return StepOutcome.TAKEN;
        }
        if (!Replication.isMember(node.id(), snapshot.getConfState())) {
            // Without us in it there is nobody here to continue from it.
            acknowledge(message, log.commit());
            return StepOutcome.TAKEN;
        }
        if (log.matches(snapshot.getIndex(), snapshot.getTerm())) {
            // "If existing log entry has same index and term as snapshot's last included entry, retain log entries
            // following it" (figure 13): nothing is missing, and now this much is known to be committed.
            log.commitTo(snapshot.getIndex());
            acknowledge(message, log.commit());
            return StepOutcome.TAKEN;
        }
        Membership.Change restored;
        try {
            restored = Membership.restore(tracker, snapshot.getIndex(), snapshot.getConfState());
        } catch (InvalidChangeException contradictory) {
            return StepOutcome.REFUSED;
        }
        // "Discard the entire log; reset state machine using snapshot contents (and load snapshot's cluster
        // configuration)" (figure 13).
        log.restore(snapshot);
        tracker.switchTo(restored);
        acknowledge(message, log.lastIndex());
        return StepOutcome.TAKEN;
    }
}
