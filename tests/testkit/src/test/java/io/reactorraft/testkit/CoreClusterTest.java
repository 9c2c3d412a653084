package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bare cores meet what the runtime does not offer yet. */
class CoreClusterTest {

    @ParameterizedTest
    @EnumSource(FaultMode.class)
    void theSameSeedIsTheSameRun(FaultMode mode) {
        List<String> first = new ArrayList<>();
        List<String> again = new ArrayList<>();
        SimulationReport one = CoreCluster.run(mode, 3, 21, first::add);
        SimulationReport other = CoreCluster.run(mode, 3, 21, again::add);
        assertThat(again).isEqualTo(first).hasSizeGreaterThan(1_000);
        assertThat(other).isEqualTo(one);
    }

    @ParameterizedTest
    @EnumSource(FaultMode.class)
    void membersChangeAndSnapshotsTravelAndDisksAreLost(FaultMode mode) {
        long joint = 0;
        long installed = 0;
        long wiped = 0;
        for (long seed = 1; seed <= 40; seed++) {
            SimulationReport report = CoreCluster.run(mode, seed % 2 == 0 ? 5 : 3, seed, null);
            assertThat(report.violation()).as("%s seed %d", mode, seed).isNull();
            assertThat(report.events()).isGreaterThanOrEqualTo(SimulatedCluster.LEAST_EVENTS);
            joint += report.count(Happening.JOINT_CHANGE);
            installed += report.count(Happening.SNAPSHOT_INSTALLED);
            wiped += report.count(Happening.WIPED_DISK);
        }
        assertThat(joint).isPositive();
        assertThat(installed).isPositive();
        assertThat(wiped).isPositive();
    }

    /**
     * Seeds that once were violations without a fault of the core: two in which the apply thread overtook a range that was
     * still being read, and one in which progress was asked of a learner that no rule of the group lets anybody hear.
     */
    @ParameterizedTest
    @ValueSource(longs = {20333, 20471, 20779})
    void whatTheSimulationItselfOnceDidWrongStaysMended(long seed) {
        SimulationReport report = CoreCluster.run(FaultMode.UNIFORM, seed % 3 == 0 ? 5 : 3, seed, null);
        assertThat(report.violation()).isNull();
    }

    @Test
    void aBrokenDiskIsNoticedHereToo() {
        CoreGroup group = new CoreGroup(3, 5, null);
        group.members().forEach(id -> group.disk(id).acknowledgesEarly());
        group.pass(5_000_000_000L);
        assertThat(group.story().violation()).contains("before that is durable");
    }

    @Test
    void aConfigurationThatDiffersIsNoticed() {
        CoreGroup group = new CoreGroup(3, 5, null);
        group.configuration(
                "n1",
                7,
                io.reactorraft.proto.ConfState.newBuilder().addVoters("n1").build());
        group.configuration(
                "n2",
                7,
                io.reactorraft.proto.ConfState.newBuilder().addVoters("n2").build());
        assertThat(group.story().violation()).contains("n2 has at index 7 the configuration");
    }
}
