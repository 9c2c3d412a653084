package io.reactorraft.core;

import static io.reactorraft.core.Messages.acknowledge;
import static io.reactorraft.core.Messages.only;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a node takes in, and what it drops with a word. */
class ProposalsTest {

    @Test
    void aProposalWithoutALeaderIsDropped() {
        TestNode node = Cluster.of(3).node(1);
        assertThat(node.propose("a")).isEqualTo(StepOutcome.PROPOSAL_DROPPED);
        node.raw().campaign();
        assertThat(node.propose("a")).as("a candidate").isEqualTo(StepOutcome.PROPOSAL_DROPPED);
        assertThat(node.raw().lastIndex()).isZero();
    }

    @Test
    void aFollowerHandsAWholeBatchToItsLeader() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        assertThat(cluster.node(2).propose("a", "b")).isEqualTo(StepOutcome.TAKEN);
        List<Message> sent = cluster.node(2).settle();
        assertThat(sent).singleElement().satisfies(message -> {
            assertThat(message.getType()).isEqualTo(MessageType.MSG_PROPOSE);
            assertThat(message.getTo()).isEqualTo("n1");
            assertThat(message.getTerm()).as("whichever term it arrives in").isZero();
            assertThat(message.getEntriesCount()).isEqualTo(2);
        });
        cluster.node(1).raw().step(sent.get(0));
        cluster.settle();
        assertThat(cluster.node(3).commands()).containsExactly("a", "b");
    }

    @Test
    void whereForwardingIsOffAFollowerDropsIt() {
        Cluster cluster = Cluster.of(3, config -> config.proposalForwarding(false));
        cluster.elect(1);
        assertThat(cluster.node(2).propose("a")).isEqualTo(StepOutcome.PROPOSAL_DROPPED);
        assertThat(cluster.node(1).propose("a")).isEqualTo(StepOutcome.TAKEN);
    }

    @Test
    void theEntriesOfABatchEndAtTheLastIndex() {
        TestNode leader = Cluster.of(3).elect(1);
        leader.propose("a", "b", "c");
        assertThat(leader.raw().lastIndex()).isEqualTo(4);
        assertThat(leader.raw().propose(List.of())).isEqualTo(StepOutcome.TAKEN);
        assertThat(leader.raw().lastIndex()).isEqualTo(4);
    }

    @Test
    void anEmptyProposalOfAPeerIsRefused() {
        TestNode leader = Cluster.of(3).elect(1);
        Message empty = Message.newBuilder()
                .setType(MessageType.MSG_PROPOSE)
                .setFrom("n2")
                .build();
        assertThat(leader.raw().step(empty)).isEqualTo(StepOutcome.REFUSED);
    }

    /** What a peer writes into the term and the index of a proposal means nothing. */
    @Test
    void termAndIndexAreTheLeadersToGive() {
        TestNode leader = Cluster.of(3).elect(1);
        leader.raw()
                .step(Message.newBuilder()
                        .setType(MessageType.MSG_PROPOSE)
                        .setFrom("n2")
                        .addEntries(Entry.newBuilder().setIndex(77).setTerm(88).setData(ByteString.copyFromUtf8("a")))
                        .build());
        leader.settle();
        assertThat(leader.log().all().get(1).getIndex()).isEqualTo(2);
        assertThat(leader.log().all().get(1).getTerm()).isEqualTo(1);
    }

    @Test
    void whatIsUncommittedIsBounded() {
        Cluster cluster = Cluster.of(3, config -> config.maxUncommittedBytes(10));
        TestNode leader = cluster.elect(1);
        assertThat(leader.propose("12345", "12345")).isEqualTo(StepOutcome.TAKEN);
        assertThat(leader.propose("1")).isEqualTo(StepOutcome.PROPOSAL_DROPPED);
        assertThat(leader.propose("")).as("nothing always fits").isEqualTo(StepOutcome.TAKEN);
        leader.settle();
        leader.raw().step(acknowledge("n2", "n1", 1, 4));
        leader.settle();
        assertThat(leader.propose("12345"))
                .as("once it is applied there is room")
                .isEqualTo(StepOutcome.TAKEN);
        assertThat(leader.propose("12345")).isEqualTo(StepOutcome.TAKEN);
        assertThat(leader.propose("1")).isEqualTo(StepOutcome.PROPOSAL_DROPPED);
    }

    @Test
    void aProposalLargerThanTheBoundGoesAlone() {
        TestNode leader =
                Cluster.of(3, config -> config.maxUncommittedBytes(10)).elect(1);
        assertThat(leader.propose("of more than ten bytes")).isEqualTo(StepOutcome.TAKEN);
        assertThat(leader.propose("1")).isEqualTo(StepOutcome.PROPOSAL_DROPPED);
    }

    @Test
    void aBatchIsTakenAsAWholeOrNotAtAll() {
        TestNode leader =
                Cluster.of(3, config -> config.maxUncommittedBytes(10)).elect(1);
        leader.propose("12345");
        assertThat(leader.propose("1", "2", "3", "456")).isEqualTo(StepOutcome.PROPOSAL_DROPPED);
        assertThat(leader.raw().lastIndex()).isEqualTo(2);
    }

    @Test
    void theBoundIsThatOfATerm() {
        Cluster cluster = Cluster.of(
                3, config -> config.maxUncommittedBytes(10).preVote(false).checkQuorum(false));
        TestNode leader = cluster.elect(1);
        cluster.isolate(leader);
        leader.propose("1234567890");
        cluster.settle();
        cluster.elect(2);
        cluster.heal();
        cluster.tick();
        cluster.node(1).raw().campaign();
        cluster.settle();
        assertThat(only(leader.settle(), MessageType.MSG_APPEND)).isEmpty();
        assertThat(leader.raw().role()).isEqualTo(RaftRole.LEADER);
        assertThat(leader.propose("1234567890")).isEqualTo(StepOutcome.TAKEN);
    }
}
