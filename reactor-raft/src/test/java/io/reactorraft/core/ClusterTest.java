package io.reactorraft.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole clusters in memory, with and without asynchronous storage writes. */
class ClusterTest {

    private static Cluster cluster(int size, boolean async) {
        return Cluster.of(size, config -> config.asyncStorageWrites(async));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void threeNodesElectALeaderAndCommit(boolean async) {
        Cluster cluster = cluster(3, async);
        TestNode leader = cluster.elect(1);

        assertThat(leader.propose("a", "b")).isEqualTo(StepOutcome.TAKEN);
        cluster.settle();

        assertThat(cluster.nodes()).allSatisfy(node -> {
            assertThat(node.commands()).containsExactly("a", "b");
            assertThat(node.raw().leaderId()).isEqualTo("n1");
            assertThat(node.raw().appliedIndex()).isEqualTo(3);
        });
    }
}
