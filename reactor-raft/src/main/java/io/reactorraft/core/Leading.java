package io.reactorraft.core;

import io.reactorraft.proto.Message;

/** What a leader makes of the answers of its followers (§5.3), and who else profits from them. */
final class Leading {

    private final NodeState node;
    private final RaftLog log;
    private final ProgressTracker tracker;
    private final Replication replication;
    private final ReadOnly readOnly;
    private final LeaderLease lease;
    private final LeadershipTransfer transfer;

    Leading(RaftCore core) {
        node = core.node;
        log = core.log;
        tracker = core.tracker;
        replication = core.replication;
        readOnly = core.readOnly;
        lease = core.lease;
        transfer = core.transfer;
    }

    /** Takes what a member of the group sends to its leader, in the leader's term. */
    StepOutcome step(Message message) {
        Progress progress = tracker.progress(message.getFrom());
        if (progress == null) {
            // No longer, or not yet, a member.
            return StepOutcome.TAKEN;
        }
        switch (message.getType()) {
            case MSG_APPEND_RESPONSE -> {
                return appendAnswered(progress, message);
            }
            case MSG_HEARTBEAT_RESPONSE -> {
                replication.heartbeatAnswered(message.getFrom(), progress);
                readOnly.heartbeatAnswered(message.getFrom(), message.getContext());
                lease.heartbeatAnswered(progress, message.getHeartbeatRound());
            }
            case MSG_TRANSFER_LEADER -> transfer.start(message.getFrom(), progress, node.isSelf(message.getFrom()));
            default -> {
                // A vote that came late, a message for followers: a leader has no use for it.
            }
        }
        return StepOutcome.TAKEN;
    }

    private StepOutcome appendAnswered(Progress progress, Message response) {
        if (!response.getReject() && response.getIndex() > log.lastIndex()) {
            // Nobody can hold more of this term than its leader has sent.
            return StepOutcome.REFUSED;
        }
        progress.recentActive(true);
        if (response.getReject()) {
            replication.rejected(progress, response);
        } else if (replication.acknowledged(progress, response.getIndex())) {
            advance(progress, response.getFrom());
        }
        return StepOutcome.TAKEN;
    }

    private void advance(Progress progress, String from) {
        boolean self = node.isSelf(from);
        if (replication.maybeCommit()) {
            readOnly.committed();
            replication.broadcastAppend();
        } else if (!self && progress.canBumpCommit(log.commit())) {
            // It may not know the latest commit index; sooner than by the next heartbeat.
            replication.sendAppend(from, true);
        }
        if (!self) {
            replication.sendMissing(from);
        }
        transfer.acknowledged(from, progress);
    }
}
