package io.reactorraft.core;

import static io.reactorraft.core.Messages.after;
import static io.reactorraft.core.Messages.append;
import static io.reactorraft.core.Messages.heartbeat;
import static io.reactorraft.core.Messages.only;
import static io.reactorraft.core.Messages.single;
import static io.reactorraft.core.Messages.vote;
import static io.reactorraft.core.Messages.voted;
import static io.reactorraft.core.PaperNodes.THREE;
import static io.reactorraft.core.PaperNodes.leader;
import static io.reactorraft.core.PaperNodes.node;
import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.ConfChangeType;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The sentences of the paper, "In Search of an Understandable Consensus Algorithm (Extended Version)", one by one. */
class RaftPaperTest {

    // -------------------------------------------------------------------------------------------- 5.1 Raft basics

    /** §5.1: "If one server's current term is smaller than the other's, then it updates its current term to the larger". */
    @Test
    void aLargerTermIsAdopted() {
        TestNode node = node(3);
        node.raw().step(heartbeat("n2", "n1", 4, 0));
        assertThat(node.raw().term()).isEqualTo(4);
        assertThat(node.raw().leaderId()).isEqualTo("n2");
    }

    /** §5.1: "If a candidate or leader discovers that its term is out of date, it immediately reverts to follower state". */
    @ParameterizedTest
    @EnumSource(
            value = MessageType.class,
            names = {
                "MSG_APPEND",
                "MSG_APPEND_RESPONSE",
                "MSG_VOTE",
                "MSG_VOTE_RESPONSE",
                "MSG_HEARTBEAT",
                "MSG_HEARTBEAT_RESPONSE",
                "MSG_TIMEOUT_NOW"
            })
    void candidatesAndLeadersOfAnOldTermBecomeFollowers(MessageType type) {
        TestNode leader = leader(3);
        leader.raw().step(Messages.message(type, "n2", "n1", 7).build());
        // Told to campaign at once it does, as a follower of that term.
        boolean campaigns = type == MessageType.MSG_TIMEOUT_NOW;
        assertThat(leader.raw().role()).isEqualTo(campaigns ? RaftRole.CANDIDATE : RaftRole.FOLLOWER);
        assertThat(leader.raw().term()).isEqualTo(campaigns ? 8 : 7);

        TestNode candidate = node(3);
        candidate.raw().campaign();
        candidate.raw().step(Messages.message(type, "n2", "n1", 7).build());
        assertThat(candidate.raw().role()).isEqualTo(campaigns ? RaftRole.CANDIDATE : RaftRole.FOLLOWER);
    }

    /** §5.1: "If a server receives a request with a stale term number, it rejects the request". */
    @Test
    void aRequestOfAStaleTermChangesNothingAndIsAnsweredWithTheTerm() {
        TestNode node = node(3, 1, 2, 3);
        node.raw().step(append("n2", "n1", 2, after(3, 3), 3, 2));
        node.raw().step(heartbeat("n2", "n1", 2, 3));
        node.raw().step(vote("n2", "n1", 2, 99, 2));
        assertThat(node.settle())
                .isNotEmpty()
                .allSatisfy(answer -> assertThat(answer.getTerm()).isEqualTo(3));
        assertThat(node.raw().lastIndex()).isEqualTo(3);
        assertThat(node.raw().commitIndex()).isZero();
        assertThat(node.raw().leaderId()).isEmpty();
        assertThat(node.raw().term()).isEqualTo(3);
    }

    // ----------------------------------------------------------------------------------------- 5.2 Leader election

    /** §5.2: "When servers start up, they begin as followers". */
    @Test
    void everybodyBeginsAsAFollower() {
        assertThat(node(3).raw().role()).isEqualTo(RaftRole.FOLLOWER);
        assertThat(node(3, 1, 2).raw().role()).isEqualTo(RaftRole.FOLLOWER);
    }

    /** §5.2: "Leaders send periodic heartbeats ... to all followers in order to maintain their authority". */
    @Test
    void aLeaderSendsAHeartbeatToEverybodyInEveryInterval() {
        TestNode leader = leader(3);
        leader.settle();
        for (int interval = 0; interval < 3; interval++) {
            leader.tick(1);
            assertThat(only(leader.settle(), MessageType.MSG_HEARTBEAT))
                    .extracting(Message::getTo)
                    .containsExactly("n2", "n3");
        }
    }

    @Test
    void anIntervalMayBeSeveralTicks() {
        TestNode leader = new TestNode("n1", List.of("n1"), config -> config.heartbeatTicks(3));
        leader.raw().campaign();
        leader.settle();
        leader.proposeChange(Cluster.change(ConfChangeType.ADD_LEARNER, "n2"));
        leader.settle();
        for (int interval = 0; interval < 3; interval++) {
            leader.tick(2);
            assertThat(only(leader.settle(), MessageType.MSG_HEARTBEAT)).isEmpty();
            leader.tick(1);
            assertThat(only(leader.settle(), MessageType.MSG_HEARTBEAT)).hasSize(1);
        }
    }

    /** §5.2: "To begin an election, a follower increments its current term and transitions to candidate state. It then
     * votes for itself and issues RequestVote RPCs in parallel to each of the other servers". */
    @Test
    void aFollowerWhosePatienceEndsCampaigns() {
        TestNode node = node(3, 1, 1, 2);
        node.tick(20);
        List<Message> requests = only(node.settle(), MessageType.MSG_VOTE);
        assertThat(node.raw().role()).isEqualTo(RaftRole.CANDIDATE);
        assertThat(node.raw().term()).isEqualTo(3);
        assertThat(node.log().hardState().getVote()).isEqualTo("n1");
        assertThat(requests).extracting(Message::getTo).containsExactly("n2", "n3");
        assertThat(requests).allSatisfy(request -> {
            assertThat(request.getTerm()).isEqualTo(3);
            assertThat(request.getIndex()).isEqualTo(3);
            assertThat(request.getLogTerm()).isEqualTo(2);
        });
    }

    /** §5.2: "If a follower receives no communication over a period of time called the election timeout". */
    @Test
    void aFollowerThatHearsItsLeaderDoesNotCampaign() {
        TestNode node = node(3);
        for (int i = 0; i < 30; i++) {
            node.tick(9);
            node.raw().step(heartbeat("n2", "n1", 1, 0));
        }
        assertThat(node.raw().role()).isEqualTo(RaftRole.FOLLOWER);
        assertThat(node.raw().term()).isEqualTo(1);
    }

    /** Figure 2: "without receiving AppendEntries RPC from current leader or granting vote to candidate". */
    @Test
    void aVoteThatIsGrantedBeginsTheTimeoutAnewAndARefusedOneDoesNot() {
        for (boolean granted : new boolean[] {true, false}) {
            TestNode node = node(3, 1, 1);
            node.raw().randomizedElectionTimeout(15);
            node.tick(14);
            // In its own term, so that nothing but the vote can begin the timeout anew.
            node.raw().step(vote("n2", "n1", 1, granted ? 2 : 1, 1));
            assertThat(single(node.settle(), MessageType.MSG_VOTE_RESPONSE, "n2")
                            .getReject())
                    .isEqualTo(!granted);
            node.tick(1);
            assertThat(node.raw().role()).isEqualTo(granted ? RaftRole.FOLLOWER : RaftRole.CANDIDATE);
        }
    }

    /** Figure 2: "Upon election: send initial empty AppendEntries RPCs (heartbeat) to each server". */
    @Test
    void aLeaderIsHeardAsSoonAsItIsElected() {
        TestNode leader = leader(3);
        assertThat(only(leader.settle(), MessageType.MSG_APPEND))
                .extracting(Message::getTo)
                .containsExactly("n2", "n3");
    }

    /** §5.2: "A candidate wins an election if it receives votes from a majority of the servers in the full cluster". */
    @ParameterizedTest
    @CsvSource({
        "1, 0, LEADER",
        "2, 0, CANDIDATE",
        "2, 1, LEADER",
        "3, 0, CANDIDATE",
        "3, 1, LEADER",
        "4, 1, CANDIDATE",
        "4, 2, LEADER",
        "5, 1, CANDIDATE",
        "5, 2, LEADER"
    })
    void aMajorityOfVotesWins(int members, int votesOfOthers, RaftRole role) {
        TestNode node = node(members);
        node.raw().campaign();
        node.settle();
        for (int i = 0; i < votesOfOthers; i++) {
            node.raw().step(voted("n" + (i + 2), "n1", 1, true));
        }
        assertThat(node.raw().role()).isEqualTo(role);
    }

    @Test
    void aVoteCountsOnceAndAStrangersVoteNever() {
        TestNode node = node(5);
        node.raw().campaign();
        node.settle();
        node.raw().step(voted("n2", "n1", 1, true));
        node.raw().step(voted("n2", "n1", 1, true));
        assertThat(node.raw().step(voted("stranger", "n1", 1, true))).isEqualTo(StepOutcome.REFUSED);
        assertThat(node.raw().role()).isEqualTo(RaftRole.CANDIDATE);
        node.raw().step(voted("n3", "n1", 1, false));
        node.raw().step(voted("n3", "n1", 1, true));
        assertThat(node.raw().role()).as("its first word stands").isEqualTo(RaftRole.CANDIDATE);
        node.raw().step(voted("n4", "n1", 1, true));
        assertThat(node.raw().role()).isEqualTo(RaftRole.LEADER);
    }

    @Test
    void aVoteOfAnEarlierElectionDoesNotCount() {
        TestNode node = node(5);
        node.raw().campaign();
        node.settle();
        node.raw().step(voted("n2", "n1", 1, true));
        node.raw().campaign();
        node.settle();
        node.raw().step(voted("n3", "n1", 2, true));
        node.raw().step(voted("n4", "n1", 1, true));
        assertThat(node.raw().role()).as("two of five in term 2").isEqualTo(RaftRole.CANDIDATE);
    }

    @Test
    void aMajorityOfRefusalsEndsTheCandidacy() {
        TestNode node = node(3);
        node.raw().campaign();
        node.settle();
        node.raw().step(voted("n2", "n1", 1, false));
        assertThat(node.raw().role()).isEqualTo(RaftRole.CANDIDATE);
        node.raw().step(voted("n3", "n1", 1, false));
        assertThat(node.raw().role()).isEqualTo(RaftRole.FOLLOWER);
        assertThat(node.raw().term()).isEqualTo(1);
    }

    /** §5.2: "Each server will vote for at most one candidate in a given term, on a first-come-first-served basis". */
    @Test
    void aServerVotesOnceInATerm() {
        TestNode node = node(3);
        node.raw().step(vote("n2", "n1", 1, 0, 0));
        assertThat(single(node.settle(), MessageType.MSG_VOTE_RESPONSE, "n2").getReject())
                .isFalse();
        assertThat(node.log().hardState().getVote()).isEqualTo("n2");
        node.raw().step(vote("n3", "n1", 1, 0, 0));
        assertThat(single(node.settle(), MessageType.MSG_VOTE_RESPONSE, "n3").getReject())
                .isTrue();
        node.raw().step(vote("n2", "n1", 1, 0, 0));
        assertThat(single(node.settle(), MessageType.MSG_VOTE_RESPONSE, "n2").getReject())
                .isFalse();

        node.restart();
        node.raw().step(vote("n3", "n1", 1, 0, 0));
        assertThat(single(node.settle(), MessageType.MSG_VOTE_RESPONSE, "n3").getReject())
                .isTrue();
    }

    /** §5.2: "While waiting for votes, a candidate may receive an AppendEntries RPC from another server claiming to be
     * leader. If the leader's term ... is at least as large ... [it] returns to follower state". */
    @ParameterizedTest
    @CsvSource({"1", "2"})
    void aCandidateFollowsALeaderOfItsTerm(long term) {
        TestNode node = node(3);
        node.raw().campaign();
        node.settle();
        node.raw().step(append("n2", "n1", term, after(0, 0), 0, term));
        assertThat(node.raw().role()).isEqualTo(RaftRole.FOLLOWER);
        assertThat(node.raw().leaderId()).isEqualTo("n2");
        assertThat(node.raw().lastIndex()).isEqualTo(1);
    }

    /** §5.2: "election timeouts are chosen randomly from a fixed interval". */
    @Test
    void electionTimeoutsAreRandomWithinOneToTwoTimesTheSetting() {
        Set<Integer> seen = new HashSet<>();
        for (int seed = 0; seed < 300; seed++) {
            long chosen = seed;
            TestNode node =
                    new TestNode("n1", THREE, config -> config.preVote(false).seed(chosen));
            int ticks = 0;
            while (node.raw().role() == RaftRole.FOLLOWER) {
                node.tick(1);
                ticks++;
            }
            seen.add(ticks);
        }
        assertThat(seen)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(10, 20).boxed().toList());
    }

    /** §5.2: "if many followers become candidates at the same time": each waits another random time. */
    @Test
    void aCandidateThatWinsNothingStartsANewElection() {
        TestNode node = node(3);
        node.raw().campaign();
        node.tick(20);
        assertThat(node.raw().role()).isEqualTo(RaftRole.CANDIDATE);
        assertThat(node.raw().term()).isGreaterThanOrEqualTo(2);
    }
}
