package io.reactorraft.core;

import static io.reactorraft.core.Messages.acknowledge;
import static io.reactorraft.core.Messages.heartbeatResponse;
import static io.reactorraft.core.Messages.single;
import static io.reactorraft.core.Messages.vote;
import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.ConfChangeType;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Thesis §6.2 and §4.2.3: a leader without a quorum steps down, and a group with a leader is not disturbed. */
class CheckQuorumTest {

    private static Cluster cluster(boolean preVote) {
        return Cluster.of(3, config -> config.preVote(preVote).checkQuorum(true));
    }

    @Test
    void aLeaderThatHearsNobodyStepsDown() {
        Cluster cluster = cluster(true);
        TestNode leader = cluster.elect(1);
        cluster.isolate(leader);
        // The first check still remembers the election, the second one nothing.
        leader.tick(19);
        assertThat(leader.raw().role()).isEqualTo(RaftRole.LEADER);
        leader.tick(1);
        assertThat(leader.raw().role()).isEqualTo(RaftRole.FOLLOWER);
        assertThat(leader.raw().leaderId()).isEmpty();
        assertThat(leader.raw().term()).isEqualTo(1);
    }

    @Test
    void oneAnswerInATimeoutKeepsALeaderOfThree() {
        TestNode leader = cluster(true).elect(1);
        for (int i = 0; i < 10; i++) {
            leader.tick(10);
            leader.raw().step(heartbeatResponse("n3", "n1", 1));
            assertThat(leader.raw().role()).isEqualTo(RaftRole.LEADER);
        }
    }

    @Test
    void aLeaderOfOneNeedsNobody() {
        TestNode leader = Cluster.of(1).elect(1);
        leader.tick(100);
        assertThat(leader.raw().role()).isEqualTo(RaftRole.LEADER);
    }

    @Test
    void withoutTheCheckALeaderStays() {
        TestNode leader = Cluster.of(3, config -> config.checkQuorum(false)).elect(1);
        leader.tick(100);
        assertThat(leader.raw().role()).isEqualTo(RaftRole.LEADER);
    }

    /** §6: a vote asked for "within the minimum election timeout of hearing from a current leader". */
    @Test
    void whoHasHeardItsLeaderDoesNotEvenAdoptTheTermOfACandidate() {
        Cluster cluster = cluster(false);
        cluster.elect(1);
        TestNode follower = cluster.node(2);
        follower.raw().step(vote("n3", "n2", 5, 9, 1));
        assertThat(follower.settle()).isEmpty();
        assertThat(follower.raw().term()).isEqualTo(1);

        follower.tick(10);
        follower.raw().step(vote("n3", "n2", 5, 9, 1));
        assertThat(follower.raw().term())
                .as("now the leader has been silent for too long")
                .isEqualTo(5);
    }

    @Test
    void theLeaderItselfIsNotDisturbedEither() {
        TestNode leader = cluster(false).elect(1);
        leader.raw().step(vote("n3", "n1", 5, 9, 1));
        assertThat(leader.raw().role()).isEqualTo(RaftRole.LEADER);
    }

    /** E15 of the usual faults: it may not take votes with it, but it must be able to come back. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aNodeOfALaterTermTellsALeaderWhoseVotesItDoesNotGet(boolean heartbeat) {
        Cluster cluster = cluster(false);
        cluster.elect(1);
        TestNode stuck = cluster.node(3);
        cluster.isolate(stuck);
        stuck.tick(60);
        stuck.settle();
        long term = stuck.raw().term();
        assertThat(term).isGreaterThan(1);

        stuck.raw()
                .step(
                        heartbeat
                                ? Messages.heartbeat("n1", "n3", 1, 1)
                                : Messages.append("n1", "n3", 1, Messages.after(1, 1), 1));
        Message answer = single(stuck.settle(), MessageType.MSG_APPEND_RESPONSE, "n1");
        assertThat(answer.getTerm()).isEqualTo(term);
        cluster.node(1).raw().step(answer);
        assertThat(cluster.node(1).raw().role()).isEqualTo(RaftRole.FOLLOWER);
    }

    @Test
    void theReferenceIgnoresAStaleLeaderWithNeitherCheckNorPreVote() {
        Cluster cluster =
                Cluster.of(3, config -> config.preVote(false).checkQuorum(false).faultsOfTheReference(true));
        cluster.elect(1);
        TestNode ahead = cluster.node(3);
        ahead.raw().campaign();
        ahead.settle();
        ahead.raw().step(Messages.heartbeat("n1", "n3", 1, 1));
        assertThat(ahead.settle()).isEmpty();
    }

    @Test
    void aDisturberThatTheLeaderHasSentIsHeard() {
        Cluster cluster = cluster(true);
        TestNode leader = cluster.elect(1);
        leader.raw().transferLeadership("n2");
        cluster.settle();
        assertThat(cluster.node(2).raw().role()).isEqualTo(RaftRole.LEADER);
        assertThat(leader.raw().role()).isEqualTo(RaftRole.FOLLOWER);
    }

    /** C06 of the usual faults. */
    @Test
    void aMemberThatHasJustJoinedCountsAsHeard() {
        Cluster cluster = Cluster.of(1);
        TestNode leader = cluster.elect(1);
        leader.tick(9);
        leader.proposeChange(Cluster.change(ConfChangeType.ADD_VOTER, "n2"));
        cluster.settle();
        leader.tick(1);
        assertThat(leader.raw().role()).isEqualTo(RaftRole.LEADER);
    }

    @Test
    void forgettingItsLeaderAFollowerMayVoteAtOnce() {
        Cluster cluster = cluster(true);
        cluster.elect(1);
        TestNode follower = cluster.node(2);
        follower.raw().forgetLeader();
        assertThat(follower.raw().leaderId()).isEmpty();
        follower.raw().step(Messages.preVote("n3", "n2", 2, 1, 1));
        assertThat(single(follower.settle(), MessageType.MSG_PRE_VOTE_RESPONSE, "n3")
                        .getReject())
                .isFalse();
        follower.raw().step(Messages.heartbeat("n1", "n2", 1, 1));
        assertThat(follower.raw().leaderId()).as("until it is heard again").isEqualTo("n1");
    }

    @Test
    void withLeasesALeaderIsNotForgotten() {
        Cluster cluster = Cluster.of(3, config -> config.readMode(CoreConfig.ReadMode.LEASE));
        cluster.elect(1);
        cluster.node(2).raw().forgetLeader();
        assertThat(cluster.node(2).raw().leaderId()).isEqualTo("n1");
        cluster.node(1).raw().forgetLeader();
        assertThat(cluster.node(1).raw().leaderId()).as("nor by itself").isEqualTo("n1");
    }

    @Test
    void anAcknowledgementShowsThatAFollowerIsThere() {
        TestNode leader = cluster(true).elect(1);
        leader.tick(10);
        leader.raw().step(acknowledge("n2", "n1", 1, 1));
        leader.tick(10);
        assertThat(leader.raw().role()).isEqualTo(RaftRole.LEADER);
    }
}
