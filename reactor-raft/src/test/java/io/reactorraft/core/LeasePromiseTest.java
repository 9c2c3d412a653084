package io.reactorraft.core;

import static io.reactorraft.core.Messages.after;
import static io.reactorraft.core.Messages.append;
import static io.reactorraft.core.Messages.heartbeat;
import static io.reactorraft.core.Messages.message;
import static io.reactorraft.core.Messages.only;
import static io.reactorraft.core.Messages.preVote;
import static io.reactorraft.core.Messages.single;
import static io.reactorraft.core.Messages.vote;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Thesis §6.4.1, the followers' half of a lease: within an election timeout of hearing a leader they elect nobody. With an
 * election timeout of 10 ticks a promise ends with the 11th: the first may come at once.
 */
class LeasePromiseTest {

    private static TestNode node() {
        return new TestNode(
                "n1", PaperNodes.THREE, config -> config.leases(true).candidacyDelayTicks(50));
    }

    /** One that has been there for a while and has just heard its leader, n2 of term 1. */
    private static TestNode promised() {
        TestNode node = node();
        node.tick(9);
        node.raw().step(heartbeat("n2", "n1", 1, 0));
        node.settle();
        return node;
    }

    private static void assertGranted(TestNode node, Message request, boolean granted) {
        node.raw().step(request);
        boolean pre = request.getType() == MessageType.MSG_PRE_VOTE;
        assertThat(only(node.settle(), pre ? MessageType.MSG_PRE_VOTE_RESPONSE : MessageType.MSG_VOTE_RESPONSE))
                .filteredOn(answer -> !answer.getReject())
                .hasSize(granted ? 1 : 0);
    }

    @Test
    void whoHasHeardALeaderVotesForNobodyForAFullElectionTimeout() {
        TestNode node = promised();
        node.tick(10);
        assertGranted(node, preVote("n3", "n1", 2, 9, 1), false);
        assertGranted(node, vote("n3", "n1", 2, 9, 1), false);
        assertThat(node.raw().term()).isEqualTo(1);
        node.tick(1);
        assertGranted(node, preVote("n3", "n1", 2, 9, 1), true);
        assertGranted(node, vote("n3", "n1", 2, 9, 1), true);
    }

    @Test
    void entriesAndSnapshotsOfTheLeaderCountAsWell() {
        for (Message heard : new Message[] {
            append("n2", "n1", 1, after(0, 0), 0, 1),
            Messages.snapshot(
                    "n2",
                    "n1",
                    1,
                    MemoryLog.snapshotAt(
                            4,
                            1,
                            ConfState.newBuilder()
                                    .addAllVoters(PaperNodes.THREE)
                                    .build()))
        }) {
            TestNode node = node();
            node.tick(9);
            node.raw().step(heard);
            node.settle();
            node.tick(9);
            assertGranted(node, vote("n3", "n1", 2, 9, 1), false);
        }
    }

    /** What makes check-quorum alone too weak: any message of a later term makes a node forget its leader. */
    @ParameterizedTest
    @ValueSource(longs = {5, 6})
    void aLaterTermFreesNobody(long candidacy) {
        TestNode node = promised();
        node.raw().step(message(MessageType.MSG_APPEND_RESPONSE, "n3", "n1", 5).build());
        assertThat(node.raw().term()).isEqualTo(5);
        assertThat(node.raw().leaderId()).isEmpty();
        assertGranted(node, vote("n3", "n1", candidacy, 9, 1), false);
        node.tick(11);
        assertGranted(node, vote("n3", "n1", candidacy, 9, 1), true);
    }

    @Test
    void forgettingTheLeaderFreesNobody() {
        TestNode node = promised();
        node.raw().forgetLeader();
        assertGranted(node, vote("n3", "n1", 2, 9, 1), false);
    }

    @Test
    void itsOwnCandidacyWouldBreakThePromiseToo() {
        TestNode node = promised();
        node.tick(10);
        node.raw().campaign();
        assertThat(node.raw().role()).isEqualTo(RaftRole.FOLLOWER);
        node.tick(1);
        node.raw().campaign();
        assertThat(node.raw().role()).isEqualTo(RaftRole.PRE_CANDIDATE);
    }

    @Test
    void aTransferIsTheLeadersOwnWish() {
        TestNode node = promised();
        node.raw().step(message(MessageType.MSG_TIMEOUT_NOW, "n2", "n1", 1).build());
        assertThat(node.raw().role()).isEqualTo(RaftRole.CANDIDATE);

        TestNode voter = promised();
        assertGranted(
                voter,
                vote("n3", "n1", 2, 9, 1).toBuilder()
                        .setContext(ByteString.copyFromUtf8("CampaignTransfer"))
                        .build(),
                true);
    }

    /** It may have promised just before it ended, and does not remember. */
    @Test
    void whoHasJustStartedVotesForNobodyForAnElectionTimeout() {
        TestNode node = node();
        node.tick(11);
        node.raw().step(append("n2", "n1", 1, after(0, 0), 0, 1));
        node.settle();
        node.restart();
        assertGranted(node, vote("n3", "n1", 1, 9, 1), false);
        assertGranted(node, vote("n3", "n1", 2, 9, 1), false);
        assertGranted(node, preVote("n3", "n1", 2, 9, 1), false);
        node.raw().campaign();
        assertThat(node.raw().role()).isEqualTo(RaftRole.FOLLOWER);
        node.tick(10);
        assertGranted(node, vote("n3", "n1", 2, 9, 1), false);
        node.tick(1);
        assertGranted(node, vote("n3", "n1", 2, 9, 1), true);
    }

    @Test
    void aVoteThatWasGivenBeforeTheRestartIsGivenAgain() {
        TestNode node = node();
        node.tick(11);
        assertGranted(node, vote("n3", "n1", 2, 0, 0), true);
        node.restart();
        assertGranted(node, vote("n3", "n1", 2, 0, 0), true);
        node.raw().step(vote("n2", "n1", 2, 0, 0));
        assertThat(single(node.settle(), MessageType.MSG_VOTE_RESPONSE, "n2").getReject())
                .isTrue();
    }

    @Test
    void whoKeepsNoLeasesMayVoteAtOnce() {
        TestNode node = new TestNode("n1", PaperNodes.THREE, config -> config.preVote(false));
        assertGranted(node, vote("n3", "n1", 1, 0, 0), true);
        node.restart();
        node.raw().campaign();
        assertThat(node.raw().role()).isEqualTo(RaftRole.CANDIDATE);
    }

    /** The price: a new leader is found a tick later at most than without leases. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aGroupFindsItsFirstLeaderAndTheNextOne(boolean preVote) {
        for (int seed = 0; seed < 50; seed++) {
            int chance = seed;
            Cluster cluster = Cluster.of(3, config -> config.preVote(preVote).leases(true));
            for (String id : PaperNodes.THREE) {
                cluster.replace(new TestNode(
                        id,
                        PaperNodes.THREE,
                        config -> config.preVote(preVote).leases(true).seed(chance * 31L + id.hashCode())));
            }
            TestNode first = leaderAfter(cluster, seed, "");
            cluster.isolate(first);
            leaderAfter(cluster, seed, first.id());
        }
    }

    private static TestNode leaderAfter(Cluster cluster, int seed, String before) {
        for (int tick = 0; tick < 120; tick++) {
            cluster.tick();
            for (TestNode node : cluster.nodes()) {
                if (node.raw().role() == RaftRole.LEADER && !node.id().equals(before)) {
                    return node;
                }
            }
        }
        throw new AssertionError("no leader after 120 ticks, seed " + seed);
    }
}
