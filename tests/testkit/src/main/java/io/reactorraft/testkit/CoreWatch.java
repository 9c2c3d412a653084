package io.reactorraft.testkit;

import io.reactorraft.core.RaftRole;
import io.reactorraft.core.RawNode;
import io.reactorraft.core.Ready;
import io.reactorraft.core.Status.PeerProgress;
import io.reactorraft.core.Status.ProgressState;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What one bare core does at each thing that happens to it, held against the rules that leave no trace in its log: who may
 * campaign, and when; what a request for a vote must not change; that a term, a commit index and what a leader knows of a
 * member never go back. What a leader owes its members is {@link LeaderWatch}'s.
 *
 * <p>Of one start of one process; on its loop's lane.
 */
final class CoreWatch {
    static final int ELECTION_TICKS = 10;

    private final String id;
    private final RawNode core;
    private final DurableLog disk;
    private final Story story;
    private final boolean checkQuorum;
    private final boolean async;
    private final LeaderWatch leading;
    private long ticks;
    private long leaderHeard;
    private long seenTerm;
    private long seenCommit;
    private RaftRole seenRole = RaftRole.FOLLOWER;
    private long handedIndex; // of the last entry that was handed to the disk, or that it began with
    private long handedTerm;
    private long snapshot; // handed over to be installed
    private long lastChange; // the highest index in the log known to hold a change of the configuration
    private long replacedFrom =
            Long.MAX_VALUE; // the first index at which the core was sent another entry than the disk's
    private long replacedBy; // that entry's term

    CoreWatch(String id, RawNode core, DurableLog disk, Story story, CoreNode.Rules rules, boolean async) {
        this.id = id;
        this.core = core;
        this.disk = disk;
        this.story = story;
        this.checkQuorum = rules.checkQuorum();
        this.async = async;
        this.leading = new LeaderWatch(id, core, disk, story, checkQuorum);
        seenTerm = core.term();
        seenCommit = core.commitIndex();
        handedIndex = disk.lastIndex();
        handedTerm = disk.term(handedIndex);
        lastChange = lastChangeUpTo(disk.lastIndex());
    }

    /** Something has happened to the core. */
    void moved() {
        check(
                core.term() >= seenTerm && core.commitIndex() >= seenCommit,
                () -> id + " goes back to term " + core.term() + ", commit " + core.commitIndex());
        boolean campaigns = core.role() == RaftRole.CANDIDATE || core.role() == RaftRole.PRE_CANDIDATE;
        if (campaigns && (core.role() != seenRole || core.term() != seenTerm)) {
            check(
                    snapshot <= core.appliedIndex(),
                    () -> id + " campaigns while the snapshot of " + snapshot + " is not installed");
            long change = lastChangeUpTo(core.commitIndex());
            check(
                    change <= core.appliedIndex(),
                    () -> id + " campaigns while the change at index " + change + " is committed and not applied");
        }
        if (core.role() == RaftRole.LEADER && (seenRole != RaftRole.LEADER || core.term() != seenTerm)) {
            leading.begins(ticks);
        }
        seenTerm = core.term();
        seenCommit = core.commitIndex();
        seenRole = core.role();
    }

    /** The highest index, up to this one, at which the disk holds a change that was not replaced meanwhile; 0: none. */
    private long lastChangeUpTo(long index) {
        long last = Math.min(index, Math.min(disk.lastIndex(), firstReplaced() - 1));
        for (long at = last; at >= disk.firstIndex() && at > core.appliedIndex(); at--) {
            if (isChange(disk.read(at, at + 1, 0).get(0))) {
                return at;
            }
        }
        return 0;
    }

    /** From here on the disk lags behind what the core was told. */
    private long firstReplaced() {
        boolean written = replacedFrom <= disk.lastIndex() && disk.term(replacedFrom) == replacedBy;
        return written || replacedFrom < disk.firstIndex() ? Long.MAX_VALUE : replacedFrom;
    }

    private void sent(Message append) {
        long known = firstReplaced();
        replacedFrom = known;
        for (Entry entry : append.getEntriesList()) {
            long index = entry.getIndex();
            boolean held = index >= disk.firstIndex() && index <= disk.lastIndex();
            if (held && index < known && disk.term(index) != entry.getTerm()) {
                replacedFrom = index;
                replacedBy = entry.getTerm();
                return;
            }
        }
    }

    private static boolean isChange(Entry entry) {
        return entry.getType() != EntryType.ENTRY_NORMAL;
    }

    void ticked() {
        ticks++;
        if (core.role() == RaftRole.LEADER) {
            leading.ticked(ticks);
        }
    }

    /** Hands the message to the core. */
    void step(Message message) {
        long term = core.term();
        boolean follows = core.role() == RaftRole.FOLLOWER && !core.leaderId().isEmpty();
        if (message.getType() == MessageType.MSG_APPEND && message.getTerm() >= term) {
            sent(message);
        }
        core.step(message);
        switch (message.getType()) {
            case MSG_PRE_VOTE -> {
                // A pre-vote changes nobody's term (thesis §9.6), and who asks from a past one must learn of ours.
                check(term == core.term(), () -> id + " adopts term " + core.term() + " from a request for a pre-vote");
                check(
                        message.getTerm() >= term || core.hasReady(),
                        () -> id + " does not answer a request for a pre-vote of term " + message.getTerm());
            }
            case MSG_TRANSFER_LEADER -> leading.askedToHandOver(ticks);
            case MSG_VOTE -> voteRequested(message, term, follows);
            case MSG_APPEND, MSG_HEARTBEAT, MSG_SNAPSHOT -> {
                if (message.getTerm() == core.term() && core.leaderId().equals(message.getFrom())) {
                    leaderHeard = ticks;
                }
                check(
                        message.getTerm() >= term || message.getType() == MessageType.MSG_SNAPSHOT || core.hasReady(),
                        () -> id + " does not tell " + message.getFrom() + " that its term " + message.getTerm()
                                + " is over");
            }
            case MSG_APPEND_RESPONSE, MSG_HEARTBEAT_RESPONSE -> {
                if (core.role() == RaftRole.LEADER && message.getTerm() == core.term() && term == core.term()) {
                    leading.answered(message, ticks);
                }
            }
            default -> {
                // leaves its traces elsewhere
            }
        }
    }

    private void voteRequested(Message request, long term, boolean follows) {
        boolean wanted = !request.getContext().isEmpty();
        // "If a server receives a RequestVote request within the minimum election timeout of hearing from a current
        // leader, it does not update its term or grant its vote" (§6), unless that leader wants it so.
        boolean protects = checkQuorum && follows && !wanted && ticks - leaderHeard < ELECTION_TICKS - 1;
        check(
                !protects || term == core.term(),
                () -> id + " lets " + request.getFrom() + " depose a leader that it heard " + (ticks - leaderHeard)
                        + " ticks ago");
        check(
                !wanted || core.term() >= request.getTerm(),
                () -> id + " holds off " + request.getFrom() + ", which its leader wants to lead");
        boolean first = term < request.getTerm() && core.term() == request.getTerm();
        check(
                !first
                        || !isUpToDate(request)
                        || core.status().hardState().getVote().equals(request.getFrom()),
                () -> id + " refuses its vote of term " + request.getTerm() + " to " + request.getFrom()
                        + ", which is the first to ask for it and has all that is needed");
    }

    /** "Candidate's log is at least as up-to-date as receiver's log" (figure 2); false where only the core knows. */
    private boolean isUpToDate(Message request) {
        long last = core.lastIndex();
        if (last != handedIndex) {
            return false;
        }
        long lastTerm = handedTerm;
        return request.getLogTerm() > lastTerm || (request.getLogTerm() == lastTerm && request.getIndex() >= last);
    }

    /** What the core wants done, before any of it is. */
    void handed(Ready ready) {
        List<Entry> entries = ready.entries();
        if (!entries.isEmpty()) {
            Entry last = entries.get(entries.size() - 1);
            handedIndex = last.getIndex();
            handedTerm = last.getTerm();
        }
        check(
                snapshot <= core.appliedIndex() || ready.committedEntries().isEmpty(),
                () -> id + " hands out entries to apply while the snapshot of " + snapshot + " is not installed");
        SnapshotMetadata installing = ready.snapshot();
        if (installing != null) {
            snapshot = installing.getIndex();
        }
        for (Entry entry : ready.entries()) {
            appended(entry);
        }
        if (async && core.role() == RaftRole.LEADER) {
            ready.messages().stream()
                    .filter(message -> message.getType() == MessageType.MSG_TIMEOUT_NOW)
                    .forEach(leading::handsOver);
        }
    }

    private void appended(Entry entry) {
        if (entry.getIndex() <= lastChange) {
            lastChange = 0;
        }
        if (isChange(entry)) {
            // One at a time: "the leader must not append another change until the previous one is applied" (thesis
            // §4.1).
            check(
                    core.role() != RaftRole.LEADER
                            || entry.getTerm() != core.term()
                            || lastChange <= core.appliedIndex(),
                    () -> id + " appends a change at " + entry.getIndex() + " while the one at " + lastChange
                            + " is not applied");
            lastChange = entry.getIndex();
        }
    }

    /** Runs what asks the core to append. */
    void proposing(Runnable proposal) {
        boolean leads = core.role() == RaftRole.LEADER;
        String transferee = leads ? core.status().transferee() : "";
        long last = core.lastIndex();
        proposal.run();
        check(
                transferee.isEmpty() || core.lastIndex() == last,
                () -> id + " takes a proposal while it hands over to " + transferee);
    }

    /** Asks the core to hand over. */
    void handingOver(Runnable transfer) {
        transfer.run();
        leading.askedToHandOver(ticks);
    }

    /** A change was put in force, in place of the configuration before it. */
    void changed(Map<String, PeerProgress> before, ConfState state) {
        if (core.role() == RaftRole.LEADER) {
            leading.changed(before, state, ticks);
        }
    }

    /** The core hears how a snapshot on its way to this member ended. */
    void reporting(String peerId, boolean success) {
        PeerProgress before = core.status().progress().get(peerId);
        core.reportSnapshot(peerId, success);
        PeerProgress after = core.status().progress().get(peerId);
        check(
                success
                        || before == null
                        || after == null
                        || before.state() != ProgressState.SNAPSHOT
                        || after.next() == after.match() + 1,
                () -> id + " probes " + peerId + " behind a snapshot that was lost");
    }

    private void check(boolean holds, Supplier<String> otherwise) {
        if (!holds) {
            story.violation(otherwise.get());
        }
    }
}
