package io.reactorraft.core;

import io.reactorraft.core.CoreConfig.ReadMode;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The state machine of §5: takes what happens, decides who is to deal with it, and changes terms and roles. All else is
 * done by the parts it is made of.
 */
final class RaftCore {

    final NodeState node;
    final RaftLog log;
    final ProgressTracker tracker;
    final Ticks ticks;
    final Outbox outbox;
    final Replication replication;
    final ReadOnly readOnly;
    final LeaderLease lease;
    final LeadershipTransfer transfer;

    private final CoreConfig config;
    private final Election election;
    private final Proposals proposals;
    private final Leading leading;
    private final Following following;
    private final Roles roles;

    RaftCore(CoreConfig config, RaftLog log, ProgressTracker tracker, HardState hardState) {
        this.config = config;
        this.log = log;
        this.tracker = tracker;
        node = new NodeState(config.id, hardState);
        ticks = new Ticks(config);
        outbox = new Outbox(config.groupId, node);
        election = new Election(config, node, log, tracker, ticks, outbox);
        lease = new LeaderLease(config.leases, node, log, tracker);
        replication = new Replication(node, log, tracker, outbox, lease, config.maxMessageBytes);
        readOnly = new ReadOnly(config, node, log, tracker, replication, outbox);
        transfer = new LeadershipTransfer(log, ticks, replication, lease, outbox);
        proposals = new Proposals(config, node, log, tracker, outbox);
        leading = new Leading(this);
        following = new Following(node, log, tracker, ticks, outbox);
        roles = new Roles(this, proposals, election);
        roles.becomeFollower(node.term(), NodeState.NOBODY);
    }

    HardState hardState() {
        return HardState.newBuilder()
                .setTerm(node.term())
                .setVote(node.vote())
                .setCommit(log.commit())
                .build();
    }

    // ------------------------------------------------------------------------------------------------------- time

    void tick() {
        if (node.isLeader()) {
            tickLeader();
            return;
        }
        ticks.passForFollower();
        // "If election timeout elapses without receiving AppendEntries RPC from current leader or granting vote to
        // candidate: convert to candidate" (figure 2).
        if (roles.isPromotable() && ticks.isElectionDue()) {
            ticks.restartElection();
            campaign();
        }
    }

    private void tickLeader() {
        ticks.passForLeader();
        if (ticks.isElectionTimeoutOver()) {
            ticks.restartElection();
            if (config.checkQuorum) {
                checkQuorum();
            }
            if (node.isLeader()) {
                transfer.abort();
            }
        }
        if (node.isLeader() && ticks.takeHeartbeat()) {
            replication.broadcastHeartbeat(readOnly.heartbeatContext());
        }
    }

    /** "A leader ... steps down if an election timeout elapses without a successful round of heartbeats" (thesis §6.2). */
    private void checkQuorum() {
        if (!tracker.isQuorumActive()) {
            roles.becomeFollower(node.term(), NodeState.NOBODY);
        }
        tracker.progress().forEach((id, progress) -> {
            if (!node.isSelf(id)) {
                progress.recentActive(false);
            }
        });
    }

    // --------------------------------------------------------------------------------------------------- messages

    /** Takes a message that {@link Admission} has let in, or one of this node's own. */
    StepOutcome step(Message message) {
        long term = message.getTerm();
        if (term > node.term()) {
            if (isVoteRequest(message) && election.isDisruptive(message)) {
                return StepOutcome.TAKEN;
            }
            adoptTerm(message);
        } else if (term != 0 && term < node.term()) {
            return stepStale(message);
        }
        switch (message.getType()) {
            case MSG_VOTE, MSG_PRE_VOTE -> election.answer(message);
            case MSG_STORAGE_APPEND_RESPONSE -> {
                if (message.getIndex() != 0) {
                    log.unstable().stableTo(message.getIndex(), message.getLogTerm());
                }
                return snapshotInstalled(message);
            }
            case MSG_STORAGE_APPLY_RESPONSE -> {
                return applied(message);
            }
            default -> {
                return stepByRole(message);
            }
        }
        return StepOutcome.TAKEN;
    }

    private static boolean isVoteRequest(Message message) {
        return message.getType() == MessageType.MSG_VOTE || message.getType() == MessageType.MSG_PRE_VOTE;
    }

    /** "If RPC request or response contains term T > currentTerm: set currentTerm = T, convert to follower" (§5.1). */
    private void adoptTerm(Message message) {
        MessageType type = message.getType();
        boolean hypothetical =
                type == MessageType.MSG_PRE_VOTE || (type == MessageType.MSG_PRE_VOTE_RESPONSE && !message.getReject());
        if (hypothetical) {
            // Of the term that a pre-candidate would begin, and has not.
            return;
        }
        roles.becomeFollower(message.getTerm(), isFromLeader(type) ? message.getFrom() : NodeState.NOBODY);
    }

    private static boolean isFromLeader(MessageType type) {
        return type == MessageType.MSG_APPEND || type == MessageType.MSG_HEARTBEAT || type == MessageType.MSG_SNAPSHOT;
    }

    /** "If a server receives a request with a stale term number, it rejects the request" (§5.1). */
    private StepOutcome stepStale(Message message) {
        switch (message.getType()) {
            case MSG_APPEND, MSG_HEARTBEAT -> {
                if (config.checkQuorum || config.preVote || !config.faultsOfTheReference) {
                    // Such a leader would never hear of our term by itself: our votes are asked for in vain while it
                    // leads, or never asked for where we are no voter. The answer makes it step down, and we can
                    // rejoin.
                    outbox.send(Message.newBuilder()
                            .setType(MessageType.MSG_APPEND_RESPONSE)
                            .setTo(message.getFrom()));
                }
            }
            case MSG_PRE_VOTE -> election.refuseStale(message);
            // What is committed is committed, whatever the term of the one who says so.
            case MSG_PRE_VOTE_RESPONSE, MSG_VOTE_RESPONSE -> learnFrom(message);
            case MSG_STORAGE_APPEND_RESPONSE -> {
                // Entries written in an older term may have been replaced since, so they do not count as stable: the
                // write of the current term will say. A snapshot is committed whatever the term.
                return snapshotInstalled(message);
            }
            default -> {
                // A late message: of no use in this term.
            }
        }
        return StepOutcome.TAKEN;
    }

    private StepOutcome stepByRole(Message message) {
        switch (node.role()) {
            case LEADER -> {
                return stepLeader(message);
            }
            case CANDIDATE, PRE_CANDIDATE -> {
                return stepCandidate(message);
            }
            default -> {
                return stepFollower(message);
            }
        }
    }

    private StepOutcome stepLeader(Message message) {
        switch (message.getType()) {
            case MSG_PROPOSE -> {
                return propose(message.getEntriesList());
            }
            case MSG_READ_INDEX -> {
                return readOnly.ask(message.getFrom(), message.getEntries(0).getData());
            }
            default -> {
                return leading.step(message);
            }
        }
    }

    private StepOutcome stepCandidate(Message message) {
        MessageType type = message.getType();
        if (isFromLeader(type)) {
            // "If the leader's term ... is at least as large as the candidate's current term, then the candidate
            // recognizes the leader as legitimate and returns to follower state" (§5.2).
            roles.becomeFollower(message.getTerm(), message.getFrom());
            return follow(message);
        }
        MessageType awaited = node.role() == RaftRole.PRE_CANDIDATE
                ? MessageType.MSG_PRE_VOTE_RESPONSE
                : MessageType.MSG_VOTE_RESPONSE;
        if (type == awaited) {
            if (!learnFrom(message)) {
                roles.voteHeard(message.getFrom(), !message.getReject());
            }
        } else if (type == MessageType.MSG_PROPOSE || type == MessageType.MSG_READ_INDEX) {
            return StepOutcome.PROPOSAL_DROPPED;
        }
        return StepOutcome.TAKEN;
    }

    /** Whether a candidate stands down: what a refusal has taught it may change who votes, and whether it may stand at all. */
    private boolean learnFrom(Message answer) {
        boolean stands = node.role() == RaftRole.CANDIDATE || node.role() == RaftRole.PRE_CANDIDATE;
        if (!stands || !answer.getReject() || !election.learnsFrom(answer)) {
            return false;
        }
        roles.becomeFollower(node.term(), NodeState.NOBODY);
        return true;
    }

    private StepOutcome stepFollower(Message message) {
        MessageType type = message.getType();
        if (isFromLeader(type)) {
            ticks.restartElection();
            node.leaderId(message.getFrom());
            return follow(message);
        }
        switch (type) {
            case MSG_PROPOSE -> {
                if (!node.hasLeader() || !config.proposalForwarding) {
                    return StepOutcome.PROPOSAL_DROPPED;
                }
                outbox.forward(message);
            }
            case MSG_READ_INDEX -> {
                if (!node.hasLeader()) {
                    return StepOutcome.PROPOSAL_DROPPED;
                }
                outbox.forward(message);
            }
            case MSG_TRANSFER_LEADER -> {
                if (node.hasLeader()) {
                    outbox.send(message.toBuilder().setTo(node.leaderId()));
                }
            }
            case MSG_READ_INDEX_RESPONSE -> {
                return readOnly.answered(message);
            }
            // Its leader wants this election, so there is nothing to find out first (thesis §3.10).
            case MSG_TIMEOUT_NOW -> roles.campaign(Election.Campaign.TRANSFER);
            default -> {
                // An answer to what this node asked in another role.
            }
        }
        return StepOutcome.TAKEN;
    }

    private StepOutcome follow(Message message) {
        ticks.leaderHeard();
        switch (message.getType()) {
            case MSG_APPEND -> {
                return following.append(message);
            }
            case MSG_SNAPSHOT -> {
                return following.snapshot(message);
            }
            default -> following.heartbeat(message);
        }
        return StepOutcome.TAKEN;
    }

    // ---------------------------------------------------------------------------------------- what the node wants

    /** A leader appends these and sends them at once, all in one message to each follower. */
    private StepOutcome propose(List<Entry> entries) {
        if (tracker.progress(node.id()) == null || transfer.isUnderWay()) {
            return StepOutcome.PROPOSAL_DROPPED;
        }
        StepOutcome outcome = proposals.propose(entries);
        if (outcome == StepOutcome.TAKEN) {
            replication.broadcastAppend();
        }
        return outcome;
    }

    /** Stands for election, as far as this node may. */
    void campaign() {
        if (ticks.isPromised()) {
            // Its own vote would break the promise like any other.
            return;
        }
        roles.campaign(config.preVote ? Election.Campaign.PRE_ELECTION : Election.Campaign.ELECTION);
    }

    void forgetLeader() {
        // A lease would be worthless if its voters could forget it.
        if (node.role() == RaftRole.FOLLOWER && config.readMode != ReadMode.LEASE) {
            node.leaderId(NodeState.NOBODY);
        }
    }

    void reportUnreachable(String peerId) {
        Progress progress = tracker.progress(peerId);
        if (node.isLeader() && progress != null) {
            replication.unreachable(progress);
        }
    }

    void reportSnapshot(String peerId, boolean success) {
        Progress progress = tracker.progress(peerId);
        if (node.isLeader() && progress != null) {
            replication.snapshotEnded(progress, success);
        }
    }

    void logRead(LogRead request, List<Entry> entries) {
        if (node.isLeader()) {
            replication.deliver(request, entries);
        }
    }

    // -------------------------------------------------------------------------------------- what the storage did

    private StepOutcome snapshotInstalled(Message response) {
        if (!response.hasSnapshot()) {
            return StepOutcome.TAKEN;
        }
        long index = response.getSnapshot().getIndex();
        if (index < 0 || index > log.commit()) {
            return StepOutcome.REFUSED;
        }
        log.unstable().stableSnapshotTo(index);
        log.applying().appliedTo(index);
        appliedMoved();
        return StepOutcome.TAKEN;
    }

    private StepOutcome applied(Message response) {
        int entries = response.getEntriesCount();
        long last = entries > 0 ? response.getEntries(entries - 1).getIndex() : response.getIndex();
        if (!log.applying().isOutstanding(last)) {
            return StepOutcome.REFUSED;
        }
        log.applying().completed(last);
        appliedMoved();
        proposals.applied(last);
        return StepOutcome.TAKEN;
    }

    /** "Once C-old,new has been committed ... it is now safe for the leader to create a log entry describing C-new" (§6). */
    private void appliedMoved() {
        if (node.isLeader() && tracker.configuration().autoLeave() && proposals.areChangesApplied()) {
            // While a transfer is under way this is dropped, and tried again with the next entry that is applied.
            propose(List.of(ConfChanges.LEAVE_JOINT));
        }
    }

    // ------------------------------------------------------------------------------------------------- membership

    /** Puts a committed change in force, or ignores one that is not possible; what is in force then. */
    ConfState applyConfChange(long index, ConfChangeV2 change) {
        if (index <= log.restoredIndex()) {
            // It was handed to the applier before a snapshot came, whose configuration has it already.
            return tracker.configuration().toConfState();
        }
        try {
            switchTo(ConfChanges.apply(change, new Membership(tracker, log.lastIndex())));
        } catch (InvalidChangeException impossible) {
            // All replicas see the same change at the same configuration, so all of them ignore it.
            return tracker.configuration().toConfState();
        }
        return tracker.configuration().toConfState();
    }

    ConfState applyConfChange(Entry committed) {
        try {
            return applyConfChange(committed.getIndex(), ConfChanges.decode(committed));
        } catch (InvalidChangeException malformed) {
            // As above: nobody can make anything of it.
            return tracker.configuration().toConfState();
        }
    }

    /** Why this change could not be made of the configuration in force; null: it could. */
    @Nullable
    String objectionTo(ConfChangeV2 change) {
        try {
            ConfChanges.apply(change, new Membership(tracker, log.lastIndex()));
            return null;
        } catch (InvalidChangeException impossible) {
            return impossible.getMessage();
        }
    }

    private void switchTo(Membership.Change change) {
        tracker.switchTo(change);
        if (!node.isLeader()) {
            return;
        }
        if (!tracker.configuration().voters().contains(transfer.transferee())) {
            transfer.abort();
        }
        Progress self = tracker.progress(node.id());
        if (self == null || self.isLearner()) {
            // "The leader ... steps down (returns to follower state) once it has committed the C-new log entry" (§6).
            if (config.stepDownOnRemoval) {
                roles.becomeFollower(node.term(), NodeState.NOBODY);
            }
            return;
        }
        if (replication.maybeCommit()) {
            // Fewer are needed now than before.
            readOnly.committed();
            replication.broadcastAppend();
        } else {
            replication.broadcastMissing();
        }
        readOnly.confirm();
    }
}
