package io.reactorraft.core;

import static io.reactorraft.core.Messages.heartbeat;
import static io.reactorraft.core.Messages.message;
import static io.reactorraft.core.Messages.only;
import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.MessageType;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Priority by delayed candidacy: who waits longer leads only where the others cannot. */
class DelayedCandidacyTest {

    private static TestNode delayed(long seed) {
        return new TestNode(
                "n1", PaperNodes.THREE, config -> config.candidacyDelayTicks(15).seed(seed));
    }

    private static int ticksUntilCandidate(TestNode node) {
        int ticks = 0;
        do {
            node.tick(1);
            ticks++;
        } while (only(node.settle(), MessageType.MSG_PRE_VOTE).isEmpty());
        return ticks;
    }

    @Test
    void theDelayComesOnTopOfEveryRandomTimeout() {
        Set<Integer> first = new HashSet<>();
        Set<Integer> again = new HashSet<>();
        Set<Integer> afterALeader = new HashSet<>();
        for (int seed = 0; seed < 300; seed++) {
            TestNode node = delayed(seed);
            first.add(ticksUntilCandidate(node));
            again.add(ticksUntilCandidate(node));
            node.raw().step(heartbeat("n2", "n1", node.raw().term() + 1, 0));
            afterALeader.add(ticksUntilCandidate(node));
        }
        var expected = IntStream.range(25, 35).boxed().toList();
        assertThat(first).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(again).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(afterALeader).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void theOneThatDoesNotWaitLeadsAndTheOthersOnlyWhereItIsGone() {
        for (int seed = 0; seed < 30; seed++) {
            int chance = seed;
            Cluster cluster = Cluster.of(3, config -> config.seed(chance));
            for (String id : List.of("n1", "n2")) {
                cluster.replace(new TestNode(
                        id,
                        PaperNodes.THREE,
                        config -> config.candidacyDelayTicks(10).seed(chance + id.hashCode())));
            }
            for (int tick = 0; tick < 20; tick++) {
                cluster.tick();
            }
            TestNode preferred = cluster.node(3);
            assertThat(preferred.raw().role()).as("seed %d", seed).isEqualTo(RaftRole.LEADER);

            cluster.isolate(preferred);
            for (int tick = 0; tick < 100; tick++) {
                cluster.tick();
            }
            assertThat(List.of(
                            cluster.node(1).raw().role(), cluster.node(2).raw().role()))
                    .as("seed %d", seed)
                    .contains(RaftRole.LEADER);
        }
    }

    @Test
    void aTransferAndAnExplicitCampaignDoNotWait() {
        TestNode told = delayed(1);
        told.raw().step(message(MessageType.MSG_TIMEOUT_NOW, "n2", "n1", 1).build());
        assertThat(told.raw().role()).isEqualTo(RaftRole.CANDIDATE);
        TestNode asked = delayed(1);
        asked.raw().campaign();
        assertThat(asked.raw().role()).isEqualTo(RaftRole.PRE_CANDIDATE);
    }

    /** What others are told within an election timeout of hearing a leader does not become longer. */
    @Test
    void itsVoteIsNotDelayed() {
        TestNode node = delayed(1);
        node.raw().step(heartbeat("n2", "n1", 1, 0));
        node.tick(10);
        node.raw().step(Messages.vote("n3", "n1", 2, 0, 0));
        assertThat(Messages.single(node.settle(), MessageType.MSG_VOTE_RESPONSE, "n3")
                        .getReject())
                .isFalse();
    }
}
