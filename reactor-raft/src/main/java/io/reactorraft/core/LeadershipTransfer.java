package io.reactorraft.core;

import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;

/**
 * A leader hands its office to a voter of the group (thesis §3.10): it takes no more proposals, brings the other's log
 * up to date, and tells it to campaign at once. After an election timeout without a new leader it goes on as before.
 */
final class LeadershipTransfer {

    private final RaftLog log;
    private final Ticks ticks;
    private final Replication replication;
    private final LeaderLease lease;
    private final Outbox outbox;
    private String transferee = NodeState.NOBODY;

    LeadershipTransfer(RaftLog log, Ticks ticks, Replication replication, LeaderLease lease, Outbox outbox) {
        this.log = log;
        this.ticks = ticks;
        this.replication = replication;
        this.lease = lease;
        this.outbox = outbox;
    }

    String transferee() {
        return transferee;
    }

    boolean isUnderWay() {
        return !transferee.isEmpty();
    }

    void abort() {
        transferee = NodeState.NOBODY;
    }

    /** Leadership is to go to {@code id}; a newer wish replaces an older one. */
    void start(String id, Progress progress, boolean self) {
        if (progress.isLearner() || transferee.equals(id)) {
            return;
        }
        abort();
        if (self) {
            return;
        }
        // "If leadership transfer does not complete after about an election timeout, the prior leader aborts".
        ticks.restartElection();
        transferee = id;
        if (progress.match() == log.lastIndex()) {
            sendTimeoutNow(id);
        } else {
            replication.sendAppend(id, true);
        }
    }

    /** The transferee has caught up, perhaps: "the prior leader fully updates the target server's log" first. */
    void acknowledged(String from, Progress progress) {
        if (transferee.equals(from) && progress.match() == log.lastIndex()) {
            sendTimeoutNow(from);
        }
    }

    private void sendTimeoutNow(String to) {
        // Whoever gets it campaigns over all promises, and it may get it late: after the transfer was given up.
        lease.end();
        outbox.send(Message.newBuilder().setType(MessageType.MSG_TIMEOUT_NOW).setTo(to));
    }
}
