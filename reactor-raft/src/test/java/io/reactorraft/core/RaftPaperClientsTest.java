package io.reactorraft.core;

import static io.reactorraft.core.Messages.append;
import static io.reactorraft.core.Messages.entries;
import static io.reactorraft.core.Messages.only;
import static io.reactorraft.core.Messages.single;
import static io.reactorraft.core.Messages.snapshot;
import static io.reactorraft.core.PaperNodes.THREE;
import static io.reactorraft.core.PaperNodes.leader;
import static io.reactorraft.core.PaperNodes.node;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.proto.SnapshotMetadata;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules of the paper's sections 7 and 8, and of the thesis on reads (6.4) and on pre-votes (9.6), one by one. */
class RaftPaperClientsTest {

    private static final ByteString READ = ByteString.copyFromUtf8("read");
    private static final ConfState MEMBERS =
            ConfState.newBuilder().addAllVoters(THREE).build();

    // ------------------------------------------------------------------------------- 7 and figure 13, snapshots

    /** §7: "the leader must occasionally send snapshots to followers that lag behind ... when the leader has already
     * discarded the next log entry that it needs to send". */
    @Test
    void aFollowerThatLacksWhatIsDiscardedGetsASnapshot() {
        Cluster cluster = Cluster.of(3);
        TestNode leader = cluster.elect(1);
        cluster.isolate(cluster.node(3));
        leader.propose("a", "b");
        cluster.settle();
        leader.log().compact(3, leader.members());
        cluster.heal();
        for (int i = 0; i < 3; i++) {
            cluster.tick();
        }
        assertThat(cluster.node(3).log().base().getIndex()).isEqualTo(3);
        assertThat(cluster.node(3).raw().appliedIndex()).isEqualTo(3);
    }

    /** Figure 13, 1: "Reply immediately if term < currentTerm". */
    @Test
    void aSnapshotOfAStaleLeaderIsNotInstalled() {
        TestNode node = node(3, 1, 2, 3);
        node.raw().step(snapshot("n2", "n1", 2, MemoryLog.snapshotAt(9, 2, MEMBERS)));
        node.settle();
        assertThat(node.raw().lastIndex()).isEqualTo(3);
        assertThat(node.raw().leaderId()).isEmpty();
    }

    /** §7: where the snapshot holds what is not in the log, "the follower discards its entire log". */
    @ParameterizedTest
    @CsvSource({"9, 3", "3, 2"})
    void aSnapshotThatTheLogDoesNotMatchReplacesIt(long index, long term) {
        TestNode node = node(3, 1, 1, 1, 1);
        node.raw().step(snapshot("n2", "n1", 3, MemoryLog.snapshotAt(index, term, MEMBERS)));
        assertThat(single(node.settle(), MessageType.MSG_APPEND_RESPONSE, "n2").getIndex())
                .isEqualTo(index);
        assertThat(node.raw().lastIndex()).isEqualTo(index);
        assertThat(node.raw().appliedIndex()).isEqualTo(index);
    }

    /** §7: else "entries following the snapshot are still valid and must be retained". */
    @Test
    void aSnapshotThatTheLogMatchesLeavesWhatFollows() {
        TestNode node = node(3, 1, 1, 1, 1);
        node.raw().step(snapshot("n2", "n1", 3, MemoryLog.snapshotAt(2, 1, MEMBERS)));
        node.settle();
        assertThat(node.raw().lastIndex()).isEqualTo(4);
        assertThat(node.raw().commitIndex()).isEqualTo(2);
    }

    /** §7: a snapshot holds "the latest configuration in the log as of last included index". */
    @Test
    void aSnapshotBringsItsConfiguration() {
        TestNode node = node(3);
        ConfState others = MEMBERS.toBuilder().addLearners("n4").build();
        SnapshotMetadata metadata = MemoryLog.snapshotAt(5, 1, others);
        node.raw().step(snapshot("n2", "n1", 1, metadata));
        node.settle();
        assertThat(node.raw().status().confState()).isEqualTo(others);
    }

    // --------------------------------------------------------------------------------------- 8, clients and reads

    /** §8: a server that is not the leader hands on the request, or says who leads. */
    @Test
    void whoIsNotTheLeaderKnowsWhoIs() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        assertThat(cluster.node(2).raw().leaderId()).isEqualTo("n1");
        assertThat(cluster.node(2).propose("a")).isEqualTo(StepOutcome.TAKEN);
        cluster.settle();
        assertThat(cluster.node(3).commands()).containsExactly("a");
    }

    /** §8: "a leader must have the latest information on which entries are committed", by "a blank no-op entry". */
    @Test
    void noReadIsServedBeforeTheLeadersFirstCommit() {
        TestNode leader = leader(3, 1, 1);
        leader.settle();
        leader.raw().readIndex(READ);
        Message.Builder answer =
                Messages.heartbeatResponse("n2", "n1", 2).toBuilder().setContext(READ);
        leader.raw().step(answer.build());
        leader.settle();
        assertThat(leader.readStates()).isEmpty();

        leader.raw().step(Messages.acknowledge("n2", "n1", 2, 3));
        Message round = only(leader.settle(), MessageType.MSG_HEARTBEAT).get(0);
        leader.raw().step(answer.setContext(round.getContext()).build());
        leader.settle();
        assertThat(leader.readStates()).containsExactly(new ReadState(3, READ));
    }

    /** §8: "a leader must check whether it has been deposed before processing a read-only request", "by having the leader
     * exchange heartbeat messages with a majority of the cluster" (thesis §6.4: ReadIndex). */
    @Test
    void aReadIsServedOnceAMajorityHasAnsweredAHeartbeatThatCameAfterIt() {
        Cluster cluster = Cluster.of(3);
        TestNode leader = cluster.elect(1);
        cluster.isolate(leader);
        leader.raw().readIndex(READ);
        cluster.settle();
        leader.tick(3);
        cluster.settle();
        assertThat(leader.readStates()).isEmpty();
        cluster.heal();
        leader.tick(1);
        cluster.settle();
        assertThat(leader.readStates()).containsExactly(new ReadState(1, READ));
    }

    /** Thesis §6.4: "followers can help offload the processing of read-only queries": they ask the leader for the index. */
    @Test
    void aFollowerAsksItsLeader() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1).propose("a");
        cluster.settle();
        cluster.node(3).raw().readIndex(READ);
        cluster.settle();
        assertThat(cluster.node(3).readStates()).containsExactly(new ReadState(2, READ));
    }

    /** Thesis §6.4.1: a lease lasts from the beginning of a round that a majority has answered; the rule is that no other
     * leader can be elected within an election timeout of it. */
    @Test
    void whileALeaseLastsNobodyElseIsElected() {
        Cluster cluster = Cluster.of(3, config -> config.leases(true).candidacyDelayTicks(50));
        cluster.nodes().forEach(node -> node.tick(11));
        TestNode leader = cluster.elect(1);
        cluster.tick();
        assertThat(leader.raw().lease()).isEqualTo(new LeaseRounds(1, 1, false));
        cluster.isolate(leader);
        cluster.nodes().forEach(node -> node.tick(10));
        cluster.node(2).raw().campaign();
        cluster.settle();
        assertThat(cluster.node(2).raw().role()).as("10 ticks may be 9").isEqualTo(RaftRole.FOLLOWER);
        cluster.nodes().forEach(node -> node.tick(1));
        cluster.node(2).raw().campaign();
        cluster.settle();
        assertThat(cluster.node(2).raw().role()).isEqualTo(RaftRole.LEADER);
    }

    // ------------------------------------------------------------------------------------- thesis 9.6, pre-votes

    /** Thesis §9.6: "a candidate only increments its term if it first learns from a majority of the cluster that they
     * would be willing to grant the candidate their votes". */
    @Test
    void aCandidateFirstAsksWhetherItWouldWin() {
        TestNode node = new TestNode("n1", THREE, config -> config);
        node.raw().campaign();
        assertThat(only(node.settle(), MessageType.MSG_PRE_VOTE)).hasSize(2);
        assertThat(node.raw().term()).isZero();
        node.raw()
                .step(Messages.message(MessageType.MSG_PRE_VOTE_RESPONSE, "n2", "n1", 1)
                        .build());
        assertThat(node.raw().role()).isEqualTo(RaftRole.CANDIDATE);
        assertThat(node.raw().term()).isEqualTo(1);
        assertThat(only(node.settle(), MessageType.MSG_VOTE)).hasSize(2);
    }

    /** Thesis §9.6: who grants it "if the candidate's log is sufficiently up-to-date" and no leader was heard of. */
    @ParameterizedTest
    @CsvSource({"2, 2, true", "1, 2, false", "3, 1, false"})
    void aPreVoteIsForALogThatIsUpToDate(long lastIndex, long lastTerm, boolean granted) {
        TestNode node = new TestNode("n1", THREE, config -> config);
        node.log().append(entries(1, 2, 2));
        node.restart();
        node.raw().step(append("n3", "n1", 2, Messages.after(2, 2), 0));
        node.settle();
        node.raw().step(Messages.preVote("n2", "n1", 3, lastIndex, lastTerm));
        assertThat(node.settle()).as("while its leader is there").isEmpty();
        node.raw().forgetLeader();
        node.raw().step(Messages.preVote("n2", "n1", 3, lastIndex, lastTerm));
        assertThat(single(node.settle(), MessageType.MSG_PRE_VOTE_RESPONSE, "n2")
                        .getReject())
                .isEqualTo(!granted);
        assertThat(node.raw().term()).isEqualTo(2);
    }
}
