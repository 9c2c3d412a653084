package io.reactorraft.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class CoreConfigTest {

    private static void refused(String rule, UnaryOperator<CoreConfig.Builder> options) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.apply(CoreConfig.builder("n1")).build())
                .withMessage(rule);
    }

    @Test
    void valuesThatDoNotFitAreRefusedByName() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CoreConfig.builder("").build())
                .withMessage("id must not be empty");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CoreConfig.builder(RawNode.APPEND_THREAD).build())
                .withMessage("id must not be that of a storage thread: AppendThread");
        refused("heartbeatTicks must be positive", config -> config.heartbeatTicks(0));
        refused("electionTicks must be more than heartbeatTicks", config -> config.electionTicks(1));
        refused("electionTicks must not be more than 536870912", config -> config.electionTicks(Integer.MAX_VALUE));
        refused("candidacyDelayTicks must be between 0 and 536870912", config -> config.candidacyDelayTicks(-1));
        refused(
                "candidacyDelayTicks must be between 0 and 536870912",
                config -> config.candidacyDelayTicks((1 << 29) + 1));
        refused("leases need check-quorum", config -> config.leases(true).checkQuorum(false));
        refused("maxInflightMessages must be positive", config -> config.maxInflightMessages(0));
        refused("maxPendingReads must be positive", config -> config.maxPendingReads(0));
        refused("a limit must not be negative", config -> config.maxMessageBytes(-1));
        refused("a limit must not be negative", config -> config.maxCommittedBytes(-1));
        refused("a limit must not be negative", config -> config.maxUncommittedBytes(-1));
        refused("a limit must not be negative", config -> config.maxInflightBytes(-1));
        refused(
                "candidacyDelayTicks needs pre-vote",
                config -> config.candidacyDelayTicks(1).preVote(false));
        refused(
                "lease reads need check-quorum",
                config -> config.readMode(CoreConfig.ReadMode.LEASE).checkQuorum(false));
    }

    @Test
    void theLongestTimeoutOfAllStillCounts() {
        TestNode node = new TestNode(
                "n1", PaperNodes.THREE, config -> config.electionTicks(1 << 29).candidacyDelayTicks(1 << 29));
        node.tick(1);
        assertThat(node.raw().role()).isEqualTo(RaftRole.FOLLOWER);
    }

    @Test
    void zeroStandsForTheNeighbourOrForNoLimit() {
        CoreConfig config = CoreConfig.builder("n1")
                .maxMessageBytes(77)
                .maxCommittedBytes(0)
                .maxUncommittedBytes(0)
                .build();
        assertThat(config.maxCommittedBytes).isEqualTo(77);
        assertThat(config.maxUncommittedBytes).isEqualTo(CoreConfig.NO_LIMIT);
        CoreConfig tiny =
                CoreConfig.builder("n1").maxMessageBytes(0).maxCommittedBytes(0).build();
        assertThat(tiny.maxCommittedBytes).as("something can always be applied").isEqualTo(1);
    }
}
