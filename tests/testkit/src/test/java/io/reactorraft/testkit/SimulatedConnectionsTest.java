package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SimulatedConnectionsTest {

    private final SimulatedConnections<Long, Long> connections =
            SimulatedConnections.of(Counter::new, random -> random.nextLong(1, 10));

    @Test
    void theSameSeedIsTheSameRun() {
        assertThat(connections.run(7)).isEqualTo(connections.run(7));
    }

    @Test
    void noTermChangesWhileTheLeaderAndAQuorumStayConnected() {
        for (long seed = 1; seed <= 15; seed++) {
            SimulationReport report = connections.nodes(seed % 3 == 0 ? 5 : 3).run(seed);
            assertThat(report.violation()).as("seed %d", seed).isNull();
            assertThat(report.count(Happening.PROCESS_GONE)).as("seed %d", seed).isPositive();
            assertThat(report.count(Happening.FAST_FAILOVER))
                    .as("seed %d", seed)
                    .isEqualTo(3);
        }
    }

    @Test
    void aTermThatChangesIsSeen() {
        assertThat(LongStream.rangeClosed(1, 10)
                        .mapToObj(seed -> connections.sparingNobody().run(seed).violation()))
                .anySatisfy(violation -> assertThat(violation).contains("stayed connected"));
    }
}
