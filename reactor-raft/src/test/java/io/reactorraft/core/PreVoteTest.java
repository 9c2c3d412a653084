package io.reactorraft.core;

import static io.reactorraft.core.Messages.preVote;
import static io.reactorraft.core.Messages.single;
import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Thesis §9.6: "a candidate only increments its term if it first learns from a majority that they would vote for it". */
class PreVoteTest {

    private static Cluster cluster() {
        return Cluster.of(3, config -> config.preVote(true).checkQuorum(false));
    }

    @Test
    void askingChangesNobodysTerm() {
        Cluster cluster = cluster();
        cluster.lose(message -> message.getTo().equals("n1"));
        cluster.node(1).raw().campaign();
        cluster.settle();
        assertThat(cluster.node(1).raw().role()).isEqualTo(RaftRole.PRE_CANDIDATE);
        assertThat(cluster.nodes()).allSatisfy(node -> {
            assertThat(node.raw().term()).isZero();
            assertThat(node.log().hardState().getVote()).isEmpty();
        });
    }

    @Test
    void whoWouldWinCampaigns() {
        Cluster cluster = cluster();
        cluster.elect(1);
        assertThat(cluster.nodes()).allSatisfy(node -> {
            assertThat(node.raw().term()).isEqualTo(1);
            assertThat(node.log().hardState().getVote()).isEqualTo("n1");
        });
    }

    @Test
    void aNodeThatWasCutOffDoesNotDisturbTheGroupWhenItReturns() {
        Cluster cluster = cluster();
        TestNode leader = cluster.elect(1);
        cluster.isolate(cluster.node(3));
        for (int i = 0; i < 100; i++) {
            cluster.tick();
        }
        leader.propose("a");
        cluster.settle();
        assertThat(cluster.node(3).raw().role()).isEqualTo(RaftRole.PRE_CANDIDATE);
        cluster.heal();
        for (int i = 0; i < 5; i++) {
            cluster.tick();
        }
        assertThat(leader.raw().role()).isEqualTo(RaftRole.LEADER);
        assertThat(leader.raw().term()).isEqualTo(1);
        assertThat(cluster.node(3).commands()).containsExactly("a");
    }

    @Test
    void aFollowerWithALeaderRefusesAtItsOwnTermButTheTermAheadIsFree() {
        Cluster cluster = cluster();
        cluster.elect(1);
        TestNode follower = cluster.node(2);
        follower.raw().step(preVote("n3", "n2", 1, 1, 1));
        assertThat(single(follower.settle(), MessageType.MSG_PRE_VOTE_RESPONSE, "n3")
                        .getReject())
                .isTrue();
        follower.raw().step(preVote("n3", "n2", 2, 1, 1));
        Message response = single(follower.settle(), MessageType.MSG_PRE_VOTE_RESPONSE, "n3");
        assertThat(response.getReject()).isFalse();
        assertThat(response.getTerm()).as("the term that was asked about").isEqualTo(2);
        assertThat(follower.raw().term()).isEqualTo(1);
        assertThat(follower.raw().leaderId()).isEqualTo("n1");
    }

    @ParameterizedTest
    @CsvSource({"1, 1, false", "2, 1, true", "1, 2, true", "0, 0, false"})
    void aPreVoteToo(long lastIndex, long lastTerm, boolean granted) {
        Cluster cluster = cluster();
        cluster.elect(1).propose("a");
        cluster.settle();
        TestNode voter = cluster.node(2);
        voter.raw().step(preVote("n3", "n2", 5, lastIndex, lastTerm));
        assertThat(single(voter.settle(), MessageType.MSG_PRE_VOTE_RESPONSE, "n3")
                        .getReject())
                .isEqualTo(!granted);
    }

    /** E11 of the usual faults: silence would leave a stale candidate of a higher log waiting for ever. */
    @Test
    void aPreVoteOfAPastTermIsRefusedAloud() {
        TestNode voter = new TestNode("n1", List.of("n1", "n2", "n3"), config -> config.preVote(true));
        voter.raw().step(Messages.heartbeat("n3", "n1", 7, 0));
        voter.settle();
        voter.raw().step(preVote("n2", "n1", 3, 9, 2));
        Message response = single(voter.settle(), MessageType.MSG_PRE_VOTE_RESPONSE, "n2");
        assertThat(response.getReject()).isTrue();
        assertThat(response.getTerm()).as("so that the asker learns of it").isEqualTo(7);
    }

    @Test
    void aRefusalOfALaterTermEndsTheAttempt() {
        Cluster cluster = cluster();
        TestNode node = cluster.node(1);
        node.raw().campaign();
        node.settle();
        node.raw()
                .step(Messages.message(MessageType.MSG_PRE_VOTE_RESPONSE, "n2", "n1", 9)
                        .setReject(true)
                        .build());
        assertThat(node.raw().role()).isEqualTo(RaftRole.FOLLOWER);
        assertThat(node.raw().term()).isEqualTo(9);
    }

    @Test
    void aPreVoteThatComesLateIsNoVote() {
        TestNode node = cluster().node(1);
        node.raw().campaign();
        node.settle();
        node.raw().step(granted("n2"));
        assertThat(node.raw().role()).isEqualTo(RaftRole.CANDIDATE);
        node.settle();
        node.raw().step(granted("n3"));
        assertThat(node.raw().role()).isEqualTo(RaftRole.CANDIDATE);
    }

    private static Message granted(String from) {
        return Messages.message(MessageType.MSG_PRE_VOTE_RESPONSE, from, "n1", 1)
                .build();
    }

    @Test
    void aNodeOfNoTermYetDoesNotRefuse() {
        TestNode fresh = cluster().node(1);
        fresh.log().append(Messages.entries(1, 1));
        fresh.restart();
        fresh.raw().step(preVote("n2", "n1", 1, 0, 0));
        assertThat(fresh.settle()).as("there is no term it could answer in").isEmpty();
    }

    /** A timeout that is over begins anew, whether the attempt comes to anything or not. */
    @Test
    void whoIsAloneAsksOnceATimeout() {
        TestNode node = new TestNode("n1", PaperNodes.THREE, config -> config);
        int attempts = 0;
        for (int tick = 0; tick < 100; tick++) {
            node.tick(1);
            attempts += Messages.only(node.settle(), MessageType.MSG_PRE_VOTE).size() / 2;
        }
        assertThat(attempts).isBetween(5, 10);
    }
}
