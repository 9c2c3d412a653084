package io.reactorraft.core;

import com.google.protobuf.ByteString;
import io.reactorraft.core.Status.ProgressState;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a leader sends to its followers, and what it learns from their answers (§5.3, §7). */
final class Replication {

    private final NodeState node;
    private final RaftLog log;
    private final ProgressTracker tracker;
    private final Outbox outbox;
    private final LeaderLease lease;
    private final long maxMessageBytes;
    private List<LogRead> logReads = new ArrayList<>();
    private boolean snapshotWanted;

    Replication(
            NodeState node,
            RaftLog log,
            ProgressTracker tracker,
            Outbox outbox,
            LeaderLease lease,
            long maxMessageBytes) {
        this.node = node;
        this.log = log;
        this.tracker = tracker;
        this.outbox = outbox;
        this.lease = lease;
        this.maxMessageBytes = maxMessageBytes;
    }

    boolean hasLogReads() {
        return !logReads.isEmpty();
    }

    List<LogRead> takeLogReads() {
        if (logReads.isEmpty()) {
            return List.of();
        }
        List<LogRead> taken = logReads;
        logReads = new ArrayList<>();
        return taken;
    }

    /** The term ends; nobody waits for the log any more. */
    void reset() {
        logReads.clear();
        snapshotWanted = false;
    }

    /** Sends to everybody, entries or at least the commit index. */
    void broadcastAppend() {
        forEachPeer(peer -> sendAppend(peer, true));
    }

    /** Sends to everybody who lacks entries. */
    void broadcastMissing() {
        forEachPeer(peer -> sendAppend(peer, false));
    }

    /** "Upon election: send initial empty AppendEntries RPCs (heartbeat) ... repeat during idle periods" (figure 2). */
    void broadcastHeartbeat(ByteString context) {
        long round = lease.beginRound();
        forEachPeer(peer -> sendHeartbeat(peer, context, round));
    }

    private void forEachPeer(Consumer<String> action) {
        for (String id : tracker.progress().keySet()) {
            if (!node.isSelf(id)) {
                action.accept(id);
            }
        }
    }

    private void sendHeartbeat(String to, ByteString context, long round) {
        Progress progress = require(to);
        // A heartbeat does not check that the logs match, so it must not commit what is not known to match.
        long commit = Math.min(progress.match(), log.commit());
        outbox.send(Message.newBuilder()
                .setType(MessageType.MSG_HEARTBEAT)
                .setTo(to)
                .setCommit(commit)
                .setContext(context)
                .setHeartbeatRound(round));
        progress.sentCommit(commit);
    }

    /**
     * Sends one append, or the snapshot where the log does not reach back far enough; whether anything was sent.
     *
     * @param evenIfEmpty whether an append without entries is worth sending, for its commit index or as a probe
     */
    boolean sendAppend(String to, boolean evenIfEmpty) {
        Progress progress = require(to);
        if (progress.isPaused() || progress.awaitedRead() != null) {
            return false;
        }
        long previous = progress.next() - 1;
        long previousTerm = log.term(previous);
        if (previousTerm == LogView.UNKNOWN_TERM) {
            return sendSnapshot(to, progress);
        }
        List<Entry> entries = List.of();
        // Into a full window goes an empty append at most: should all that filled it be lost, its answer finds out.
        boolean windowOpen = progress.state() != ProgressState.REPLICATE || !progress.inflightsFull();
        if (windowOpen && progress.next() <= log.lastIndex()) {
            List<Entry> found = log.slice(progress.next(), log.lastIndex() + 1, maxMessageBytes);
            if (found == null) {
                return progress.next() < log.firstIndex() ? sendSnapshot(to, progress) : askForEntries(to, progress);
            }
            entries = found;
        }
        if (entries.isEmpty() && !evenIfEmpty) {
            return false;
        }
        send(to, progress, previousTerm, entries);
        return true;
    }

    private void send(String to, Progress progress, long previousTerm, List<Entry> entries) {
        outbox.send(Message.newBuilder()
                .setType(MessageType.MSG_APPEND)
                .setTo(to)
                .setIndex(progress.next() - 1)
                .setLogTerm(previousTerm)
                .addAllEntries(entries)
                .setCommit(log.commit()));
        progress.sentEntries(entries.size(), EntrySize.ofData(entries));
        progress.sentCommit(log.commit());
    }

    /** "The leader must occasionally send snapshots to followers that lag behind" (§7). */
    private boolean sendSnapshot(String to, Progress progress) {
        if (!progress.recentActive()) {
            // It would go to somebody who may not be there.
            return false;
        }
        SnapshotMetadata snapshot = log.snapshot();
        if (snapshot == null || !isMember(to, snapshot.getConfState())) {
            // Whoever is not a member by a snapshot refuses it, so a follower that is new waits for a newer one.
            snapshotWanted = true;
            return false;
        }
        progress.becomeSnapshot(snapshot.getIndex());
        outbox.send(
                Message.newBuilder().setType(MessageType.MSG_SNAPSHOT).setTo(to).setSnapshot(snapshot));
        return true;
    }

    /** Whether the configuration, of a snapshot, knows this id. */
    static boolean isMember(String id, ConfState state) {
        // Those in learnersNext are outgoing voters still.
        return state.getVotersList().contains(id)
                || state.getLearnersList().contains(id)
                || state.getVotersOutgoingList().contains(id);
    }

    /** Whether, since this was last asked, some follower could not be sent the snapshot it needs. */
    boolean takeSnapshotWanted() {
        boolean wanted = snapshotWanted;
        snapshotWanted = false;
        return wanted;
    }

    private boolean askForEntries(String to, Progress progress) {
        LogRead read = new LogRead(to, progress.next(), log.unstable().offset(), Math.max(maxMessageBytes, 1));
        progress.awaitedRead(read);
        logReads.add(read);
        return false;
    }

    /** The log has delivered what {@link #askForEntries} wanted, or nothing. */
    void deliver(LogRead read, List<Entry> entries) {
        Progress progress = tracker.progress(read.peerId());
        if (progress == null || !read.equals(progress.awaitedRead())) {
            return;
        }
        progress.awaitedRead(null);
        if (entries.isEmpty()) {
            // It could not be read just now. The next sign of life of the follower asks again.
            return;
        }
        long previousTerm = log.term(read.from() - 1);
        boolean stillWanted = progress.next() == read.from() && !progress.isPaused();
        if (stillWanted && previousTerm != LogView.UNKNOWN_TERM && isOurs(read.from(), entries)) {
            send(read.peerId(), progress, previousTerm, entries);
        }
        sendMissing(read.peerId());
    }

    /** Whether the log still has these entries: it may have changed, and even changed back, since it was read. */
    private boolean isOurs(long from, List<Entry> entries) {
        long index = from;
        for (Entry entry : entries) {
            if (entry.getIndex() != index || !log.matches(index, entry.getTerm())) {
                return false;
            }
            index++;
        }
        return true;
    }

    /** Sends to the follower all that its window takes. */
    void sendMissing(String to) {
        boolean sent;
        do {
            // One message of limited size a round.
            sent = sendAppend(to, false);
        } while (sent);
    }

    /** A follower has rejected an append: "the leader decrements nextIndex and retries" (§5.3), by more than one. */
    void rejected(Progress progress, Message response) {
        long hint = response.getRejectHint();
        if (response.getLogTerm() > 0) {
            // It has this term at the hint. Where our terms are higher the logs cannot match: skip all of those.
            hint = log.lastIndexWithTermUpTo(hint, response.getLogTerm());
        }
        if (progress.maybeDecreaseTo(response.getIndex(), hint)) {
            if (progress.state() == ProgressState.REPLICATE) {
                progress.becomeProbe();
            }
            sendAppend(response.getFrom(), true);
        }
    }

    /** A follower has acknowledged an index; whether that is news. */
    boolean acknowledged(Progress progress, long index) {
        boolean caughtUpProbe = progress.match() == index && progress.state() == ProgressState.PROBE;
        if (!progress.maybeUpdate(index) && !caughtUpProbe) {
            return false;
        }
        switch (progress.state()) {
            case PROBE -> progress.becomeReplicate();
            case SNAPSHOT -> {
                // Whichever snapshot it was, and whoever sent it: the log reaches back far enough again.
                if (progress.match() + 1 >= log.firstIndex()) {
                    progress.becomeProbe();
                    progress.becomeReplicate();
                }
            }
            case REPLICATE -> progress.freeInflightsUpTo(index);
        }
        return true;
    }

    /**
     * "If there exists an N such that N > commitIndex, a majority of matchIndex[i] >= N, and log[N].term ==
     * currentTerm: set commitIndex = N" (figure 2); whether there did. Never by counting for entries of older terms
     * (§5.4.2, figure 8): those are committed by the first one of this term behind them.
     */
    boolean maybeCommit() {
        long index = tracker.committedIndex();
        if (index <= log.commit() || !log.matches(index, node.term())) {
            return false;
        }
        log.commitTo(index);
        return true;
    }

    /** A follower has answered a heartbeat: it is there, and may be sent to again. */
    void heartbeatAnswered(String from, Progress progress) {
        progress.recentActive(true);
        progress.resumeFlow();
        if (progress.match() < log.lastIndex() || progress.state() == ProgressState.PROBE) {
            sendAppend(from, true);
        }
    }

    /** How the snapshot sent to a follower ended. */
    void snapshotEnded(Progress progress, boolean success) {
        if (progress.state() != ProgressState.SNAPSHOT) {
            return;
        }
        if (!success) {
            progress.abandonSnapshot();
        }
        progress.becomeProbe();
        // After success its acknowledgement is on the way; after failure the next heartbeat is soon enough.
        progress.pauseFlow();
    }

    /** Optimism was wrong: something sent to the follower may be lost. */
    void unreachable(Progress progress) {
        if (progress.state() == ProgressState.REPLICATE) {
            progress.becomeProbe();
        }
    }

    private Progress require(String id) {
        @Nullable Progress progress = tracker.progress(id);
        if (progress == null) {
            throw new BrokenInvariantException("no progress is tracked for " + id);
        }
        return progress;
    }
}
