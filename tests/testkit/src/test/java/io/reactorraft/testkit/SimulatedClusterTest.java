package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.Applied;
import io.reactorraft.Committed;
import io.reactorraft.RaftConfig;
import io.reactorraft.RaftNode;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;

/** What a user's five lines do, and that they notice what is wrong. */
class SimulatedClusterTest {

    @Test
    void aSoundStateMachineSurvivesEveryFault() {
        SimulatedCluster.of(Counter::new)
                .commands(random -> random.nextLong(-1, 10))
                .check(1, 12);
    }

    @ParameterizedTest
    @EnumSource(FaultMode.class)
    void theSameSeedIsTheSameRun(FaultMode mode) {
        SimulatedCluster<Long, Long> cluster = SimulatedCluster.of(Counter::new)
                .commands(random -> random.nextLong(1, 10))
                .nodes(5)
                .faults(mode);
        List<String> first = new ArrayList<>();
        List<String> again = new ArrayList<>();
        SimulationReport one = cluster.tellingTo(first::add).run(77);
        SimulationReport other = cluster.tellingTo(again::add).run(77);
        assertThat(again).isEqualTo(first).hasSizeGreaterThan(1_000);
        assertThat(other).isEqualTo(one);
        assertThat(cluster.run(78).digest()).isNotEqualTo(one.digest());
    }

    @Test
    void snapshotsAreTakenSentAndInstalledUnderEveryFault() {
        SimulatedCluster<Long, Long> cluster = SimulatedCluster.of(Counter::new)
                .commands(random -> random.nextLong(-1, 10))
                .config(RaftConfig.defaults()
                        .withSnapshotEntries(15)
                        .withSnapshotPause(Duration.ofMillis(200))
                        .withKeepEntries(3));
        long installed = 0;
        for (long seed = 1; seed <= 20; seed++) {
            cluster.check(seed, seed);
            installed += cluster.run(seed).count(Happening.SNAPSHOT_INSTALLED);
        }
        assertThat(installed).isPositive();
    }

    @Test
    void membersComeAndGoUnderEveryFault() {
        SimulatedCluster<Long, Long> cluster = SimulatedCluster.of(Counter::new)
                .commands(random -> random.nextLong(-1, 10))
                .changingMembers();
        long done = 0;
        for (long seed = 1; seed <= 6; seed++) {
            cluster.check(seed, seed);
            done += cluster.run(seed).count(Happening.CHANGE_DONE);
        }
        assertThat(done).isPositive();
    }

    @Test
    void aSeedHasEventsEnoughToProveSomething() {
        SimulationReport report =
                SimulatedCluster.of(Counter::new).commands(random -> 1L).run(3);
        assertThat(report.violation()).isNull();
        assertThat(report.events()).isGreaterThanOrEqualTo(SimulatedCluster.LEAST_EVENTS);
        assertThat(report.count(Happening.ELECTION)).isPositive();
        assertThat(report.count(Happening.WRITE_ACKNOWLEDGED)).isPositive();
        assertThat(report.count(Happening.READ_ANSWERED)).isPositive();
    }

    @Test
    void resultsThatDifferBetweenReplicasAreNoticedWithTheSeed() {
        AtomicLong chance = new AtomicLong();
        class Chancy extends Counter {
            @Override
            public Long apply(Committed<Long> entry) {
                return super.apply(entry) + chance.incrementAndGet();
            }
        }
        SimulatedCluster<Long, Long> cluster =
                SimulatedCluster.<Long, Long>of(Chancy::new).commands(random -> 1L);
        assertThatThrownBy(() -> cluster.check(5, 5))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("seed 5 ")
                .hasMessageContaining("not deterministic")
                .hasMessageContaining("check(5, 5)");
    }

    @Test
    void statesThatDifferBetweenReplicasAreNoticedEvenWhereResultsAgree() {
        AtomicLong chance = new AtomicLong();
        class Forgetful extends Counter {
            @Override
            public Flux<ByteBuffer> snapshot() {
                return Flux.just(
                        ByteBuffer.allocate(8).putLong(chance.incrementAndGet()).flip());
            }
        }
        SimulatedCluster<Long, Long> cluster =
                SimulatedCluster.<Long, Long>of(Forgetful::new).commands(random -> 1L);
        assertThatThrownBy(() -> cluster.check(6, 6)).hasMessageContaining("snapshot of n2 is not that of n1");
    }

    @Test
    void anExceptionThatIsNoRejectionIsNoticed() {
        class Brittle extends Counter {
            @Override
            public Long apply(Committed<Long> entry) {
                if (entry.command() == 9) {
                    throw new IllegalStateException("nine");
                }
                return super.apply(entry);
            }
        }
        SimulatedCluster<Long, Long> cluster =
                SimulatedCluster.<Long, Long>of(Brittle::new).commands(random -> random.nextLong(1, 10));
        assertThatThrownBy(() -> cluster.check(1, 1)).hasMessageContaining("nine");
    }

    @Test
    void aHistoryThatItsModelDoesNotAllowIsNoticed() {
        SequentialModel<Long, Long, Long> addsTwice = new SequentialModel<>() {
            @Override
            public Long initial() {
                return 0L;
            }

            @Override
            public @org.jspecify.annotations.Nullable Long next(
                    Long state, Long input, @org.jspecify.annotations.Nullable Long output) {
                long next = state + 2 * input;
                return output == null || output == next ? next : null;
            }
        };
        SimulatedCluster<Long, Long> cluster = SimulatedCluster.of(Counter::new).commands(random -> 1L);
        assertThatThrownBy(() -> cluster.model(addsTwice).check(2, 2)).hasMessageContaining("not linearizable");
    }

    @Test
    void aDiskThatAcknowledgesBeforeItSyncsIsNoticed() {
        SimulatedGroup<Long, Long> group =
                new SimulatedGroup<>(Plan.<Long, Long>of(Counter::new).withCommands(random -> 1L), 1);
        group.members().forEach(id -> group.disk(id).acknowledgesEarly());
        group.pass(Duration.ofSeconds(5).toNanos());
        assertThat(group.story().violation()).contains("before that is durable");
    }

    @Test
    void withoutCommandsItSaysWhatIsMissing() {
        assertThatThrownBy(() -> SimulatedCluster.of(Counter::new).run(1)).hasMessageContaining("commands(");
    }

    @Test
    void aClusterHasOneToNineNodes() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SimulatedCluster.of(Counter::new).nodes(10))
                .withMessageContaining("1 to 9");
    }

    // ---------------------------------------------------------------------------------------- in the hands of a test

    @Test
    void aTestCanCutOffTheLeaderAndSeeAnotherOneTakeOver() {
        Simulation<Long, Long> simulation = SimulatedCluster.of(Counter::new).start(9);
        RaftNode<Long, Long> old = simulation.leader();
        simulation.isolate(old.id());
        simulation.advance(Duration.ofSeconds(4));
        RaftNode<Long, Long> next = simulation.leader();
        assertThat(next.id()).isNotEqualTo(old.id());
        List<Applied<Long>> applied = new ArrayList<>();
        next.propose(5L).subscribe(applied::add);
        simulation.advance(Duration.ofSeconds(1));
        assertThat(applied)
                .hasSize(1)
                .allSatisfy(each -> assertThat(each.result()).isEqualTo(5));
        simulation.heal();
        simulation.advance(Duration.ofSeconds(3));
        assertThat(((Counter) simulation.stateMachine(old.id())).value()).isEqualTo(5);
    }

    @Test
    void whatWasAcknowledgedSurvivesTheCrashOfEverybody() {
        Simulation<Long, Long> simulation = SimulatedCluster.of(Counter::new).start(10);
        List<Applied<Long>> applied = new ArrayList<>();
        simulation.leader().propose(7L).subscribe(applied::add);
        simulation.advance(Duration.ofSeconds(1));
        assertThat(applied).hasSize(1);
        simulation.members().forEach(simulation::crash);
        simulation.members().forEach(simulation::restart);
        simulation.leader();
        simulation.advance(Duration.ofSeconds(2));
        assertThat(simulation.members())
                .allSatisfy(id -> assertThat(((Counter) simulation.stateMachine(id)).value())
                        .isEqualTo(7));
    }

    @Test
    void misuseIsSaidAtOnce() {
        Simulation<Long, Long> simulation = SimulatedCluster.of(Counter::new).start(11);
        assertThatThrownBy(() -> simulation.restart("n1")).hasMessageContaining("n1 runs already");
        simulation.crash("n1");
        assertThatThrownBy(() -> simulation.node("n1")).hasMessageContaining("n1 was crashed");
        assertThatThrownBy(() -> simulation.isolate("n9")).hasMessageContaining("no member 'n9'");
    }
}
