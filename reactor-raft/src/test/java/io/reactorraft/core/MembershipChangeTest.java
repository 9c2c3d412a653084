package io.reactorraft.core;

import static io.reactorraft.core.Cluster.change;
import static io.reactorraft.core.Messages.acknowledge;
import static io.reactorraft.core.Messages.only;
import static io.reactorraft.proto.ConfChangeType.ADD_LEARNER;
import static io.reactorraft.proto.ConfChangeType.ADD_VOTER;
import static io.reactorraft.proto.ConfChangeType.REMOVE_NODE;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.ConfChange;
import io.reactorraft.proto.ConfChangeTransition;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** §6 and the thesis, chapter 4: the members change while the group goes on. */
class MembershipChangeTest {

    private static ConfChangeV2 joint(ConfChangeTransition transition) {
        return ConfChangeV2.newBuilder()
                .setTransition(transition)
                .addChanges(change(ADD_VOTER, "n4"))
                .addChanges(change(REMOVE_NODE, "n3"))
                .build();
    }

    /** A group whose leader has a snapshot to offer, and an empty newcomer. */
    private static Cluster withNewcomer(int voters, String newcomer) {
        Cluster cluster = Cluster.of(voters);
        cluster.elect(1).propose("a");
        cluster.settle();
        cluster.nodes().forEach(node -> node.log().compact(node.appliedIndex(), node.members()));
        cluster.join(newcomer);
        return cluster;
    }

    @Test
    void aNewcomerIsBroughtUpToDateAndVotes() {
        Cluster cluster = withNewcomer(1, "n2");
        cluster.node(1).proposeChange(change(ADD_VOTER, "n2"));
        cluster.settle();
        for (int i = 0; i < 3; i++) {
            cluster.tick();
        }
        assertThat(cluster.node(2).members().getVotersList()).containsExactly("n1", "n2");
        cluster.lose(message -> message.getTo().equals("n2"));
        cluster.node(1).propose("b");
        cluster.settle();
        assertThat(cluster.node(1).commands()).as("one of two is no majority").doesNotContain("b");
        cluster.heal();
        cluster.tick();
        assertThat(cluster.node(2).commands()).endsWith("b");
    }

    /** C07 of the usual faults. */
    @Test
    void aLearnerReceivesAllAndCountsForNothing() {
        Cluster cluster = withNewcomer(2, "n3");
        TestNode leader = cluster.node(1);
        leader.proposeChange(change(ADD_LEARNER, "n3"));
        cluster.settle();
        cluster.tick();
        cluster.lose(message -> message.getTo().equals("n2"));
        leader.propose("b");
        cluster.settle();
        assertThat(leader.commands()).doesNotContain("b");
        assertThat(cluster.node(3).log().lastIndex()).isEqualTo(leader.raw().lastIndex());
        cluster.heal();
        cluster.tick();
        assertThat(cluster.node(3).commands()).endsWith("b");
        cluster.node(3).tick(50);
        cluster.node(3).raw().campaign();
        assertThat(cluster.node(3).raw().role()).as("it does not campaign").isEqualTo(RaftRole.FOLLOWER);
    }

    /** E10 of the usual faults: it may have been promoted and not know yet. */
    @Test
    void aLearnerThatIsAskedForItsVoteGivesIt() {
        TestNode learner = new TestNode(
                "n3",
                ConfState.newBuilder()
                        .addVoters("n1")
                        .addVoters("n2")
                        .addLearners("n3")
                        .build(),
                0,
                config -> config);
        learner.raw().step(Messages.vote("n1", "n3", 1, 0, 0));
        assertThat(Messages.single(learner.settle(), MessageType.MSG_VOTE_RESPONSE, "n1")
                        .getReject())
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TRANSITION_AUTO", "TRANSITION_JOINT_IMPLICIT"})
    void aJointConfigurationIsLeftByItself(String transition) {
        Cluster cluster = withNewcomer(3, "n4");
        cluster.node(1).raw().proposeConfChange(joint(ConfChangeTransition.valueOf(transition)));
        cluster.settle();
        cluster.tick();
        assertThat(cluster.node(1).members().getVotersList()).containsExactly("n1", "n2", "n4");
        assertThat(cluster.node(1).members().getVotersOutgoingList()).isEmpty();
        assertThat(cluster.node(4).members()).isEqualTo(cluster.node(1).members());
    }

    @Test
    void anExplicitlyJointConfigurationIsLeftWhenSaidSo() {
        Cluster cluster = withNewcomer(3, "n4");
        TestNode leader = cluster.node(1);
        leader.raw().proposeConfChange(joint(ConfChangeTransition.TRANSITION_JOINT_EXPLICIT));
        for (int i = 0; i < 20; i++) {
            cluster.tick();
        }
        assertThat(leader.members().getVotersOutgoingList()).containsExactly("n1", "n2", "n3");
        assertThat(leader.raw().proposeConfChange(ConfChangeV2.getDefaultInstance()))
                .isEqualTo(StepOutcome.TAKEN);
        cluster.settle();
        assertThat(leader.members().getVotersOutgoingList()).isEmpty();
    }

    /** §6: "Log entries are replicated to all servers in both configurations", and both majorities must have them. */
    @Test
    void whileJointBothMajoritiesMustAcknowledge() {
        Cluster cluster = withNewcomer(3, "n4");
        TestNode leader = cluster.node(1);
        leader.raw()
                .proposeConfChange(ConfChangeV2.newBuilder()
                        .setTransition(ConfChangeTransition.TRANSITION_JOINT_EXPLICIT)
                        .addChanges(change(ADD_VOTER, "n4"))
                        .addChanges(change(ADD_VOTER, "n5"))
                        .addChanges(change(REMOVE_NODE, "n2"))
                        .addChanges(change(REMOVE_NODE, "n3"))
                        .build());
        cluster.settle();
        cluster.tick();
        long joint = leader.raw().commitIndex();
        cluster.lose(message -> message.getTo().equals("n4"));
        leader.propose("b");
        cluster.settle();
        assertThat(leader.raw().commitIndex()).as("n1 alone of the new ones").isEqualTo(joint);
        cluster.heal();
        cluster.tick();
        assertThat(leader.raw().commitIndex()).isEqualTo(joint + 1);
        cluster.lose(message -> List.of("n2", "n3").contains(message.getTo()));
        leader.propose("c");
        cluster.settle();
        assertThat(leader.raw().commitIndex()).as("n1 alone of the old ones").isEqualTo(joint + 1);
    }

    /** C01 and C02 of the usual faults: "only one at a time" (thesis §4.1), also across leaders. */
    @Test
    void aSecondChangeWhileOneIsPendingDoesNothing() {
        TestNode leader = Cluster.of(3).elect(1);
        leader.proposeChange(change(ADD_VOTER, "n4"));
        assertThat(leader.proposeChange(change(ADD_VOTER, "n5"))).isEqualTo(StepOutcome.TAKEN);
        leader.settle();
        assertThat(leader.log().all())
                .extracting(Entry::getType)
                .containsExactly(EntryType.ENTRY_NORMAL, EntryType.ENTRY_CONF_CHANGE_V2, EntryType.ENTRY_NORMAL);
        assertThat(leader.log().all().get(2).getData().isEmpty()).isTrue();

        leader.raw().step(acknowledge("n2", "n1", 1, 3));
        leader.settle();
        leader.proposeChange(change(ADD_VOTER, "n5"));
        leader.settle();
        assertThat(leader.log().all().get(3).getType())
                .as("once applied, the next one")
                .isEqualTo(EntryType.ENTRY_CONF_CHANGE_V2);
    }

    @Test
    void aNewLeaderTakesNoChangeBeforeItHasAppliedItsWholeLog() {
        TestNode leader = PaperNodes.leader(3, 1, 1);
        leader.settle();
        leader.proposeChange(change(ADD_VOTER, "n4"));
        leader.settle();
        assertThat(leader.log().all().get(3).getType()).isEqualTo(EntryType.ENTRY_NORMAL);
        leader.raw().step(acknowledge("n2", "n1", 2, 4));
        leader.settle();
        leader.proposeChange(change(ADD_VOTER, "n4"));
        leader.settle();
        assertThat(leader.log().all().get(4).getType()).isEqualTo(EntryType.ENTRY_CONF_CHANGE_V2);
    }

    @Test
    void aChangeThatDoesNotFitTheConfigurationDoesNothing() {
        Cluster cluster = Cluster.of(3);
        TestNode leader = cluster.elect(1);
        leader.raw().proposeConfChange(ConfChangeV2.getDefaultInstance());
        cluster.settle();
        assertThat(leader.log().all().get(1).getType())
                .as("there is nothing to leave")
                .isEqualTo(EntryType.ENTRY_NORMAL);

        leader.raw().proposeConfChange(joint(ConfChangeTransition.TRANSITION_JOINT_EXPLICIT));
        cluster.settle();
        leader.proposeChange(change(ADD_LEARNER, "n7"));
        cluster.settle();
        assertThat(leader.log().all().get(3).getType()).as("first leave").isEqualTo(EntryType.ENTRY_NORMAL);
        assertThat(leader.members().getLearnersList()).isEmpty();
    }

    @Test
    void oneBatchHoldsOneChangeAtMost() {
        TestNode leader = Cluster.of(3).elect(1);
        Message.Builder proposal =
                Message.newBuilder().setType(MessageType.MSG_PROPOSE).setFrom("n2");
        for (String id : List.of("n4", "n5")) {
            proposal.addEntries(Entry.newBuilder()
                    .setType(EntryType.ENTRY_CONF_CHANGE)
                    .setData(ConfChange.newBuilder()
                            .setType(ADD_VOTER)
                            .setNodeId(id)
                            .build()
                            .toByteString()));
        }
        assertThat(leader.raw().step(proposal.build())).isEqualTo(StepOutcome.TAKEN);
        leader.settle();
        assertThat(leader.log().all())
                .extracting(Entry::getType)
                .containsExactly(EntryType.ENTRY_NORMAL, EntryType.ENTRY_CONF_CHANGE, EntryType.ENTRY_NORMAL);
    }

    @Test
    void aMalformedChangeIsDropped() {
        TestNode leader = Cluster.of(3).elect(1);
        Message malformed = Message.newBuilder()
                .setType(MessageType.MSG_PROPOSE)
                .setFrom("n2")
                .addEntries(Entry.newBuilder()
                        .setType(EntryType.ENTRY_CONF_CHANGE_V2)
                        .setData(ByteString.copyFromUtf8("\377nonsense")))
                .build();
        assertThat(leader.raw().step(malformed)).isEqualTo(StepOutcome.PROPOSAL_DROPPED);
        assertThat(leader.raw().lastIndex()).isEqualTo(1);
    }

    /** A committed change that cannot be applied does nothing, on all replicas alike. */
    @Test
    void aChangeThatWouldRemoveAllVotersDoesNothing() {
        Cluster cluster = Cluster.of(1);
        TestNode leader = cluster.elect(1);
        ConfChangeV2 all =
                ConfChangeV2.newBuilder().addChanges(change(REMOVE_NODE, "n1")).build();
        assertThat(leader.raw().objectionTo(all)).isEqualTo("removed all voters");
        assertThat(leader.raw().proposeConfChange(all)).isEqualTo(StepOutcome.TAKEN);
        cluster.settle();
        assertThat(leader.raw().appliedIndex()).isEqualTo(2);
        assertThat(leader.members().getVotersList()).containsExactly("n1");
        assertThat(leader.propose("still here")).isEqualTo(StepOutcome.TAKEN);
        assertThat(leader.raw().objectionTo(joint(ConfChangeTransition.TRANSITION_AUTO)))
                .isNull();
    }

    @Test
    void withoutValidationWhatCannotBeAppliedDoesNothingEither() {
        Cluster cluster = Cluster.of(3, config -> config.confChangeValidation(false));
        TestNode leader = cluster.elect(1);
        leader.raw().proposeConfChange(ConfChangeV2.getDefaultInstance());
        leader.raw().proposeConfChange(joint(ConfChangeTransition.TRANSITION_JOINT_EXPLICIT));
        leader.proposeChange(change(ADD_VOTER, "n9"));
        cluster.settle();
        assertThat(leader.raw().appliedIndex()).isEqualTo(4);
        assertThat(leader.members().getVotersList()).containsExactly("n1", "n2", "n4");
        assertThat(cluster.node(2).members()).isEqualTo(leader.members());
    }

    /** C04 of the usual faults: fewer are needed after a removal, so something may be committed by it. */
    @Test
    void aSmallerGroupCommitsWhatItHolds() {
        Cluster cluster = Cluster.of(2);
        TestNode leader = cluster.elect(1);
        cluster.lose(message -> message.getTo().equals("n2"));
        leader.proposeChange(change(REMOVE_NODE, "n2"));
        leader.propose("b");
        leader.settle();
        leader.raw().step(acknowledge("n2", "n1", 1, 2));
        leader.settle();
        assertThat(leader.commands()).containsExactly("b");
    }

    /** C05 of the usual faults. */
    @Test
    void aNewVoterHasNothingBeforeItSaysSo() {
        Cluster cluster = Cluster.of(1);
        TestNode leader = cluster.elect(1);
        leader.proposeChange(change(ADD_VOTER, "n2"));
        leader.settle();
        leader.propose("b");
        leader.settle();
        assertThat(leader.commands()).isEmpty();
    }

    @Test
    void aNewMemberIsProbedAtOnce() {
        TestNode leader = Cluster.of(1).elect(1);
        leader.proposeChange(change(ADD_LEARNER, "n2"));
        assertThat(only(leader.settle(), MessageType.MSG_APPEND))
                .extracting(Message::getTo)
                .containsExactly("n2");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aLeaderThatIsRemovedStepsDownIfItIsTo(boolean stepsDown) {
        Cluster cluster = Cluster.of(3, config -> config.stepDownOnRemoval(stepsDown));
        TestNode leader = cluster.elect(1);
        leader.proposeChange(change(REMOVE_NODE, "n1"));
        cluster.settle();
        assertThat(leader.raw().role()).isEqualTo(stepsDown ? RaftRole.FOLLOWER : RaftRole.LEADER);
        assertThat(leader.propose("b")).as("it is no member").isEqualTo(StepOutcome.PROPOSAL_DROPPED);
        leader.raw().campaign();
        leader.tick(40);
        assertThat(leader.raw().role()).as("nor will it campaign").isNotEqualTo(RaftRole.CANDIDATE);
    }

    @Test
    void aLeaderThatIsDemotedStepsDown() {
        Cluster cluster = Cluster.of(3, config -> config.stepDownOnRemoval(true));
        TestNode leader = cluster.elect(1);
        leader.raw()
                .proposeConfChange(ConfChangeV2.newBuilder()
                        .addChanges(change(ADD_LEARNER, "n1"))
                        .build());
        cluster.settle();
        assertThat(leader.raw().role()).isEqualTo(RaftRole.FOLLOWER);
        assertThat(leader.members().getLearnersList()).containsExactly("n1");
    }

    /** E17 of the usual faults: the change may have taken the vote from those it would count. */
    @Test
    void whoHasACommittedChangeToApplyDoesNotCampaign() {
        TestNode node = new TestNode(
                "n1",
                PaperNodes.THREE,
                config -> config.asyncStorageWrites(true).preVote(false));
        Entry removal =
                ConfChanges.LEAVE_JOINT.toBuilder().setIndex(1).setTerm(1).build();
        node.raw()
                .step(Messages.message(MessageType.MSG_APPEND, "n2", "n1", 1)
                        .setCommit(1)
                        .addEntries(removal)
                        .build());
        List<Message> sent = new ArrayList<>();
        node.takeReady(sent);
        node.doAppendWork(sent);
        node.raw().campaign();
        assertThat(node.raw().role()).isEqualTo(RaftRole.FOLLOWER);
        node.settle();
        node.raw().campaign();
        assertThat(node.raw().role()).isEqualTo(RaftRole.CANDIDATE);
    }

    /** Those that stay hear at once of what their smaller number has committed. */
    @Test
    void aSmallerGroupIsToldWhatItHasCommitted() {
        Cluster cluster = Cluster.of(4);
        TestNode leader = cluster.elect(1);
        leader.proposeChange(change(REMOVE_NODE, "n4"));
        leader.settle();
        leader.propose("a");
        leader.settle();
        leader.raw().step(acknowledge("n2", "n1", 1, 3));
        leader.settle();
        assertThat(leader.raw().commitIndex()).as("two of four").isEqualTo(1);
        leader.raw().step(acknowledge("n3", "n1", 1, 2));
        List<Message> appends = only(leader.settle(), MessageType.MSG_APPEND);
        assertThat(leader.raw().commitIndex()).as("two of three").isEqualTo(3);
        assertThat(appends)
                .filteredOn(append -> append.getCommit() == 3)
                .extracting(Message::getTo)
                .contains("n2", "n3");
    }

    /** The change is pending until its own entry is applied, not one before it in the same batch. */
    @Test
    void aChangeBehindOtherEntriesIsPendingTooUntilItIsApplied() {
        Cluster cluster = Cluster.of(3);
        TestNode leader = cluster.elect(1);
        ByteString removal = ConfChangeV2.newBuilder()
                .addChanges(change(REMOVE_NODE, "n3"))
                .build()
                .toByteString();
        Message batch = Message.newBuilder()
                .setType(MessageType.MSG_PROPOSE)
                .setFrom("n1")
                .addEntries(Entry.newBuilder().setData(ByteString.copyFromUtf8("a")))
                .addEntries(Entry.newBuilder()
                        .setType(EntryType.ENTRY_CONF_CHANGE_V2)
                        .setData(removal))
                .build();
        assertThat(leader.raw().step(batch)).isEqualTo(StepOutcome.TAKEN);
        leader.proposeChange(change(REMOVE_NODE, "n2"));
        cluster.settle();
        assertThat(leader.members().getVotersList()).containsExactly("n1", "n2");
    }
}
