package io.reactorraft.core;

import static io.reactorraft.core.Messages.acknowledge;
import static io.reactorraft.core.Messages.message;
import static io.reactorraft.core.Messages.only;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.ConfChangeSingle;
import io.reactorraft.proto.ConfChangeType;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Thesis §6.4.1, the leader's half of a lease: which round of heartbeats a quorum has confirmed. The followers' half is
 * in {@link LeasePromiseTest}.
 */
class LeaderLeaseTest {

    private static Cluster cluster(int size) {
        return Cluster.of(size, config -> config.leases(true).candidacyDelayTicks(50));
    }

    /** A leader of so many in term 1 that has committed its first entry; what goes out from here on is the test's. */
    private static TestNode leader(int size) {
        Cluster cluster = cluster(size);
        cluster.nodes().forEach(node -> node.tick(11));
        return cluster.elect(1);
    }

    private static Message answer(String from, long round) {
        return answer(from, round, 1);
    }

    private static Message answer(String from, long round, long term) {
        return message(MessageType.MSG_HEARTBEAT_RESPONSE, from, "n1", term)
                .setHeartbeatRound(round)
                .build();
    }

    private static void beat(TestNode leader, int times) {
        leader.tick(times);
        leader.settle();
    }

    private static LeaseRounds rounds(long begun, long confirmed) {
        return new LeaseRounds(begun, confirmed, false);
    }

    @Test
    void everyBroadcastIsARoundAndSaysWhich() {
        TestNode leader = leader(3);
        assertThat(leader.raw().lease()).isEqualTo(rounds(0, 0));
        for (long round = 1; round <= 3; round++) {
            leader.tick(1);
            assertThat(leader.raw().lease()).isEqualTo(rounds(round, 0));
            assertThat(only(leader.settle(), MessageType.MSG_HEARTBEAT))
                    .extracting(Message::getHeartbeatRound)
                    .containsExactly(round, round);
        }
    }

    @Test
    void aFollowerSaysWhichRoundItAnswers() {
        Cluster cluster = cluster(3);
        cluster.node(2)
                .raw()
                .step(Messages.heartbeat("n1", "n2", 1, 0).toBuilder()
                        .setHeartbeatRound(7)
                        .build());
        assertThat(only(cluster.node(2).settle(), MessageType.MSG_HEARTBEAT_RESPONSE))
                .extracting(Message::getHeartbeatRound)
                .containsExactly(7L);
    }

    /** As an entry is committed by a majority, so is a round; the leader itself has answered every round. */
    @ParameterizedTest
    @CsvSource({"3, 0, 0", "3, 1, 2", "4, 1, 0", "4, 2, 2", "5, 1, 0", "5, 2, 2", "5, 4, 2"})
    void aMajorityConfirmsARound(int members, int answers, long confirmed) {
        TestNode leader = leader(members);
        beat(leader, 2);
        for (int i = 2; i < 2 + answers; i++) {
            leader.raw().step(answer("n" + i, 2));
            leader.raw().step(answer("n" + i, 2));
        }
        assertThat(leader.raw().lease()).isEqualTo(rounds(2, confirmed));
    }

    @Test
    void aLaterAnswerConfirmsEarlierRoundsAndALateOneTakesNothingBack() {
        TestNode leader = leader(5);
        beat(leader, 4);
        leader.raw().step(answer("n2", 4));
        leader.raw().step(answer("n3", 3));
        assertThat(leader.raw().lease()).isEqualTo(rounds(4, 3));
        leader.raw().step(answer("n2", 1));
        leader.raw().step(answer("n3", 2));
        assertThat(leader.raw().lease()).isEqualTo(rounds(4, 3));
        leader.raw().step(answer("n4", 4));
        assertThat(leader.raw().lease()).isEqualTo(rounds(4, 4));
    }

    @Test
    void aRoundThatWasNeverBegunIsNotConfirmed() {
        TestNode leader = leader(3);
        beat(leader, 2);
        leader.raw().step(answer("n2", 3));
        leader.raw().step(answer("n3", Long.MIN_VALUE));
        leader.raw().step(answer("stranger", 2));
        assertThat(leader.raw().lease()).isEqualTo(rounds(2, 0));
        beat(leader, 1);
        assertThat(leader.raw().lease()).as("nor once it begins").isEqualTo(rounds(3, 0));
    }

    /** A read asks everybody at once; that is a round like any other. */
    @Test
    void theHeartbeatsOfAReadAreARoundToo() {
        TestNode leader = leader(3);
        leader.raw().readIndex(ByteString.copyFromUtf8("read"));
        assertThat(leader.raw().lease()).isEqualTo(rounds(1, 0));
        assertThat(only(leader.settle(), MessageType.MSG_HEARTBEAT))
                .extracting(Message::getHeartbeatRound)
                .containsExactly(1L, 1L);
    }

    /** §8: "Leaders must have the latest information on which entries are committed". */
    @Test
    void thereIsNoLeaseBeforeAnEntryOfTheTermIsCommitted() {
        TestNode leader = new TestNode(
                "n1", PaperNodes.THREE, config -> config.preVote(false).leases(true));
        leader.tick(11);
        leader.raw().campaign();
        leader.settle();
        leader.raw().step(Messages.voted("n2", "n1", 1, true));
        beat(leader, 2);
        leader.raw().step(answer("n2", 2));
        assertThat(leader.raw().lease())
                .as("but the time of each round can be noted")
                .isEqualTo(rounds(2, 0));
        leader.raw().step(acknowledge("n2", "n1", 1, 1));
        assertThat(leader.raw().lease()).as("what was answered before counts").isEqualTo(rounds(2, 2));
    }

    @Test
    void onlyALeaderHasOne() {
        Cluster cluster = cluster(3);
        assertThat(cluster.node(2).raw().lease()).isEqualTo(LeaseRounds.NONE);
        TestNode leader = leader(3);
        beat(leader, 1);
        leader.raw().step(answer("n2", 1));
        leader.raw().step(Messages.heartbeat("n3", "n1", 2, 0));
        assertThat(leader.raw().lease()).isEqualTo(LeaseRounds.NONE);
    }

    @Test
    void anotherTermBeginsWithNoRounds() {
        Cluster cluster = cluster(3);
        cluster.nodes().forEach(node -> node.tick(11));
        TestNode leader = cluster.elect(1);
        beat(leader, 5);
        leader.raw().step(answer("n2", 5));
        leader.raw().transferLeadership("n2");
        cluster.settle();
        cluster.node(2).raw().transferLeadership("n1");
        cluster.settle();
        assertThat(leader.raw().term()).isEqualTo(3);
        assertThat(leader.raw().role()).isEqualTo(RaftRole.LEADER);
        assertThat(leader.raw().lease()).isEqualTo(rounds(0, 0));
        leader.raw().step(answer("n2", 5, 1));
        beat(leader, 5);
        leader.raw().step(answer("n3", 5, 1));
        assertThat(leader.raw().lease()).as("what was said in term 1").isEqualTo(rounds(5, 0));
    }

    // -------------------------------------------------------------------------------------------------- its end

    /** Whoever was told to campaign does so over all promises, however late it is told. */
    @Test
    void tellingSomebodyToCampaignEndsTheLeaseForTheTerm() {
        TestNode leader = leader(3);
        beat(leader, 1);
        leader.raw().step(answer("n2", 1));
        assertThat(leader.raw().lease()).isEqualTo(rounds(1, 1));
        leader.raw().transferLeadership("n3");
        assertThat(only(leader.settle(), MessageType.MSG_TIMEOUT_NOW)).hasSize(1);
        assertThat(leader.raw().lease()).isEqualTo(LeaseRounds.NONE);

        leader.raw().step(answer("n2", 1));
        beat(leader, 10);
        leader.raw().step(answer("n2", 11));
        leader.raw().step(answer("n3", 11));
        assertThat(leader.raw().status().transferee()).as("given up").isEmpty();
        assertThat(leader.raw().role()).isEqualTo(RaftRole.LEADER);
        assertThat(leader.raw().lease()).as("but perhaps on its way still").isEqualTo(LeaseRounds.NONE);
    }

    @Test
    void aTransferThatStillWaitsForTheOthersLogLeavesTheLeaseAlone() {
        TestNode leader = leader(3);
        leader.propose("not there yet");
        beat(leader, 1);
        leader.raw().step(answer("n2", 1));
        leader.raw().transferLeadership("n3");
        assertThat(only(leader.settle(), MessageType.MSG_TIMEOUT_NOW)).isEmpty();
        assertThat(leader.raw().lease()).isEqualTo(rounds(1, 1));
        leader.raw().step(acknowledge("n3", "n1", 1, 2));
        assertThat(leader.raw().lease()).isEqualTo(LeaseRounds.NONE);
    }

    // ------------------------------------------------------------------------------------------- who keeps it

    @Test
    void withoutTheOptionNothingIsNumberedAndNobodyHasALease() {
        TestNode leader = Cluster.of(3).elect(1);
        leader.tick(1);
        assertThat(only(leader.settle(), MessageType.MSG_HEARTBEAT))
                .extracting(Message::getHeartbeatRound)
                .containsExactly(0L, 0L);
        leader.raw().step(answer("n2", 0));
        assertThat(leader.raw().lease()).isEqualTo(LeaseRounds.NONE);
    }

    @Test
    void aMemberThatKeepsNoLeasesIsNotCountedOn() {
        Cluster cluster = cluster(3);
        cluster.replace(new TestNode("n2", PaperNodes.THREE, config -> config));
        cluster.nodes().forEach(node -> node.tick(9));
        TestNode leader = cluster.node(1);
        leader.tick(2);
        cluster.node(3).tick(2);
        cluster.elect(1);
        cluster.lose(message -> message.getTo().equals("n3"));
        cluster.tick();
        assertThat(leader.raw().lease()).isEqualTo(rounds(1, 0));
        cluster.heal();
        cluster.tick();
        assertThat(leader.raw().lease()).isEqualTo(rounds(2, 2));
    }

    // --------------------------------------------------------------------------------------- and who counts for it

    @Test
    void theOnlyVoterNeedsNobody() {
        Cluster cluster = cluster(1);
        TestNode leader = cluster.node(1);
        leader.tick(11);
        cluster.elect(1);
        assertThat(leader.raw().lease()).isEqualTo(new LeaseRounds(0, 0, true));
        beat(leader, 3);
        assertThat(leader.raw().lease()).isEqualTo(new LeaseRounds(3, 3, true));

        leader.proposeChange(Cluster.change(ConfChangeType.ADD_LEARNER, "n2"));
        leader.settle();
        assertThat(leader.raw().lease()).isEqualTo(new LeaseRounds(3, 3, true));
        leader.proposeChange(Cluster.change(ConfChangeType.ADD_VOTER, "n2"));
        leader.settle();
        assertThat(leader.raw().lease())
                .as("two voters, and one has said nothing")
                .isEqualTo(rounds(3, 0));
        beat(leader, 1);
        leader.raw().step(answer("n2", 4));
        assertThat(leader.raw().lease()).isEqualTo(rounds(4, 4));
    }

    @Test
    void aLearnersAnswerCountsFromItsPromotionOn() {
        Cluster cluster = cluster(2);
        cluster.nodes().forEach(node -> node.tick(11));
        TestNode leader = cluster.elect(1);
        change(cluster, leader, Cluster.change(ConfChangeType.ADD_LEARNER, "n3"));
        beat(leader, 1);
        long round = leader.raw().lease().begun();
        leader.raw().step(answer("n3", round));
        assertThat(leader.raw().lease().confirmed()).isLessThan(round);
        change(cluster, leader, Cluster.change(ConfChangeType.ADD_VOTER, "n3"));
        assertThat(leader.raw().lease().confirmed()).isEqualTo(round);
    }

    /** §6: "Agreement ... requires separate majorities from both the old and new configurations". */
    @Test
    void whileTheConfigurationIsJointBothMajoritiesConfirm() {
        Cluster cluster = cluster(3);
        cluster.nodes().forEach(node -> node.tick(11));
        TestNode leader = cluster.elect(1);
        // The new ones are never there, so that the joint configuration stays.
        change(
                cluster,
                leader,
                Cluster.change(ConfChangeType.ADD_VOTER, "n4"),
                Cluster.change(ConfChangeType.ADD_VOTER, "n5"),
                Cluster.change(ConfChangeType.REMOVE_NODE, "n3"),
                Cluster.change(ConfChangeType.REMOVE_NODE, "n2"));
        assertThat(leader.members().getVotersOutgoingList()).containsExactly("n1", "n2", "n3");
        beat(leader, 1);
        long round = leader.raw().lease().begun();
        leader.raw().step(answer("n2", round));
        assertThat(leader.raw().lease().confirmed()).as("old ones alone").isLessThan(round);
        leader.raw().step(answer("n4", round));
        assertThat(leader.raw().lease().confirmed()).as("both").isEqualTo(round);

        beat(leader, 1);
        leader.raw().step(answer("n4", round + 1));
        leader.raw().step(answer("n5", round + 1));
        assertThat(leader.raw().lease().confirmed()).as("new ones alone").isEqualTo(round);
    }

    @Test
    void aLeaderThatIsNoVoterAnyMoreDoesNotCountItself() {
        Cluster cluster = cluster(3);
        cluster.nodes().forEach(node -> node.tick(11));
        TestNode leader = cluster.elect(1);
        change(cluster, leader, Cluster.change(ConfChangeType.REMOVE_NODE, "n1"));
        assertThat(leader.raw().role()).isEqualTo(RaftRole.LEADER);
        beat(leader, 1);
        long round = leader.raw().lease().begun();
        leader.raw().step(answer("n2", round));
        assertThat(leader.raw().lease().confirmed()).isLessThan(round);
        leader.raw().step(answer("n3", round));
        assertThat(leader.raw().lease()).isEqualTo(rounds(round, round));
    }

    /** Who was removed and comes back is another member until it has answered. */
    @Test
    void whoIsAddedAgainCountsFromItsFirstAnswerOn() {
        Cluster cluster = cluster(3);
        cluster.nodes().forEach(node -> node.tick(11));
        TestNode leader = cluster.elect(1);
        beat(leader, 1);
        leader.raw().step(answer("n2", 1));
        change(cluster, leader, Cluster.change(ConfChangeType.REMOVE_NODE, "n2"));
        change(cluster, leader, Cluster.change(ConfChangeType.ADD_VOTER, "n2"));
        assertThat(leader.raw().lease()).isEqualTo(rounds(1, 0));
    }

    private static void change(Cluster cluster, TestNode leader, ConfChangeSingle... changes) {
        assertThat(leader.proposeChange(changes)).isEqualTo(StepOutcome.TAKEN);
        cluster.settle();
    }
}
