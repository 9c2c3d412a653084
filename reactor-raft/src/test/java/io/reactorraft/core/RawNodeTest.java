package io.reactorraft.core;

import static io.reactorraft.core.Messages.entries;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.ConfChangeType;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RawNodeTest {

    private final MemoryLog log = new MemoryLog();
    private final ConfState members = ConfState.newBuilder().addVoters("n1").build();

    private RawNode node(HardState hardState, long applied) {
        return new RawNode(CoreConfig.builder("n1").build(), log, hardState, members, applied);
    }

    private static HardState hardState(long term, long commit) {
        return HardState.newBuilder().setTerm(term).setCommit(commit).build();
    }

    @Test
    void aNodeThatRestartsAppliesFromWhereItWas() {
        log.append(entries(1, 1, 1, 1, 1));
        RawNode node = node(hardState(1, 3), 1);
        Ready ready = node.ready();
        assertThat(ready.committedEntries()).isEqualTo(entries(2, 1, 1));
        assertThat(ready.entries()).as("all is durable").isEmpty();
        assertThat(ready.hardState()).as("nothing has changed").isNull();
        assertThat(ready.softState()).isNull();
        assertThat(ready.mustSync()).isFalse();
        node.advance();
        assertThat(node.appliedIndex()).isEqualTo(3);
        assertThat(node.hasReady()).isFalse();
    }

    @Test
    void whatIsCompactedIsCommittedEvenWhereTheDisksCommitIndexLags() {
        log.install(MemoryLog.snapshotAt(10, 2, members));
        RawNode node = node(hardState(2, 4), 0);
        assertThat(node.commitIndex()).isEqualTo(10);
        assertThat(node.appliedIndex()).isEqualTo(10);
    }

    @Test
    void aDiskThatContradictsItselfIsRefused() {
        log.append(entries(1, 1, 1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> node(hardState(1, 5), 0))
                .withMessage("the log ends at 2, before its commit index 5: entries were lost");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> node(hardState(1, 1), 2))
                .withMessage("applied index 2 is outside of the log's 0 to 1");
        log.compact(2, members);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> node(hardState(1, 2), 1))
                .withMessage("applied index 1 is outside of the log's 2 to 2");
        ConfState contradictory = members.toBuilder().addLearners("n1").build();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RawNode(CoreConfig.builder("n1").build(), log, hardState(1, 2), contradictory, 0))
                .withMessageStartingWith("the configuration is not valid: ");
    }

    @Test
    void whatIsStillToRunIsCountedInTicks() {
        RawNode node = new RawNode(
                CoreConfig.builder("n1").build(),
                log,
                HardState.getDefaultInstance(),
                ConfState.newBuilder().addAllVoters(PaperNodes.THREE).build(),
                0);
        node.randomizedElectionTimeout(12);
        assertThat(node.electionTicksLeft()).isEqualTo(12);
        node.tick();
        node.tick();
        assertThat(node.electionTicksLeft()).isEqualTo(10);
        for (int i = 0; i < 10; i++) {
            assertThat(node.role()).isEqualTo(RaftRole.FOLLOWER);
            node.tick();
        }
        assertThat(node.role()).isNotEqualTo(RaftRole.FOLLOWER);
    }

    @Test
    void aLeaderLooksForItsQuorumAndBeatsAtItsOwnIntervals() {
        RawNode node = node(HardState.getDefaultInstance(), 0);
        node.campaign();
        while (node.hasReady()) {
            log.append(node.ready().entries());
            node.advance();
        }
        assertThat(node.role()).isEqualTo(RaftRole.LEADER);
        assertThat(node.electionTicksLeft()).isEqualTo(CoreConfig.builder("n1").build().electionTicks);
        assertThat(node.heartbeatTicksLeft()).isEqualTo(CoreConfig.builder("n1").build().heartbeatTicks);
        node.tick();
        assertThat(node.electionTicksLeft()).isEqualTo(CoreConfig.builder("n1").build().electionTicks - 1);
    }

    /** How a group is founded: one addition for each of its first voters. */
    @Test
    void aGroupIsFoundedByAddingItsVotersOneByOne() {
        RawNode node = new RawNode(
                CoreConfig.builder("n1").build(),
                log,
                HardState.getDefaultInstance(),
                ConfState.getDefaultInstance(),
                0);
        node.campaign();
        assertThat(node.role()).as("it belongs to nothing yet").isEqualTo(RaftRole.FOLLOWER);
        ConfState state = ConfState.getDefaultInstance();
        for (String id : PaperNodes.THREE) {
            state = node.applyConfChange(
                    1,
                    ConfChangeV2.newBuilder()
                            .addChanges(Cluster.change(ConfChangeType.ADD_VOTER, id))
                            .build());
        }
        assertThat(state.getVotersList()).containsExactly("n1", "n2", "n3");
        node.campaign();
        assertThat(node.role()).isNotEqualTo(RaftRole.FOLLOWER);
    }

    @Test
    void inPlainModeEveryReadyIsFollowedByAdvance() {
        RawNode node = node(HardState.getDefaultInstance(), 0);
        node.campaign();
        node.ready();
        assertThatThrownBy(node::ready)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("advance()");
        node.advance();
        assertThat(node.ready()).isNotNull();
    }

    @Test
    void aReadySaysWhatHasChangedAndOnlyThat() {
        TestNode node = new TestNode("n1", List.of("n1"), config -> config.preVote(false));
        node.raw().campaign();
        Ready candidate = node.takeReady(new ArrayList<>());
        assertThat(candidate.softState()).isEqualTo(new SoftState("", RaftRole.CANDIDATE));
        assertThat(candidate.hardState())
                .isEqualTo(HardState.newBuilder().setTerm(1).setVote("n1").build());
        assertThat(candidate.mustSync()).as("a vote is a promise").isTrue();
        Ready leader = node.takeReady(new ArrayList<>());
        assertThat(leader.softState()).isEqualTo(new SoftState("n1", RaftRole.LEADER));
        assertThat(leader.entries()).hasSize(1);
        assertThat(leader.mustSync()).isTrue();
        Ready committed = node.takeReady(new ArrayList<>());
        assertThat(committed.softState()).isNull();
        assertThat(committed.committedEntries()).hasSize(1);
        assertThat(committed.mustSync()).isFalse();
        assertThat(node.raw().hasReady()).isFalse();
    }

    /** Plain mode: what is not in memory is applied later, and the caller is not kept busy meanwhile. */
    @Test
    void inPlainModeCommittedEntriesWaitUntilTheyAreInMemory() {
        log.append(entries(1, 1, 1));
        log.evictUpTo(2);
        RawNode node = node(hardState(1, 2), 0);
        assertThat(node.hasReady()).isTrue();
        assertThat(node.ready().committedEntries()).isEmpty();
        node.advance();
        assertThat(node.hasReady()).isFalse();
        log.evictUpTo(0);
        node.tick();
        assertThat(node.ready().committedEntries()).hasSize(2);
    }

    @Test
    void aStatusSaysAllThereIs() {
        Cluster cluster = Cluster.of(3);
        TestNode leader = cluster.elect(2);
        Status status = leader.raw().status();
        assertThat(status.id()).isEqualTo("n2");
        assertThat(status.hardState())
                .isEqualTo(HardState.newBuilder()
                        .setTerm(1)
                        .setVote("n2")
                        .setCommit(1)
                        .build());
        assertThat(status.softState()).isEqualTo(new SoftState("n2", RaftRole.LEADER));
        assertThat(status.applied()).isEqualTo(1);
        assertThat(status.confState().getVotersList()).containsExactly("n1", "n2", "n3");
        assertThat(status.progress()).containsOnlyKeys("n1", "n2", "n3");
        assertThat(status.progress().values())
                .allSatisfy(progress -> assertThat(progress.match()).isEqualTo(1));
        assertThat(cluster.node(1).raw().status().progress())
                .as("known to a leader alone")
                .isEmpty();
    }

    @Test
    void aMessageForSomebodyElseIsRefused() {
        RawNode node = node(HardState.getDefaultInstance(), 0);
        Message other = Messages.heartbeat("n2", "n9", 1, 0);
        assertThat(node.step(other)).isEqualTo(StepOutcome.REFUSED);
        assertThat(node.step(other.toBuilder().clearTo().build())).isEqualTo(StepOutcome.TAKEN);
    }

    @Test
    void anAnswerOfAStrangerIsRefused() {
        RawNode node = node(HardState.getDefaultInstance(), 0);
        for (MessageType type : List.of(
                MessageType.MSG_APPEND_RESPONSE,
                MessageType.MSG_VOTE_RESPONSE,
                MessageType.MSG_HEARTBEAT_RESPONSE,
                MessageType.MSG_READ_INDEX_RESPONSE,
                MessageType.MSG_PRE_VOTE_RESPONSE)) {
            assertThat(node.step(Messages.message(type, "n9", "n1", 5).build())).isEqualTo(StepOutcome.REFUSED);
        }
        assertThat(node.term()).isZero();
    }

    @Test
    void theSameSeedChoosesTheSameTimeouts() {
        assertThat(ticksToCampaign(5)).isEqualTo(ticksToCampaign(5));
    }

    private static List<Integer> ticksToCampaign(long seed) {
        TestNode node = new TestNode(
                "n1", PaperNodes.THREE, config -> config.preVote(false).seed(seed));
        List<Integer> ticks = new ArrayList<>();
        for (int election = 0; election < 20; election++) {
            long term = node.raw().term();
            int waited = 0;
            while (node.raw().term() == term) {
                node.tick(1);
                waited++;
            }
            ticks.add(waited);
        }
        return ticks;
    }

    @Test
    void aReadOfNothingIsARead() {
        TestNode leader = Cluster.of(1).elect(1);
        leader.raw().readIndex(ByteString.EMPTY);
        leader.settle();
        assertThat(leader.readStates()).containsExactly(new ReadState(1, ByteString.EMPTY));
    }
}
