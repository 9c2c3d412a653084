package io.reactorraft.core;

import static io.reactorraft.core.Messages.acknowledge;
import static io.reactorraft.core.Messages.only;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.proto.ConfChangeTransition;
import io.reactorraft.proto.ConfChangeType;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Thesis §3.10. */
class LeadershipTransferTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void leadershipGoesToWhomItIsHandedWhoeverAsks(int asking) {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1).propose("a");
        cluster.settle();
        cluster.node(asking).raw().transferLeadership("n3");
        cluster.settle();
        assertThat(cluster.node(3).raw().role()).isEqualTo(RaftRole.LEADER);
        assertThat(cluster.node(3).raw().term()).isEqualTo(2);
        assertThat(cluster.node(1).raw().leaderId()).isEqualTo("n3");
    }

    /** "The prior leader fully updates the target server's log to match its own": T02 of the usual faults. */
    @Test
    void aLaggingSuccessorIsBroughtUpToDateFirst() {
        Cluster cluster = Cluster.of(3);
        TestNode leader = cluster.elect(1);
        cluster.lose(message -> message.getTo().equals("n3"));
        leader.propose("a", "b");
        cluster.settle();
        cluster.heal();
        leader.raw().transferLeadership("n3");
        assertThat(only(leader.settle(), MessageType.MSG_TIMEOUT_NOW)).isEmpty();
        leader.raw().step(acknowledge("n3", "n1", 1, 2));
        assertThat(only(leader.settle(), MessageType.MSG_TIMEOUT_NOW))
                .as("one is still missing")
                .isEmpty();
        leader.raw().step(acknowledge("n3", "n1", 1, 3));
        assertThat(only(leader.settle(), MessageType.MSG_TIMEOUT_NOW))
                .extracting(Message::getTo)
                .containsExactly("n3");
    }

    /** "The prior leader stops accepting new client requests". */
    @Test
    void meanwhileProposalsAreDropped() {
        Cluster cluster = Cluster.of(3);
        TestNode leader = cluster.elect(1);
        cluster.lose(message -> message.getType() == MessageType.MSG_TIMEOUT_NOW);
        leader.raw().transferLeadership("n2");
        cluster.settle();
        assertThat(leader.raw().status().transferee()).isEqualTo("n2");
        assertThat(leader.propose("a")).isEqualTo(StepOutcome.PROPOSAL_DROPPED);
        assertThat(leader.proposeChange(Cluster.change(ConfChangeType.ADD_VOTER, "n4")))
                .isEqualTo(StepOutcome.PROPOSAL_DROPPED);
        assertThat(leader.raw().lastIndex()).isEqualTo(1);
    }

    /** "If leadership transfer does not complete after about an election timeout, the prior leader aborts": T01. */
    @Test
    void aSuccessorThatDoesNotAnswerIsGivenUpAfterAnElectionTimeout() {
        Cluster cluster = Cluster.of(3);
        TestNode leader = cluster.elect(1);
        cluster.lose(message -> message.getType() == MessageType.MSG_TIMEOUT_NOW);
        leader.tick(5);
        leader.raw().transferLeadership("n2");
        for (int i = 0; i < 9; i++) {
            cluster.tick();
        }
        assertThat(leader.propose("a")).isEqualTo(StepOutcome.PROPOSAL_DROPPED);
        cluster.tick();
        assertThat(leader.raw().role()).isEqualTo(RaftRole.LEADER);
        assertThat(leader.propose("a")).isEqualTo(StepOutcome.TAKEN);
    }

    @Test
    void aNewWishReplacesAnOlderOneAndTheSameOneChangesNothing() {
        Cluster cluster = Cluster.of(3);
        TestNode leader = cluster.elect(1);
        leader.raw().transferLeadership("n2");
        assertThat(only(leader.settle(), MessageType.MSG_TIMEOUT_NOW)).hasSize(1);
        leader.raw().transferLeadership("n2");
        assertThat(only(leader.settle(), MessageType.MSG_TIMEOUT_NOW))
                .as("once is enough")
                .isEmpty();
        leader.raw().transferLeadership("n3");
        assertThat(only(leader.settle(), MessageType.MSG_TIMEOUT_NOW))
                .extracting(Message::getTo)
                .containsExactly("n3");
        leader.raw().transferLeadership("n1");
        assertThat(leader.raw().status().transferee())
                .as("it keeps it after all")
                .isEmpty();
    }

    /** T04 of the usual faults. */
    @Test
    void aLearnerAndAStrangerCannotLead() {
        Cluster cluster = Cluster.of(2);
        TestNode leader = cluster.elect(1);
        leader.proposeChange(Cluster.change(ConfChangeType.ADD_LEARNER, "n3"));
        cluster.settle();
        leader.raw().transferLeadership("n3");
        leader.raw().transferLeadership("stranger");
        assertThat(leader.raw().status().transferee()).isEmpty();
        assertThat(leader.propose("a")).isEqualTo(StepOutcome.TAKEN);
        assertThatThrownBy(() -> leader.raw().transferLeadership("")).isInstanceOf(IllegalArgumentException.class);
    }

    /** Found by the simulation, uniform seed 208945: a leader that goes itself forgot to look at its successor. */
    @Test
    void aSuccessorThatLeavesTogetherWithTheLeaderIsNoSuccessorEither() {
        Cluster cluster = Cluster.of(3);
        TestNode leader = cluster.elect(1);
        leader.raw()
                .proposeConfChange(ConfChangeV2.newBuilder()
                        .setTransition(ConfChangeTransition.TRANSITION_JOINT_EXPLICIT)
                        .addChanges(Cluster.change(ConfChangeType.REMOVE_NODE, "n1"))
                        .addChanges(Cluster.change(ConfChangeType.REMOVE_NODE, "n3"))
                        .build());
        cluster.settle();
        leader.raw().proposeConfChange(ConfChangeV2.getDefaultInstance());
        leader.settle();
        leader.raw().transferLeadership("n3");
        assertThat(leader.raw().status().transferee()).isEqualTo("n3");
        leader.raw().step(acknowledge("n2", "n1", 1, leader.raw().lastIndex()));
        leader.settle();
        assertThat(leader.members().getVotersList()).containsExactly("n2");
        assertThat(leader.raw().status().transferee()).isEmpty();
    }

    /** T05 of the usual faults. */
    @Test
    void aSuccessorThatIsRemovedIsNoSuccessor() {
        Cluster cluster = Cluster.of(3);
        TestNode leader = cluster.elect(1);
        leader.proposeChange(Cluster.change(ConfChangeType.REMOVE_NODE, "n3"));
        leader.settle();
        leader.raw().transferLeadership("n3");
        assertThat(leader.raw().status().transferee()).isEqualTo("n3");
        leader.raw().step(acknowledge("n2", "n1", 1, 2));
        leader.settle();
        assertThat(leader.members().getVotersList()).containsExactly("n1", "n2");
        assertThat(leader.raw().status().transferee()).isEmpty();
    }

    /** Not even one that was forwarded before: a follower of a follower passes it on. */
    @Test
    void aRequestForwardedTwiceDoesNoHarm() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.node(2).raw().transferLeadership("n3");
        Message forwarded =
                only(cluster.node(2).settle(), MessageType.MSG_TRANSFER_LEADER).get(0);
        assertThat(cluster.node(3).raw().step(forwarded.toBuilder().setTo("n3").build()))
                .isEqualTo(StepOutcome.TAKEN);
        assertThat(only(cluster.node(3).settle(), MessageType.MSG_TRANSFER_LEADER))
                .singleElement()
                .satisfies(again -> {
                    assertThat(again.getTo()).isEqualTo("n1");
                    assertThat(again.getTerm()).isEqualTo(1);
                });
    }

    @Test
    void withoutALeaderThereIsNothingToHandOver() {
        TestNode node = Cluster.of(3).node(1);
        node.raw().transferLeadership("n2");
        assertThat(node.settle()).isEmpty();
    }

    @Test
    void whoIsToldToCampaignButMayNotDoesNot() {
        Cluster cluster = Cluster.of(1);
        TestNode stranger = cluster.join("n2");
        stranger.raw()
                .step(Messages.message(MessageType.MSG_TIMEOUT_NOW, "n1", "n2", 1)
                        .build());
        assertThat(stranger.raw().role()).isEqualTo(RaftRole.FOLLOWER);
    }

    @Test
    void aLeaderThatStepsDownForgetsTheTransfer() {
        Cluster cluster = Cluster.of(3);
        TestNode leader = cluster.elect(1);
        cluster.lose(message -> message.getType() == MessageType.MSG_TIMEOUT_NOW);
        leader.raw().transferLeadership("n2");
        cluster.settle();
        cluster.heal();
        cluster.nodes().forEach(node -> node.raw().forgetLeader());
        cluster.node(2).tick(20);
        cluster.settle();
        cluster.node(2).raw().transferLeadership("n1");
        cluster.settle();
        assertThat(leader.raw().role()).isEqualTo(RaftRole.LEADER);
        assertThat(leader.propose("a")).isEqualTo(StepOutcome.TAKEN);
    }
}
