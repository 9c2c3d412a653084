package io.reactorraft.core;

import static io.reactorraft.core.Messages.acknowledge;
import static io.reactorraft.core.Messages.only;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.ConfChangeType;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Thesis §6.4: reads that go around the log and are linearizable all the same. */
class ReadIndexTest {

    private static final ByteString FIRST = ByteString.copyFromUtf8("first");
    private static final ByteString SECOND = ByteString.copyFromUtf8("second");

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void anybodyMayAskAndGetsTheLeadersCommitIndex(int asking) {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1).propose("a");
        cluster.settle();
        assertThat(cluster.node(asking).raw().readIndex(FIRST)).isEqualTo(StepOutcome.TAKEN);
        cluster.settle();
        assertThat(cluster.node(asking).readStates()).containsExactly(new ReadState(2, FIRST));
        assertThat(cluster.node(3).readStates()).isEmpty();
    }

    /** "The leader needs to make sure it has not been superseded by a newer leader of which it is unaware". */
    @Test
    void aLeaderThatIsCutOffAnswersNothing() {
        Cluster cluster = Cluster.of(3);
        TestNode old = cluster.elect(1);
        cluster.isolate(old);
        cluster.node(2).tick(20);
        cluster.settle();
        cluster.node(2).propose("newer");
        cluster.settle();
        assertThat(old.raw().role()).isEqualTo(RaftRole.LEADER);
        old.raw().readIndex(FIRST);
        old.tick(3);
        cluster.settle();
        assertThat(old.readStates()).isEmpty();
    }

    @Test
    void aMajorityConfirmsAndOneIsNoMajorityOfFive() {
        TestNode leader = Cluster.of(5).elect(1);
        leader.raw().readIndex(FIRST);
        Message heartbeat = only(leader.settle(), MessageType.MSG_HEARTBEAT).get(0);
        assertThat(heartbeat.getContext().isEmpty()).isFalse();
        leader.raw().step(answer("n2", heartbeat.getContext()));
        leader.raw().step(answer("n2", heartbeat.getContext()));
        leader.settle();
        assertThat(leader.readStates()).as("n1 and n2").isEmpty();
        leader.raw().step(answer("n3", heartbeat.getContext()));
        leader.settle();
        assertThat(leader.readStates()).containsExactly(new ReadState(1, FIRST));
    }

    private static Message answer(String from, ByteString context) {
        return Messages.message(MessageType.MSG_HEARTBEAT_RESPONSE, from, "n1", 1)
                .setContext(context)
                .build();
    }

    /** Rounds are counted anew in each term: a member that answered many in an old one has confirmed nothing in this. */
    @Test
    void whatWasConfirmedInAnOlderTermCountsForNothing() {
        Cluster cluster = Cluster.of(5);
        TestNode leader = cluster.elect(1);
        for (int i = 0; i < 3; i++) {
            leader.raw().readIndex(FIRST);
            cluster.settle();
        }
        leader.raw().transferLeadership("n2");
        cluster.settle();
        cluster.node(2).raw().transferLeadership("n1");
        cluster.settle();
        assertThat(leader.raw().role()).isEqualTo(RaftRole.LEADER);

        leader.raw().readIndex(SECOND);
        Message heartbeat = only(leader.settle(), MessageType.MSG_HEARTBEAT).get(0);
        leader.raw()
                .step(answer("n2", heartbeat.getContext()).toBuilder()
                        .setTerm(leader.raw().term())
                        .build());
        leader.settle();
        assertThat(leader.readStates()).extracting(ReadState::context).doesNotContain(SECOND);
    }

    /** R03 of the usual faults: an answer to an earlier heartbeat says nothing about a read that came after it. */
    @Test
    void anAnswerConfirmsOnlyWhatWasAskedBeforeItsHeartbeat() {
        TestNode leader = Cluster.of(3).elect(1);
        leader.tick(1);
        leader.raw().readIndex(FIRST);
        ByteString first =
                only(leader.settle(), MessageType.MSG_HEARTBEAT).get(2).getContext();
        leader.raw().readIndex(SECOND);
        ByteString second =
                only(leader.settle(), MessageType.MSG_HEARTBEAT).get(0).getContext();

        leader.raw().step(answer("n2", ByteString.EMPTY));
        leader.settle();
        assertThat(leader.readStates()).isEmpty();
        leader.raw().step(answer("n2", first));
        leader.settle();
        assertThat(leader.readStates()).extracting(ReadState::context).containsExactly(FIRST);
        leader.raw().step(answer("n3", second));
        leader.settle();
        assertThat(leader.readStates()).extracting(ReadState::context).containsExactly(FIRST, SECOND);
    }

    @Test
    void aLaterAnswerConfirmsAllBefore() {
        TestNode leader = Cluster.of(3).elect(1);
        leader.raw().readIndex(FIRST);
        leader.raw().readIndex(SECOND);
        List<Message> heartbeats = only(leader.settle(), MessageType.MSG_HEARTBEAT);
        leader.raw().step(answer("n3", heartbeats.get(heartbeats.size() - 1).getContext()));
        leader.settle();
        assertThat(leader.readStates()).extracting(ReadState::context).containsExactly(FIRST, SECOND);
    }

    @Test
    void theHeartbeatOfTheNextTickAsksAgain() {
        TestNode leader = Cluster.of(3).elect(1);
        leader.raw().readIndex(FIRST);
        leader.settle();
        leader.tick(1);
        ByteString again =
                only(leader.settle(), MessageType.MSG_HEARTBEAT).get(0).getContext();
        leader.raw().step(answer("n2", again));
        leader.settle();
        assertThat(leader.readStates()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "12345678", "123456789"})
    void aContextThatNobodyHasSentConfirmsNothing(String invented) {
        TestNode leader = Cluster.of(3).elect(1);
        leader.raw().readIndex(FIRST);
        leader.settle();
        leader.raw().step(answer("n2", ByteString.copyFromUtf8(invented)));
        leader.settle();
        assertThat(leader.readStates()).isEmpty();
    }

    @Test
    void aLearnersAnswerIsNoVote() {
        Cluster cluster = Cluster.of(3);
        TestNode leader = cluster.elect(1);
        leader.proposeChange(Cluster.change(ConfChangeType.ADD_LEARNER, "n4"));
        cluster.settle();
        leader.raw().readIndex(FIRST);
        ByteString context =
                only(leader.settle(), MessageType.MSG_HEARTBEAT).get(0).getContext();
        leader.raw().step(answer("n4", context));
        leader.settle();
        assertThat(leader.readStates()).isEmpty();
    }

    /** §8: the leader "does not know which ... are committed" before an entry of its own term is. */
    @Test
    void beforeTheFirstCommitOfItsTermALeaderMakesReadersWait() {
        Cluster cluster = Cluster.of(3, config -> config.preVote(false).checkQuorum(false));
        cluster.elect(1).propose("a");
        cluster.settle();
        cluster.lose(message -> message.getType() == MessageType.MSG_APPEND_RESPONSE);
        TestNode elected = cluster.elect(2);
        elected.raw().readIndex(FIRST);
        cluster.node(3).raw().readIndex(SECOND);
        cluster.tick();
        assertThat(elected.readStates()).isEmpty();
        cluster.heal();
        cluster.tick();
        assertThat(elected.readStates()).as("its own first entry").containsExactly(new ReadState(3, FIRST));
        assertThat(cluster.node(3).readStates()).containsExactly(new ReadState(3, SECOND));
    }

    /** A sole voter that restarts may know a commit index that lags: it must not answer from it (etcd-io/raft#105). */
    @Test
    void aSoleVoterThatRestartedDoesNotServeAStaleIndex() {
        TestNode node = new TestNode("n1", List.of("n1"), config -> config.asyncStorageWrites(true));
        node.log().append(Messages.entries(1, 1, 1, 1));
        node.log().hardState(HardState.newBuilder().setTerm(1).setCommit(1).build());
        node.restart();
        node.raw().campaign();
        List<Message> sent = new ArrayList<>();
        while (node.raw().role() != RaftRole.LEADER) {
            node.takeReady(sent);
            node.doAppendWork(sent);
        }
        assertThat(node.raw().readIndex(FIRST)).isEqualTo(StepOutcome.TAKEN);
        node.takeReady(sent);
        assertThat(node.readStates())
                .as("the entry of its own term is not durable yet")
                .isEmpty();
        node.settle();
        assertThat(node.readStates()).containsExactly(new ReadState(4, FIRST));
    }

    @Test
    void aSoleVoterWithItsOwnEntryCommittedAnswersAtOnce() {
        TestNode leader = Cluster.of(1).elect(1);
        leader.raw().readIndex(FIRST);
        assertThat(leader.raw().ready().readStates()).containsExactly(new ReadState(1, FIRST));
    }

    @Test
    void whereThereIsNobodyToAskAReadIsDropped() {
        Cluster cluster = Cluster.of(3);
        assertThat(cluster.node(1).raw().readIndex(FIRST)).isEqualTo(StepOutcome.PROPOSAL_DROPPED);
        cluster.node(1).raw().campaign();
        assertThat(cluster.node(1).raw().readIndex(FIRST)).isEqualTo(StepOutcome.PROPOSAL_DROPPED);
    }

    @Test
    void aLeaderThatStepsDownForgetsWhoWaits() {
        Cluster cluster = Cluster.of(3);
        TestNode leader = cluster.elect(1);
        cluster.isolate(leader);
        leader.raw().readIndex(FIRST);
        leader.tick(20);
        assertThat(leader.raw().role()).isEqualTo(RaftRole.FOLLOWER);
        cluster.settle();
        cluster.heal();
        cluster.nodes().forEach(node -> node.raw().forgetLeader());
        cluster.elect(1);
        cluster.tick();
        assertThat(leader.readStates()).as("it must be asked again").isEmpty();
    }

    @Test
    void aVoterThatLeavesNeedNotConfirmAnyMore() {
        Cluster cluster = Cluster.of(2);
        TestNode leader = cluster.elect(1);
        leader.proposeChange(Cluster.change(ConfChangeType.REMOVE_NODE, "n2"));
        cluster.lose(message -> message.getType() == MessageType.MSG_HEARTBEAT_RESPONSE);
        leader.raw().readIndex(FIRST);
        leader.settle();
        assertThat(leader.readStates()).isEmpty();
        leader.raw().step(acknowledge("n2", "n1", 1, 2));
        leader.settle();
        assertThat(leader.members().getVotersList()).containsExactly("n1");
        assertThat(leader.readStates()).hasSize(1);
    }

    @Test
    void withALeaseTheLeaderAnswersAtOnce() {
        Cluster cluster = Cluster.of(3, config -> config.readMode(CoreConfig.ReadMode.LEASE));
        TestNode leader = cluster.elect(1);
        leader.raw().readIndex(FIRST);
        assertThat(only(leader.settle(), MessageType.MSG_HEARTBEAT)).isEmpty();
        assertThat(leader.readStates()).containsExactly(new ReadState(1, FIRST));
    }

    @Test
    void whoCameTooEarlyIsAnsweredOnce() {
        TestNode leader = PaperNodes.leader(3, 1, 1);
        leader.settle();
        leader.raw().readIndex(FIRST);
        leader.raw().step(acknowledge("n2", "n1", 2, 3));
        for (int index = 4; index < 7; index++) {
            leader.propose("more");
            leader.settle();
            leader.raw().step(acknowledge("n2", "n1", 2, index));
            Message beat = only(leader.settle(), MessageType.MSG_HEARTBEAT).stream()
                    .findFirst()
                    .orElse(Message.getDefaultInstance());
            leader.raw()
                    .step(Messages.heartbeatResponse("n2", "n1", 2).toBuilder()
                            .setContext(beat.getContext())
                            .build());
        }
        leader.tick(1);
        ByteString context =
                only(leader.settle(), MessageType.MSG_HEARTBEAT).get(0).getContext();
        leader.raw()
                .step(Messages.heartbeatResponse("n2", "n1", 2).toBuilder()
                        .setContext(context)
                        .build());
        leader.settle();
        assertThat(leader.readStates()).containsExactly(new ReadState(3, FIRST));
    }

    /** The limit is one for all: those whose answer nobody has taken yet are among them. */
    @Test
    void answersThatWaitToBeTakenCountForTheLimitToo() {
        TestNode leader = Cluster.of(1, config -> config.maxPendingReads(2)).elect(1);
        assertThat(leader.raw().readIndex(FIRST)).isEqualTo(StepOutcome.TAKEN);
        assertThat(leader.raw().readIndex(SECOND)).isEqualTo(StepOutcome.TAKEN);
        assertThat(leader.raw().readIndex(SECOND)).isEqualTo(StepOutcome.PROPOSAL_DROPPED);
        leader.settle();
        assertThat(leader.readStates()).hasSize(2);
        assertThat(leader.raw().readIndex(SECOND)).isEqualTo(StepOutcome.TAKEN);
    }
}
