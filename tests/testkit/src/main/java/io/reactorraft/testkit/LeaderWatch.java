package io.reactorraft.testkit;

import io.reactorraft.core.RawNode;
import io.reactorraft.core.Status;
import io.reactorraft.core.Status.PeerProgress;
import io.reactorraft.core.Status.ProgressState;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** What a bare core owes its members as their leader, and must know of them; see {@link CoreWatch}. */
final class LeaderWatch {

    /** A check of the quorum looks back an election timeout, and comes once in one: twice that, and some. */
    private static final int MOST_SILENT_TICKS = 2 * CoreWatch.ELECTION_TICKS + 2;

    /** A transfer is given up within an election timeout; the same one may be asked for again at once. */
    private static final int LONGEST_TRANSFER_TICKS = 4 * CoreWatch.ELECTION_TICKS;

    private final String id;
    private final RawNode core;
    private final DurableLog disk;
    private final Story story;
    private final boolean checkQuorum;
    private final Map<String, Long> matches = new HashMap<>();
    private final Map<String, Long> heard = new HashMap<>();
    private long graceFrom;
    private String transferee = "";
    private long transferSince;

    LeaderWatch(String id, RawNode core, DurableLog disk, Story story, boolean checkQuorum) {
        this.id = id;
        this.core = core;
        this.disk = disk;
        this.story = story;
        this.checkQuorum = checkQuorum;
    }

    /** A new term of office. */
    void begins(long ticks) {
        matches.clear();
        heard.clear();
        graceFrom = ticks;
        transferee = "";
    }

    void ticked(long ticks) {
        Status status = core.status();
        checkTransfer(status, ticks);
        checkOffice(status.confState(), ticks);
        checkCommit(status);
        status.progress().forEach(this::checkMatch);
    }

    /** Somebody asked for a transfer, which begins the time of the check anew, even where it is given up at once. */
    void askedToHandOver(long ticks) {
        graceFrom = ticks;
    }

    /** "A leader ... steps down if an election timeout elapses without a successful round of heartbeats" (thesis §6.2). */
    private void checkOffice(ConfState members, long ticks) {
        Predicate<String> present =
                member -> member.equals(id) || ticks - heard.getOrDefault(member, graceFrom) <= MOST_SILENT_TICKS;
        check(
                !checkQuorum
                        || ticks - graceFrom <= MOST_SILENT_TICKS
                        || (isMajority(members.getVotersList(), present)
                                && isMajority(members.getVotersOutgoingList(), present)),
                () -> id + " still leads, and has heard of no majority for " + MOST_SILENT_TICKS + " ticks");
    }

    private static boolean isMajority(List<String> voters, Predicate<String> counts) {
        return voters.isEmpty() || voters.stream().filter(counts).count() > voters.size() / 2;
    }

    /** "If there exists an N such that N > commitIndex, ...: set commitIndex = N" (figure 2): at once. */
    private void checkCommit(Status status) {
        ConfState members = status.confState();
        if (!members.getVotersList().contains(id)
                && !members.getVotersOutgoingList().contains(id)) {
            return;
        }
        long index = Math.min(
                matchedBy(members.getVotersList(), status), matchedBy(members.getVotersOutgoingList(), status));
        boolean ofThisTerm = index > disk.firstIndex()
                && index <= disk.lastIndex()
                && disk.term(index) == status.hardState().getTerm();
        check(
                !ofThisTerm || index <= core.commitIndex(),
                () -> id + " knows index " + index + " to be on a majority, and has committed " + core.commitIndex());
    }

    private static long matchedBy(List<String> voters, Status status) {
        if (voters.isEmpty()) {
            return Long.MAX_VALUE;
        }
        long[] matched = voters.stream()
                .mapToLong(voter -> {
                    PeerProgress progress = status.progress().get(voter);
                    return progress == null ? 0 : progress.match();
                })
                .sorted()
                .toArray();
        return matched[(matched.length - 1) / 2];
    }

    /** "If leadership transfer does not complete after about an election timeout, the prior leader aborts" (§3.10). */
    private void checkTransfer(Status status, long ticks) {
        if (!status.transferee().equals(transferee)) {
            transferee = status.transferee();
            transferSince = ticks;
        }
        if (!transferee.isEmpty()) {
            // The time of a transfer is the time of the check: it begins anew.
            graceFrom = ticks;
        }
        check(
                transferee.isEmpty() || ticks - transferSince <= LONGEST_TRANSFER_TICKS,
                () -> id + " waits for " + transferee + " to lead for more than " + LONGEST_TRANSFER_TICKS + " ticks");
        checkTransferee(status);
    }

    private void checkTransferee(Status status) {
        String to = status.transferee();
        check(
                to.isEmpty()
                        || status.confState().getVotersList().contains(to)
                        || status.confState().getVotersOutgoingList().contains(to),
                () -> id + " hands over to " + to + ", which is no voter");
    }

    private void checkMatch(String member, PeerProgress progress) {
        long before = matches.getOrDefault(member, 0L);
        check(
                progress.match() >= before,
                () -> id + " knew " + member + " to match up to " + before + ", and now to " + progress.match());
        matches.put(member, progress.match());
    }

    /** A member has answered. */
    void answered(Message answer, long ticks) {
        String member = answer.getFrom();
        heard.put(member, ticks);
        PeerProgress progress = core.status().progress().get(member);
        if (progress == null) {
            return;
        }
        checkMatch(member, progress);
        if (answer.getType() != MessageType.MSG_APPEND_RESPONSE || answer.getReject()) {
            return;
        }
        check(
                progress.match() != answer.getIndex() || progress.state() != ProgressState.PROBE,
                () -> id + " goes on probing " + member + ", which has answered the probe at " + answer.getIndex());
        check(
                progress.state() != ProgressState.SNAPSHOT || progress.match() + 1 < disk.firstIndex(),
                () -> id + " lets " + member + " wait for a snapshot, which has all up to " + progress.match());
    }

    /** The transferee is told to campaign: "the prior leader fully updates the target server's log" first (§3.10). */
    void handsOver(Message timeoutNow) {
        PeerProgress progress = core.status().progress().get(timeoutNow.getTo());
        check(
                progress == null || progress.match() == core.lastIndex(),
                () -> id + " tells " + timeoutNow.getTo() + " to campaign without all of its entries");
    }

    /** A change was put in force. */
    void changed(Map<String, PeerProgress> before, ConfState state, long ticks) {
        graceFrom = ticks;
        Status status = core.status();
        Set<String> members = new HashSet<>(state.getVotersList());
        members.addAll(state.getVotersOutgoingList());
        members.addAll(state.getLearnersList());
        check(
                status.progress().keySet().equals(members),
                () -> id + " keeps track of " + status.progress().keySet() + ", while the members are " + members);
        matches.keySet().retainAll(members);
        status.progress().forEach((member, progress) -> {
            if (!before.containsKey(member)) {
                // Nothing is known of its log, and it has yet to be given time to answer.
                matches.remove(member);
                check(progress.match() == 0, () -> id + " takes " + member + ", which is new, to have entries");
                check(progress.recentActive(), () -> id + " counts " + member + ", which is new, as lost");
            }
        });
        checkCommit(status);
        checkTransferee(status);
    }

    private void check(boolean holds, Supplier<String> otherwise) {
        if (!holds) {
            story.violation(otherwise.get());
        }
    }
}
