package io.reactorraft.core;

import static io.reactorraft.core.Messages.heartbeat;
import static io.reactorraft.core.Messages.only;
import static io.reactorraft.core.Messages.voted;
import static io.reactorraft.proto.ConfChangeType.ADD_LEARNER;
import static io.reactorraft.proto.ConfChangeType.ADD_VOTER;
import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.ConfChangeSingle;
import io.reactorraft.proto.ConfChangeType;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What simulation found, and the reference implementation has: see {@link CoreConfig.Builder#faultsOfTheReference}. */
class FaultsOfTheReferenceTest {

    @Test
    void theReferenceAsksForVotesBeforeItsTermIsDurable() {
        assertThat(only(campaigning(true), MessageType.MSG_VOTE)).hasSize(2);
        assertThat(only(campaigning(false), MessageType.MSG_VOTE)).isEmpty();
    }

    private static List<Message> campaigning(boolean faults) {
        List<Message> sent = new ArrayList<>();
        candidate(faults).takeReady(sent);
        return sent;
    }

    private static TestNode candidate(boolean faults) {
        TestNode candidate = new TestNode(
                "n1",
                PaperNodes.THREE,
                config -> config.asyncStorageWrites(true).preVote(false).faultsOfTheReference(faults));
        candidate.raw().campaign();
        return candidate;
    }

    /**
     * §5.1: "If a server receives a request with a stale term number, it rejects the request". A learner that was a candidate
     * once has a higher term than the group, and never campaigns again: its answer is all that the leader can hear of it.
     */
    @Test
    void aLearnerWithAHigherTermIsHeardAlthoughNobodyChecksQuorums() {
        Cluster cluster = Cluster.of(3, config -> config.preVote(false).checkQuorum(false));
        TestNode leader = cluster.elect(1);
        TestNode learner = cluster.join("n4");
        learner.raw().step(Messages.vote("n9", "n4", 7, 1, 1));
        leader.proposeChange(Cluster.change(ADD_LEARNER, "n4"));
        cluster.settle();
        cluster.tick();
        cluster.elect(1).propose("a");
        cluster.settle();
        assertThat(leader.raw().term()).isGreaterThan(7);
        assertThat(learner.commands()).containsExactly("a");
    }

    /**
     * n2 and n3 leave in a joint change and have applied it, and have entries behind it that n1, the only voter left, has
     * not. They do not campaign, and would not vote for n1. But they can tell it that the change is committed.
     */
    @Test
    void membersThatHaveLeftTellTheRestWhatIsCommitted() {
        Cluster cluster = Cluster.of(3);
        TestNode leader = cluster.elect(2);
        TestNode left = cluster.node(1);
        leader.raw()
                .proposeConfChange(ConfChangeV2.newBuilder()
                        .setTransition(io.reactorraft.proto.ConfChangeTransition.TRANSITION_JOINT_EXPLICIT)
                        .addChanges(removal("n2"))
                        .addChanges(removal("n3"))
                        .build());
        cluster.settle();
        leader.raw().proposeConfChange(ConfChangeV2.getDefaultInstance());
        long leaving = leader.raw().lastIndex();
        leader.propose("never committed");
        cluster.lose(message -> message.getTo().equals("n1")
                && (message.getCommit() >= leaving
                        || message.getEntriesList().stream().anyMatch(entry -> entry.getIndex() > leaving)));
        cluster.settle();
        assertThat(leader.members().getVotersList()).containsExactly("n1");
        assertThat(leader.members().getVotersOutgoingList()).isEmpty();
        assertThat(left.members().getVotersOutgoingList())
                .as("n1 missed the commit")
                .isNotEmpty();
        assertThat(left.raw().lastIndex())
                .as("and what follows")
                .isLessThan(leader.raw().lastIndex());
        leader.raw().step(heartbeat("n3", "n2", 2, 0)); // it leads no more

        cluster.heal();
        for (int i = 0; i < 100; i++) {
            cluster.tick();
        }
        assertThat(left.members().getVotersOutgoingList()).isEmpty();
        assertThat(left.raw().role()).isEqualTo(RaftRole.LEADER);
    }

    private static ConfChangeSingle removal(String id) {
        return Cluster.change(ConfChangeType.REMOVE_NODE, id);
    }

    @Test
    void aRefusalThatKnowsOfAnotherEntryCommitsNothing() {
        TestNode candidate = PaperNodes.node(3, 1, 1, 2);
        candidate.raw().campaign();
        candidate.settle();
        Message refusal = voted("n2", "n1", 3, false);
        for (long index : new long[] {3, 4, Admission.HIGHEST_NUMBER}) {
            candidate
                    .raw()
                    .step(refusal.toBuilder()
                            .setKnownCommit(index)
                            .setKnownCommitTerm(1)
                            .build());
        }
        assertThat(candidate
                        .raw()
                        .step(refusal.toBuilder().setKnownCommitTerm(-1).build()))
                .isEqualTo(StepOutcome.REFUSED);
        assertThat(candidate.raw().commitIndex()).isZero();
    }

    /** What it learns may take the vote from it, or from those whose votes it counts. */
    @Test
    void aCandidateThatLearnsOfACommitStandsDown() {
        TestNode candidate = PaperNodes.node(3, 1, 1, 2);
        candidate.raw().campaign();
        candidate.settle();
        candidate
                .raw()
                .step(voted("n2", "n1", 3, false).toBuilder()
                        .setKnownCommit(2)
                        .setKnownCommitTerm(1)
                        .build());
        assertThat(candidate.raw().commitIndex()).isEqualTo(2);
        assertThat(candidate.raw().role()).isEqualTo(RaftRole.FOLLOWER);
    }

    /** The snapshot's configuration has the change already, and perhaps later ones that undo it. */
    @Test
    void aChangeThatASnapshotHasOvertakenOnItsWayToTheApplierDoesNothing() {
        TestNode follower = new TestNode("n1", PaperNodes.THREE, config -> config.asyncStorageWrites(true));
        Entry change = Entry.newBuilder()
                .setIndex(1)
                .setTerm(1)
                .setType(io.reactorraft.proto.EntryType.ENTRY_CONF_CHANGE_V2)
                .setData(ConfChangeV2.newBuilder()
                        .addChanges(Cluster.change(ADD_VOTER, "n4"))
                        .build()
                        .toByteString())
                .build();
        follower.raw()
                .step(Messages.message(MessageType.MSG_APPEND, "n2", "n1", 1)
                        .setCommit(1)
                        .addEntries(change)
                        .build());
        List<Message> sent = new ArrayList<>();
        follower.takeReady(sent);
        follower.doAppendWork(sent);
        follower.takeReady(sent); // the change is on its way
        ConfState later =
                ConfState.newBuilder().addAllVoters(List.of("n1", "n2")).build();
        SnapshotMetadata snapshot = MemoryLog.snapshotAt(9, 1, later);
        follower.raw().step(Messages.snapshot("n2", "n1", 1, snapshot));
        assertThat(follower.raw().restoredIndex()).isEqualTo(9);
        assertThat(follower.raw().applyConfChange(change)).isEqualTo(later);
        assertThat(follower.raw().status().confState()).isEqualTo(later);
    }
}
