package io.reactorraft.testkit;

import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The paper's properties (figure 3), and what they rest on, checked from outside at every step: on what each node hands
 * to its disk, on what it says to its peers, and on what it applies.
 *
 * <p>One group. One thread.
 */
final class Safety {
    private final Story story;
    private final Function<String, DurableLog> disks;
    private final InForce configurations;
    private final Map<String, HandedLog> logs = new HashMap<>();
    private final Map<Long, String> leaders = new HashMap<>();
    private final Map<Position, Known> entries = new HashMap<>();
    private final List<Committed> committed = new ArrayList<>();
    private final Set<String> wiped = new HashSet<>();
    private final Map<String, List<DurableLog>> lost = new HashMap<>();

    private record Position(long index, long term) {}

    /** An entry, and the term of the one before it. */
    private record Known(Entry entry, long previousTerm) {}

    /** What is committed at an index, and the term of the first node that was seen to know. */
    private record Committed(long term, long seenInTerm, String by) {}

    /** Whom members take for voters. */
    interface InForce {
        /** All that may have been in force at this member when it decided what it says or hands over now. */
        List<ConfState> at(String id);

        /** All that the member had decided so far is handed over. */
        default void handed(String id) {}

        /** This entry, the next one, is known to be committed. */
        default void committed(Entry entry) {}
    }

    /**
     * Nothing has happened yet.
     *
     * @param disks what each member's disk holds beyond doubt
     */
    Safety(Story story, Function<String, DurableLog> disks, InForce configurations) {
        this.story = story;
        this.disks = disks;
        this.configurations = configurations;
    }

    /** The group begins behind this entry. */
    void founded(SnapshotMetadata first) {
        while (committed.size() < first.getIndex()) {
            committed.add(new Committed(first.getTerm(), first.getTerm(), "its founders"));
        }
    }

    // ------------------------------------------------------------------------------------------- what nodes persist

    /** A node hands these to its disk. */
    void handed(String id, HardState state, List<Entry> appended) {
        HandedLog log = log(id);
        if (!appended.isEmpty()) {
            append(id, log, appended, Math.max(log.term, state.getTerm()));
        }
        if (!state.equals(HardState.getDefaultInstance())) {
            persist(id, log, state);
        }
        configurations.handed(id);
    }

    private void append(String id, HandedLog log, List<Entry> appended, long term) {
        long from = appended.get(0).getIndex();
        check(from <= log.last() + 1, () -> id + " leaves a gap: it appends " + from + " behind " + log.last());
        check(
                from > log.commit,
                () -> id + " replaces entry " + from + ", which it knows to be committed (commit " + log.commit + ")");
        if (from <= log.last()) {
            // "A leader never overwrites or deletes entries in its log; it only appends" (figure 3).
            check(
                    log.ledTerm != term,
                    () -> id + " leads term " + term + " and truncates its own" + " log from " + from);
            story.count(Happening.TRUNCATION);
        }
        long previous = log.termAt(from - 1);
        for (Entry entry : appended) {
            match(id, entry, previous);
            previous = entry.getTerm();
        }
        log.append(appended);
        story.tell(
                id,
                from,
                previous,
                () -> "appends entries " + from + ".." + log.last() + " of term " + log.termAt(log.last()));
    }

    /**
     * "If two logs contain an entry with the same index and term, then the logs are identical in all entries up through
     * the given index" (figure 3): by induction, if what stands before it is the same everywhere too.
     */
    private void match(String id, Entry entry, long previousTerm) {
        Known known = new Known(entry, previousTerm);
        Known before = entries.putIfAbsent(new Position(entry.getIndex(), entry.getTerm()), known);
        check(
                before == null || before.equals(known),
                () -> "log matching: " + id + " has at index " + entry.getIndex() + " of term " + entry.getTerm()
                        + " another entry, or another one before it, than others");
    }

    private void persist(String id, HandedLog log, HardState state) {
        check(state.getTerm() >= log.term, () -> id + " goes back from term " + log.term + " to " + state.getTerm());
        check(
                state.getCommit() >= log.commit,
                () -> id + " goes back from commit " + log.commit + " to " + state.getCommit());
        check(
                state.getCommit() <= log.last(),
                () -> id + " commits " + state.getCommit() + ", beyond its last index " + log.last());
        if (!state.getVote().isEmpty()) {
            // "Each server will vote for at most one candidate in a given term" (§5.2).
            boolean first = state.getTerm() > log.term || log.vote.isEmpty();
            check(
                    first || log.vote.equals(state.getVote()),
                    () -> id + " votes in term " + state.getTerm() + " for " + state.getVote() + " after it voted for "
                            + log.vote);
        }
        log.vote = state.getVote();
        log.term = state.getTerm();
        long from = log.commit;
        log.commit = state.getCommit();
        if (log.commit > from) {
            commit(id, log, from);
        }
    }

    private void commit(String id, HandedLog log, long from) {
        long heardOf = committed.size();
        for (long index = Math.max(from, log.base) + 1; index <= log.commit; index++) {
            long term = log.termAt(index);
            if (index <= committed.size()) {
                long at = index;
                Committed known = committed.get((int) index - 1);
                check(
                        known.term == term,
                        () -> "state machine safety: " + id + " commits term " + term + " at index " + at + ", where "
                                + known.by + " committed term " + known.term);
            } else {
                learn(index, new Committed(term, log.term, id));
            }
        }
        // What others have committed a leader may also have heard of as a candidate.
        if (log.commit > heardOf && log.ledTerm == log.term) {
            checkCommitRule(id, log);
        }
        story.tell(id, log.commit, log.term, () -> "commits up to " + log.commit + " in term " + log.term);
    }

    /**
     * "If there exists an N such that N > commitIndex, a majority of matchIndex[i] >= N, and log[N].term == currentTerm"
     * (figure 2).
     */
    private void checkCommitRule(String id, HandedLog log) {
        long term = log.termAt(log.commit);
        check(
                term == log.term,
                () -> id + " leads term " + log.term + " and commits index " + log.commit + " of term " + term
                        + " by counting (figure 8)");
        List<ConfState> possible = configurations.at(id);
        boolean enough = possible.stream()
                .anyMatch(voters -> majority(voters.getVotersList(), log.commit, term)
                        && (voters.getVotersOutgoingCount() == 0
                                || majority(voters.getVotersOutgoingList(), log.commit, term)));
        check(
                enough,
                () -> id + " commits index " + log.commit + " of term " + term
                        + ", which is not durable on a majority of " + possible);
    }

    private boolean majority(List<String> voters, long index, long term) {
        long have = voters.stream()
                .filter(voter -> wiped.contains(voter) || disksOf(voter).anyMatch(disk -> holds(disk, index, term)))
                .count();
        return have > voters.size() / 2;
    }

    /** What it lost counted while it had it. */
    private Stream<DurableLog> disksOf(String voter) {
        return Stream.concat(lost.getOrDefault(voter, List.of()).stream(), Stream.of(disks.apply(voter)));
    }

    private static boolean holds(DurableLog disk, long index, long term) {
        return index < disk.firstIndex() || disk.term(index) == term;
    }

    /** A node installs a snapshot in place of its log. */
    void installing(String id, SnapshotMetadata snapshot) {
        HandedLog log = log(id);
        checkCommitted(id, snapshot.getIndex(), snapshot.getTerm(), "installs a snapshot of");
        if (log.termAt(snapshot.getIndex()) == snapshot.getTerm()) {
            log.compact(snapshot.getIndex());
        } else {
            log.reset(snapshot.getIndex(), snapshot.getTerm());
        }
        log.commit = Math.max(log.commit, snapshot.getIndex());
        story.count(Happening.SNAPSHOT_INSTALLED);
        story.tell(
                id, snapshot.getIndex(), snapshot.getTerm(), () -> "installs the snapshot of " + snapshot.getIndex());
    }

    /** The process is gone: what it had handed over and was not synced counts no more. */
    void restarted(String id) {
        DurableLog disk = disks.apply(id);
        HandedLog log = log(id);
        log.reset(disk.firstIndex() - 1, disk.term(disk.firstIndex() - 1));
        log.append(disk.read(disk.firstIndex(), disk.lastIndex() + 1, 0));
        log.term = disk.hardState().getTerm();
        log.vote = disk.hardState().getVote();
        log.ledTerm = 0;
        log.commit = disk.hardState().getCommit();
    }

    /** Its full disk has refused what was handed to it: only what it holds counts, and what a leader has offered. */
    void refused(String id) {
        HandedLog log = log(id);
        long offered = log.offered;
        long ledTerm = log.ledTerm;
        restarted(id);
        log.offers(offered);
        log.ledTerm = ledTerm;
    }

    /** The member lost its disk, and comes back with an empty one. */
    void lost(String id) {
        lost.computeIfAbsent(id, none -> new ArrayList<>()).add(disks.apply(id));
    }

    /** The member lost its disk; it never comes back under this id. */
    void wiped(String id) {
        wiped.add(id);
    }

    // ------------------------------------------------------------------------------------------------ what nodes say

    /** A node hands a message to its transport: what it promises must be durable by now (figure 2). */
    void sent(String id, Message message) {
        switch (message.getType()) {
            case MSG_HEARTBEAT, MSG_SNAPSHOT -> leads(id, message.getTerm());
            case MSG_APPEND -> {
                leads(id, message.getTerm());
                log(id).offers(message.getIndex() + message.getEntriesCount());
            }
            case MSG_VOTE_RESPONSE -> {
                if (!message.getReject()) {
                    checkVote(id, message);
                }
            }
            case MSG_APPEND_RESPONSE -> {
                if (!message.getReject()) {
                    checkAcknowledgement(id, message);
                }
            }
            default -> {
                // promises nothing
            }
        }
    }

    private void leads(String id, long term) {
        log(id).leads(term);
        String known = leaders.putIfAbsent(term, id);
        if (known == null) {
            story.count(Happening.ELECTION);
            story.tell(id, term, -1, () -> "leads term " + term);
            checkCompleteness(id, term);
            checkElection(id, term);
        } else {
            // "At most one leader can be elected in a given term" (figure 3).
            check(known.equals(id), () -> "election safety: both " + known + " and " + id + " lead term " + term);
        }
    }

    /** "A candidate wins an election if it receives votes from a majority of the servers" (§5.2), and votes are durable. */
    private void checkElection(String id, long term) {
        // Or it would forget that it leads, and could be elected in the same term once more.
        check(
                hasVoted(disks.apply(id).hardState(), id, term),
                () -> id + " leads term " + term + " before its own vote is durable");
        List<ConfState> possible = configurations.at(id);
        boolean elected = possible.stream()
                .anyMatch(voters -> voted(voters.getVotersList(), id, term)
                        && (voters.getVotersOutgoingCount() == 0 || voted(voters.getVotersOutgoingList(), id, term)));
        check(elected, () -> id + " leads term " + term + " without the durable votes of a majority of " + possible);
    }

    private boolean voted(List<String> voters, String id, long term) {
        long votes = voters.stream()
                .filter(voter ->
                        wiped.contains(voter) || disksOf(voter).anyMatch(disk -> hasVoted(disk.hardState(), id, term)))
                .count();
        return votes > voters.size() / 2;
    }

    private static boolean hasVoted(HardState durable, String id, long term) {
        return durable.getTerm() > term
                || (durable.getTerm() == term && durable.getVote().equals(id));
    }

    /**
     * "If a log entry is committed in a given term, then that entry will be present in the logs of the leaders for all
     * higher-numbered terms" (figure 3).
     */
    private void checkCompleteness(String id, long term) {
        HandedLog log = log(id);
        for (int i = (int) log.base; i < committed.size(); i++) {
            Committed entry = committed.get(i);
            long index = i + 1L;
            check(
                    entry.seenInTerm >= term || log.termAt(index) == entry.term,
                    () -> "leader completeness: " + id
                            + " leads term " + term + " without the entry at index " + index + " that " + entry.by
                            + " committed in term " + entry.seenInTerm);
        }
    }

    private void checkVote(String id, Message vote) {
        HardState durable = disks.apply(id).hardState();
        boolean kept = durable.getTerm() > vote.getTerm()
                || (durable.getTerm() == vote.getTerm() && durable.getVote().equals(vote.getTo()));
        check(
                kept,
                () -> id + " grants its vote of term " + vote.getTerm() + " to " + vote.getTo()
                        + " before that is durable (its disk has term " + durable.getTerm() + ", vote '"
                        + durable.getVote()
                        + "')");
    }

    private void checkAcknowledgement(String id, Message answer) {
        long index = answer.getIndex();
        DurableLog disk = disks.apply(id);
        if (disk.hardState().getTerm() > answer.getTerm()) {
            // Of a past term: it held that, and a later leader has replaced it, as if the answer had been on its way.
            return;
        }
        check(
                index <= disk.lastIndex(),
                () -> id + " acknowledges index " + index + " to " + answer.getTo()
                        + " before it is durable (its disk ends at " + disk.lastIndex() + ")");
        String leader = leaders.get(answer.getTerm());
        HandedLog theirs = leader == null ? null : logs.get(leader);
        if (theirs != null
                && theirs.ledTerm == answer.getTerm()
                && theirs.term == theirs.ledTerm
                && index >= disk.firstIndex()
                && index > theirs.base) {
            // A leader offers entries while they still wait for its own disk (thesis §10.2.1).
            boolean onlyOffered = index > theirs.last() && index <= theirs.offered;
            check(
                    onlyOffered || theirs.termAt(index) == disk.term(index),
                    () -> id + " acknowledges index " + index + " to " + leader
                            + ", which has another entry there (term " + theirs.termAt(index) + ", not "
                            + disk.term(index)
                            + ")");
        }
    }

    // ---------------------------------------------------------------------------------------------- what nodes apply

    /** A node applies the entry. */
    void applied(String id, long index, long term) {
        checkCommitted(id, index, term, "applies");
    }

    private void checkCommitted(String id, long index, long term, String does) {
        learnUpTo(id, index);
        Committed known = index > committed.size() ? null : committed.get((int) index - 1);
        check(
                known != null && known.term == term,
                () -> "state machine safety: " + id + " " + does + " index " + index
                        + " of term " + term + ", where " + (known == null ? "nothing" : "term " + known.term)
                        + " is committed");
    }

    /** A commit index may wait for its disk, and what it commits is applied meanwhile: then a majority must hold that. */
    private void learnUpTo(String id, long index) {
        for (long next = committed.size() + 1L; next <= index; next++) {
            long at = next;
            long term = log(id).termAt(at);
            boolean everywhere =
                    configurations.at(id).stream().anyMatch(voters -> majority(voters.getVotersList(), at, term));
            if (term < 0 || !everywhere) {
                return;
            }
            learn(at, new Committed(term, log(id).term, id));
        }
    }

    private void learn(long index, Committed known) {
        committed.add(known);
        Known entry = entries.get(new Position(index, known.term));
        if (entry != null) {
            configurations.committed(entry.entry);
        }
    }

    /** The first index of this term in the log that the node handed to its disk; 0: none. */
    long firstIndexOfTerm(String id, long term) {
        HandedLog log = log(id);
        long index = log.last();
        while (index > log.base && log.termAt(index) > term) {
            index--;
        }
        long first = 0;
        while (index > log.base && log.termAt(index) == term) {
            first = index--;
        }
        return first;
    }

    private HandedLog log(String id) {
        return Objects.requireNonNull(logs.computeIfAbsent(id, unknown -> new HandedLog()));
    }

    private void check(boolean holds, java.util.function.Supplier<String> otherwise) {
        if (!holds) {
            story.violation(otherwise.get());
        }
    }
}
