package io.reactorraft.core;

import static io.reactorraft.core.MemoryLog.snapshotAt;
import static io.reactorraft.core.Messages.acknowledge;
import static io.reactorraft.core.Messages.after;
import static io.reactorraft.core.Messages.append;
import static io.reactorraft.core.Messages.entries;
import static io.reactorraft.core.Messages.heartbeatResponse;
import static io.reactorraft.core.Messages.only;
import static io.reactorraft.core.Messages.single;
import static io.reactorraft.core.Messages.snapshot;
import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.core.Status.PeerProgress;
import io.reactorraft.core.Status.ProgressState;
import io.reactorraft.proto.ConfChangeType;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** §7: followers that fell behind the log. */
class SnapshotTest {

    private static final ConfState MEMBERS =
            ConfState.newBuilder().addAllVoters(PaperNodes.THREE).build();

    private static TestNode follower(boolean async, long... terms) {
        TestNode node = new TestNode("n1", PaperNodes.THREE, config -> config.asyncStorageWrites(async));
        node.log().append(entries(1, terms));
        node.log().hardState(HardState.newBuilder().setTerm(3).setCommit(1).build());
        node.restart();
        node.settle();
        return node;
    }

    /** A leader of term 2 whose log begins behind 4, with n2 and n3 recently heard. */
    private static TestNode compactedLeader() {
        TestNode leader = PaperNodes.leader(3, 1, 1, 1);
        leader.settle();
        leader.raw().step(acknowledge("n2", "n1", 2, 4));
        leader.settle();
        leader.log().compact(4, MEMBERS);
        return leader;
    }

    private static PeerProgress progress(TestNode leader, String id) {
        return Objects.requireNonNull(leader.raw().status().progress().get(id), id);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFollowerThatFellBehindTheLogGetsASnapshotAndWhatFollows(boolean async) {
        Cluster cluster = Cluster.of(3, config -> config.asyncStorageWrites(async));
        TestNode leader = cluster.elect(1);
        cluster.isolate(cluster.node(3));
        leader.propose("a", "b");
        cluster.settle();
        leader.log().compact(leader.appliedIndex(), leader.members());
        leader.propose("c");
        cluster.settle();
        cluster.heal();
        for (int i = 0; i < 5; i++) {
            cluster.tick();
        }
        assertThat(cluster.node(3).log().base().getIndex()).isEqualTo(3);
        assertThat(cluster.node(3).commands()).containsExactly("c");
        assertThat(progress(leader, "n3").state()).isEqualTo(ProgressState.REPLICATE);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSnapshotReplacesTheLogAndTheConfiguration(boolean async) {
        TestNode node = follower(async, 1, 1, 1);
        ConfState others = ConfState.newBuilder()
                .addVoters("n1")
                .addVoters("n4")
                .addLearners("n5")
                .build();
        node.raw().step(snapshot("n2", "n1", 3, snapshotAt(9, 2, others)));
        Message response = single(node.settle(), MessageType.MSG_APPEND_RESPONSE, "n2");
        assertThat(response.getIndex()).isEqualTo(9);
        assertThat(node.raw().commitIndex()).isEqualTo(9);
        assertThat(node.raw().appliedIndex()).isEqualTo(9);
        assertThat(node.raw().lastIndex()).isEqualTo(9);
        assertThat(node.raw().status().confState()).isEqualTo(others);
        node.raw().step(append("n2", "n1", 3, after(9, 2), 10, 3));
        node.settle();
        assertThat(node.raw().appliedIndex()).isEqualTo(10);
    }

    /** S01 and S09 of the usual faults. */
    @Test
    void anObsoleteSnapshotIsAnsweredWithWhatIsCommitted() {
        TestNode node = follower(false, 1, 1, 1);
        node.raw().step(append("n2", "n1", 3, after(3, 1), 2));
        node.settle();
        node.raw().step(snapshot("n2", "n1", 3, snapshotAt(2, 1, MEMBERS)));
        assertThat(single(node.settle(), MessageType.MSG_APPEND_RESPONSE, "n2").getIndex())
                .isEqualTo(2);
        assertThat(node.raw().lastIndex()).as("nothing is lost").isEqualTo(3);
    }

    /** Figure 13, step 6, and S02 of the usual faults: "retain log entries following it and reply". */
    @Test
    void aSnapshotOfWhatIsInTheLogOnlyMovesTheCommitIndex() {
        TestNode node = follower(false, 1, 1, 1, 1);
        node.raw().step(snapshot("n2", "n1", 3, snapshotAt(3, 1, MEMBERS)));
        assertThat(single(node.settle(), MessageType.MSG_APPEND_RESPONSE, "n2").getIndex())
                .isEqualTo(3);
        assertThat(node.raw().commitIndex()).isEqualTo(3);
        assertThat(node.raw().lastIndex()).isEqualTo(4);
        assertThat(node.log().base().getIndex()).isZero();
    }

    @Test
    void aSnapshotThatDoesNotKnowThisNodeOrContradictsItselfIsNotInstalled() {
        TestNode node = follower(false, 1);
        ConfState without = ConfState.newBuilder().addVoters("n2").build();
        node.raw().step(snapshot("n2", "n1", 3, snapshotAt(9, 2, without)));
        assertThat(single(node.settle(), MessageType.MSG_APPEND_RESPONSE, "n2").getIndex())
                .isEqualTo(1);
        ConfState both = MEMBERS.toBuilder().addLearners("n2").build();
        assertThat(node.raw().step(snapshot("n2", "n1", 3, snapshotAt(9, 2, both))))
                .isEqualTo(StepOutcome.REFUSED);
        assertThat(node.raw().lastIndex()).isEqualTo(1);
    }

    /** S07 of the usual faults. */
    @Test
    void whoHasASnapshotToInstallDoesNotCampaign() {
        TestNode node = follower(true, 1);
        node.raw().step(snapshot("n2", "n1", 3, snapshotAt(9, 2, MEMBERS)));
        List<Message> sent = new ArrayList<>();
        node.takeReady(sent);
        node.tick(30);
        node.raw().campaign();
        assertThat(node.raw().role()).isEqualTo(RaftRole.FOLLOWER);
        node.settle();
        node.tick(30);
        assertThat(node.raw().role()).isEqualTo(RaftRole.PRE_CANDIDATE);
    }

    /** S06 of the usual faults. */
    @Test
    void nothingIsAppliedBesideASnapshot() {
        TestNode node = follower(true, 1, 1, 1);
        node.raw().step(append("n2", "n1", 3, after(3, 1), 3));
        node.raw().step(snapshot("n2", "n1", 3, snapshotAt(9, 2, MEMBERS)));
        node.raw().step(append("n2", "n1", 3, after(9, 2), 10, 3));
        Ready ready = node.takeReady(new ArrayList<>());
        assertThat(ready.snapshot()).isNotNull();
        assertThat(ready.committedEntries()).isEmpty();
        assertThat(ready.entries()).hasSize(1);
        node.settle();
        assertThat(node.raw().appliedIndex()).isEqualTo(10);
    }

    @Test
    void whileItsSnapshotIsOnItsWayAFollowerGetsNothingElse() {
        TestNode leader = compactedLeader();
        leader.raw().step(Messages.reject("n3", "n1", 2, 3, 0));
        assertThat(single(leader.settle(), MessageType.MSG_SNAPSHOT, "n3")
                        .getSnapshot()
                        .getIndex())
                .isEqualTo(4);
        assertThat(progress(leader, "n3").state()).isEqualTo(ProgressState.SNAPSHOT);
        assertThat(progress(leader, "n3").pendingSnapshot()).isEqualTo(4);
        leader.propose("b");
        leader.raw().step(heartbeatResponse("n3", "n1", 2));
        assertThat(leader.settle()).extracting(Message::getTo).doesNotContain("n3");
    }

    private static TestNode leaderWithASnapshotOnItsWay() {
        TestNode leader = compactedLeader();
        leader.raw().step(Messages.reject("n3", "n1", 2, 3, 0));
        leader.settle();
        assertThat(progress(leader, "n3").state()).isEqualTo(ProgressState.SNAPSHOT);
        return leader;
    }

    @Test
    void aReportOfSuccessIsFollowedByAProbeBehindTheSnapshot() {
        TestNode leader = leaderWithASnapshotOnItsWay();
        leader.raw().reportSnapshot("n3", true);
        assertThat(progress(leader, "n3").state()).isEqualTo(ProgressState.PROBE);
        assertThat(progress(leader, "n3").next()).isEqualTo(5);
        assertThat(leader.settle()).as("its acknowledgement is on the way").isEmpty();
        leader.raw().step(heartbeatResponse("n3", "n1", 2));
        assertThat(single(leader.settle(), MessageType.MSG_APPEND, "n3").getIndex())
                .isEqualTo(4);
    }

    /** S05 of the usual faults. */
    @Test
    void aReportOfFailureIsFollowedByAnotherAttempt() {
        TestNode leader = leaderWithASnapshotOnItsWay();
        leader.raw().reportSnapshot("n3", false);
        assertThat(progress(leader, "n3").next()).isEqualTo(1);
        assertThat(progress(leader, "n3").pendingSnapshot()).isZero();
        leader.raw().step(heartbeatResponse("n3", "n1", 2));
        assertThat(only(leader.settle(), MessageType.MSG_SNAPSHOT)).hasSize(1);
    }

    /** S04 of the usual faults: whichever snapshot it was, if the log reaches back to it. */
    @ParameterizedTest
    @ValueSource(longs = {4, 5})
    void anAcknowledgementThatMeetsTheLogEndsTheSnapshot(long index) {
        TestNode leader = compactedLeader();
        leader.propose("b");
        leader.settle();
        leader.raw().step(Messages.reject("n3", "n1", 2, 3, 0));
        leader.settle();
        leader.raw().step(acknowledge("n3", "n1", 2, index));
        assertThat(progress(leader, "n3").state()).isEqualTo(ProgressState.REPLICATE);
        assertThat(progress(leader, "n3").match()).isEqualTo(index);
    }

    /** It may have another snapshot than the one it was sent, from somebody else, or have caught up with the log before. */
    @Test
    void noMatterWhichSnapshotItWas() {
        TestNode leader = compactedLeader();
        leader.propose("b", "c");
        leader.settle();
        leader.raw().step(acknowledge("n2", "n1", 2, 6));
        leader.settle();
        leader.log().offer(snapshotAt(6, 2, MEMBERS));
        leader.raw().step(Messages.reject("n3", "n1", 2, 3, 0));
        leader.settle();
        assertThat(progress(leader, "n3").pendingSnapshot()).isEqualTo(6);
        leader.raw().step(acknowledge("n3", "n1", 2, 5));
        assertThat(progress(leader, "n3").state()).isEqualTo(ProgressState.REPLICATE);
        assertThat(single(leader.settle(), MessageType.MSG_APPEND, "n3").getIndex())
                .isEqualTo(5);
    }

    @Test
    void anAcknowledgementBelowTheLogDoesNot() {
        TestNode leader = leaderWithASnapshotOnItsWay();
        leader.raw().step(acknowledge("n3", "n1", 2, 2));
        assertThat(progress(leader, "n3").state()).isEqualTo(ProgressState.SNAPSHOT);
    }

    @Test
    void whoWasNotHeardOfLatelyGetsNoSnapshot() {
        TestNode leader = compactedLeader();
        leader.propose("b");
        leader.settle();
        assertThat(progress(leader, "n3").recentActive()).isFalse();
        leader.raw().reportUnreachable("n3");
        leader.tick(1);
        assertThat(only(leader.settle(), MessageType.MSG_SNAPSHOT)).isEmpty();
    }

    @Test
    void withoutASnapshotAFollowerWaitsForOne() {
        TestNode leader = compactedLeader();
        SnapshotMetadata snapshot = Objects.requireNonNull(leader.log().snapshot());
        leader.log().offer(null);
        assertThat(leader.raw().wantsSnapshot()).isFalse();
        leader.raw().step(Messages.reject("n3", "n1", 2, 3, 0));
        assertThat(only(leader.raw().ready().messages(), MessageType.MSG_SNAPSHOT))
                .isEmpty();
        leader.raw().advance();
        assertThat(leader.raw().wantsSnapshot()).isTrue();
        assertThat(leader.raw().wantsSnapshot()).as("said once").isFalse();
        leader.log().offer(snapshot);
        leader.raw().step(heartbeatResponse("n3", "n1", 2));
        assertThat(only(leader.settle(), MessageType.MSG_SNAPSHOT)).hasSize(1);
    }

    @Test
    void aSnapshotFromBeforeItsTimeIsNotSentToANewMember() {
        Cluster cluster = Cluster.of(1);
        TestNode leader = cluster.elect(1);
        SnapshotMetadata old = snapshotAt(1, 1, leader.members());
        leader.log().compact(1, leader.members());
        cluster.join("n2");
        leader.proposeChange(Cluster.change(ConfChangeType.ADD_LEARNER, "n2"));
        List<Message> snapshots = new ArrayList<>();
        cluster.lose(message -> {
            if (message.getType() == MessageType.MSG_SNAPSHOT) {
                snapshots.add(message);
            }
            return false;
        });
        assertThat(leader.log().snapshot()).isEqualTo(old);
        for (int i = 0; i < 3; i++) {
            cluster.tick();
        }
        assertThat(snapshots)
                .allSatisfy(message -> assertThat(
                                message.getSnapshot().getConfState().getLearnersList())
                        .contains("n2"))
                .isNotEmpty();
        assertThat(cluster.node(2).raw().appliedIndex()).isEqualTo(leader.raw().appliedIndex());
    }
}
