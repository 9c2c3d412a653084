package io.reactorraft.core;

import static io.reactorraft.core.Cluster.change;
import static io.reactorraft.core.Messages.acknowledge;
import static io.reactorraft.core.Messages.only;
import static io.reactorraft.proto.ConfChangeType.ADD_LEARNER;
import static io.reactorraft.proto.ConfChangeType.ADD_VOTER;
import static io.reactorraft.proto.ConfChangeType.REMOVE_NODE;
import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules of the paper's section 6 and of the thesis's chapters 3.10 and 4, one by one. */
class RaftPaperMembershipTest {

    private static final ConfState JOINT = ConfState.newBuilder()
            .addVoters("n1")
            .addVoters("n4")
            .addVoters("n5")
            .addVotersOutgoing("n1")
            .addVotersOutgoing("n2")
            .addVotersOutgoing("n3")
            .build();

    private static TestNode joint(String id) {
        return new TestNode(id, JOINT, 1, config -> config.preVote(false).checkQuorum(false));
    }

    private static void elect(TestNode node, String... voters) {
        node.raw().campaign();
        node.settle();
        for (String voter : voters) {
            node.raw().step(Messages.voted(voter, node.id(), node.raw().term(), true));
        }
    }

    // ------------------------------------------------------------------------------------- 6, joint consensus

    /** §6: "Agreement (for elections ...) requires separate majorities from both the old and new configurations". */
    @ParameterizedTest
    @CsvSource({"n2 n3, CANDIDATE", "n4 n5, CANDIDATE", "n2 n4, LEADER", "n3 n5, LEADER"})
    void anElectionNeedsBothMajorities(String votes, RaftRole role) {
        TestNode node = joint("n1");
        elect(node, votes.split(" ", -1));
        assertThat(node.raw().role()).isEqualTo(role);
    }

    /** §6: "... (for ... entry commitment) requires separate majorities from both". */
    @ParameterizedTest
    @CsvSource({"n2 n3, 1", "n4 n5, 1", "n2 n4, 2", "n3 n5, 2"})
    void aCommitNeedsBothMajorities(String holders, long commit) {
        TestNode leader = joint("n1");
        elect(leader, "n2", "n4");
        leader.settle();
        for (String holder : holders.split(" ", -1)) {
            leader.raw().step(acknowledge(holder, "n1", leader.raw().term(), 2));
        }
        assertThat(leader.raw().commitIndex()).isEqualTo(commit);
    }

    /** §6: "Log entries are replicated to all servers in both configurations". */
    @Test
    void bothConfigurationsGetTheEntries() {
        TestNode leader = joint("n1");
        elect(leader, "n2", "n4");
        assertThat(only(leader.settle(), MessageType.MSG_APPEND))
                .extracting(Message::getTo)
                .containsExactly("n2", "n3", "n4", "n5");
    }

    /** §6: "Any server from either configuration may serve as leader". */
    @ParameterizedTest
    @CsvSource({"n2, n3 n4 n5", "n4, n1 n5 n2 n3"})
    void aServerOfEitherConfigurationMayLead(String id, String votes) {
        TestNode node = joint(id);
        elect(node, votes.split(" ", -1));
        assertThat(node.raw().role()).isEqualTo(RaftRole.LEADER);
    }

    /**
     * §6 switches a server over when the entry is in its log; ours, like the reference, once it is applied, and in
     * exchange lets nobody campaign in between and no second change begin.
     */
    @Test
    void aConfigurationIsInForceOnceItsEntryIsApplied() {
        Cluster cluster = Cluster.of(3);
        TestNode leader = cluster.elect(1);
        leader.proposeChange(change(REMOVE_NODE, "n3"));
        leader.settle();
        assertThat(leader.members().getVotersList()).hasSize(3);
        leader.proposeChange(change(REMOVE_NODE, "n2"));
        cluster.settle();
        assertThat(leader.members().getVotersList()).containsExactly("n1", "n2");
    }

    /** §6: "Once C-old,new has been committed ... it is now safe for the leader to create a log entry describing C-new". */
    @Test
    void theJointConfigurationIsLeftByAnEntryOfItsOwn() {
        Cluster cluster = Cluster.of(3);
        TestNode leader = cluster.elect(1);
        leader.proposeChange(change(REMOVE_NODE, "n3"), change(ADD_LEARNER, "n3"));
        cluster.settle();
        cluster.tick();
        assertThat(leader.members().getVotersOutgoingList()).isEmpty();
        assertThat(leader.members().getVotersList()).containsExactly("n1", "n2");
        assertThat(leader.members().getLearnersList()).containsExactly("n3");
        assertThat(leader.raw().commitIndex())
                .as("the leader's own entry, into it, out of it")
                .isEqualTo(3);
    }

    /** §6: "the new servers join the cluster as non-voting members (the leader replicates log entries to them, but they
     * are not considered for majorities)". */
    @Test
    void aNewServerMayLearnBeforeItVotes() {
        Cluster cluster = Cluster.of(2);
        TestNode leader = cluster.elect(1);
        leader.log().compact(leader.appliedIndex(), leader.members());
        cluster.join("n3");
        leader.proposeChange(change(ADD_LEARNER, "n3"));
        cluster.settle();
        cluster.tick();
        cluster.isolate(cluster.node(2));
        leader.propose("a");
        cluster.settle();
        assertThat(cluster.node(3).raw().lastIndex()).isEqualTo(leader.raw().lastIndex());
        assertThat(leader.commands()).isEmpty();
    }

    /** §6: "the leader steps down (returns to follower state) once it has committed the C-new log entry"; before, "it
     * replicates log entries but does not count itself in majorities". */
    @Test
    void aLeaderThatIsRemovedServesUntilThatIsCommitted() {
        Cluster cluster = Cluster.of(3, config -> config.stepDownOnRemoval(true));
        TestNode leader = cluster.elect(1);
        leader.proposeChange(change(REMOVE_NODE, "n1"));
        leader.settle();
        assertThat(leader.raw().role()).isEqualTo(RaftRole.LEADER);
        leader.raw().step(acknowledge("n2", "n1", 1, 2));
        leader.settle();
        assertThat(leader.raw().role()).isEqualTo(RaftRole.FOLLOWER);
    }

    @Test
    void aLeaderThatIsRemovedAndStaysDoesNotCountItself() {
        Cluster cluster = Cluster.of(3);
        TestNode leader = cluster.elect(1);
        leader.proposeChange(change(REMOVE_NODE, "n1"));
        cluster.settle();
        long before = leader.raw().commitIndex();
        // Nothing is proposed at a leader that is no member; what is not yet committed needs the other two.
        assertThat(leader.propose("a")).isEqualTo(StepOutcome.PROPOSAL_DROPPED);
        assertThat(leader.raw().commitIndex()).isEqualTo(before);
        assertThat(cluster.node(2).members().getVotersList()).containsExactly("n2", "n3");
    }

    /** §6: "if a server receives a RequestVote RPC within the minimum election timeout of hearing from a current leader,
     * it does not update its term or grant its vote". */
    @Test
    void aServerThatWasRemovedDoesNotDisturb() {
        Cluster cluster = Cluster.of(3, config -> config.preVote(false));
        TestNode leader = cluster.elect(1);
        cluster.isolate(cluster.node(3));
        leader.proposeChange(change(REMOVE_NODE, "n3"));
        cluster.settle();
        cluster.heal();
        for (int i = 0; i < 100; i++) {
            cluster.tick();
        }
        assertThat(cluster.node(3).raw().term()).as("it campaigns in vain").isGreaterThan(1);
        assertThat(leader.raw().role()).isEqualTo(RaftRole.LEADER);
        assertThat(leader.raw().term()).isEqualTo(1);
    }

    // ---------------------------------------------------------------------------------- thesis 4.1, single steps

    /** Thesis §4.1: any majority of the old and any of the new configuration overlap where one server changes. */
    @Test
    void oneServerAtATimeNeedsNoJointConfiguration() {
        TestNode leader = Cluster.of(1).elect(1);
        leader.proposeChange(change(ADD_VOTER, "n2"));
        leader.settle();
        assertThat(leader.members().getVotersOutgoingList()).isEmpty();
        assertThat(leader.members().getVotersList()).containsExactly("n1", "n2");
    }

    /** Thesis §4.1, and the erratum to it: none before an entry of the own term is committed, nor beside another one. */
    @Test
    void aNewLeaderFirstCommitsAnEntryOfItsOwn() {
        TestNode leader = PaperNodes.leader(3, 1, 1);
        leader.proposeChange(change(REMOVE_NODE, "n3"));
        leader.settle();
        leader.raw().step(acknowledge("n2", "n1", 2, 4));
        leader.settle();
        assertThat(leader.raw().commitIndex()).isEqualTo(4);
        assertThat(leader.members().getVotersList())
                .as("the change has become an entry that does nothing")
                .hasSize(3);
        leader.proposeChange(change(REMOVE_NODE, "n3"));
        leader.settle();
        leader.raw().step(acknowledge("n2", "n1", 2, 5));
        leader.settle();
        assertThat(leader.members().getVotersList()).containsExactly("n1", "n2");
    }

    /** Thesis §4.3: whatever is asked for, nobody is left without a voter, and no replica comes to harm by it. */
    @Test
    void noChangeLeavesAGroupWithoutVoters() {
        Cluster cluster = Cluster.of(1);
        TestNode leader = cluster.elect(1);
        ConfChangeV2 change =
                ConfChangeV2.newBuilder().addChanges(change(REMOVE_NODE, "n1")).build();
        assertThat(leader.raw().objectionTo(change)).isEqualTo("removed all voters");
        leader.raw().proposeConfChange(change);
        cluster.settle();
        assertThat(leader.members().getVotersList()).containsExactly("n1");
        assertThat(leader.raw().role()).isEqualTo(RaftRole.LEADER);
    }

    // -------------------------------------------------------------------------- thesis 3.10, leadership transfer

    /** Thesis §3.10: the leader stops taking requests, brings the other's log up to date, and tells it to campaign, which
     * it does without waiting for its timeout and over everybody's promise to the leader. */
    @Test
    void leadershipIsHandedOver() {
        Cluster cluster = Cluster.of(3);
        TestNode leader = cluster.elect(1);
        cluster.lose(message ->
                Set.of(MessageType.MSG_APPEND, MessageType.MSG_TIMEOUT_NOW).contains(message.getType()));
        leader.propose("a");
        cluster.settle();
        leader.raw().transferLeadership("n2");
        assertThat(leader.propose("b")).isEqualTo(StepOutcome.PROPOSAL_DROPPED);
        cluster.heal();
        cluster.tick();
        assertThat(cluster.node(2).raw().role()).isEqualTo(RaftRole.LEADER);
        assertThat(cluster.node(2).commands()).containsExactly("a");
    }

    /** Thesis §3.10: if it "does not complete after about an election timeout, the prior leader aborts the transfer". */
    @Test
    void aTransferThatFailsIsGivenUp() {
        Cluster cluster = Cluster.of(3);
        TestNode leader = cluster.elect(1);
        cluster.isolate(cluster.node(2));
        leader.raw().transferLeadership("n2");
        for (int i = 0; i < 10; i++) {
            cluster.tick();
        }
        assertThat(leader.propose("a")).isEqualTo(StepOutcome.TAKEN);
        cluster.settle();
        assertThat(leader.commands()).containsExactly("a");
    }
}
