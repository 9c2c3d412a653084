package io.reactorraft.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The cluster's processes are real here; what runs in them is a puppet. */
@Timeout(180)
class BenchmarkClusterTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private Path leaderFile;
    private BenchmarkCluster cluster;
    private ClusterPlan plan;

    @BeforeEach
    void plan() throws IOException {
        leaderFile = directory.resolve("leader");
        Files.writeString(leaderFile, "n2");
        plan = new ClusterPlan(List.of(1, 2, 3), directory.resolve("run"), List.of(), 256);
        cluster = puppets(index -> PuppetNode.command(ClusterPlan.id(index), leaderFile, "well"));
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    @Test
    void comesUpAndKnowsItsLeader() throws InterruptedException {
        cluster.start();
        assertThat(cluster.nodes()).extracting(NodeProcess::name).containsExactly("n1", "n2", "n3");
        assertThat(cluster.leader().name()).isEqualTo("n2");
    }

    @Test
    void leavesNoProcessBehind() throws InterruptedException {
        cluster.start();
        List<NodeProcess> nodes = cluster.nodes();
        assertThat(nodes).allMatch(NodeProcess::alive);
        cluster.close();
        cluster.close();
        assertThat(nodes).noneMatch(NodeProcess::alive);
        assertThatThrownBy(cluster::start).hasMessageContaining("the run was ended");
    }

    @Test
    void aNodeThatDoesNotComeUpIsNamedWithTheEndOfItsLog() {
        cluster = puppets(index -> PuppetNode.command(ClusterPlan.id(index), leaderFile, index == 2 ? "dies" : "well"));
        assertThatThrownBy(cluster::start)
                .isInstanceOf(BenchmarkException.class)
                .hasMessageContaining("the cluster did not come up: n3: error the process ended")
                .hasMessageContaining("n1.log\nn1 was started well")
                .hasMessageContaining("n3.log\nn3 was started dies\nthe port is taken");
    }

    @Test
    void aProgramThatIsNotThereIsNamed() {
        cluster = puppets(index -> List.of("/no/such/java"));
        assertThatThrownBy(cluster::start)
                .isInstanceOf(BenchmarkException.class)
                .hasMessageContaining("cannot start n1")
                .hasMessageContaining("/no/such/java");
    }

    @Test
    void aSilentNodeIsNotWaitedForForEver() throws InterruptedException {
        NodeProcess mute =
                NodeProcess.start("n1", PuppetNode.command("n1", leaderFile, "mute"), directory.resolve("mute.log"));
        try {
            assertThatThrownBy(() -> mute.await("started", Duration.ofMillis(50)))
                    .isInstanceOf(BenchmarkException.class)
                    .hasMessage("n1 did not say 'started' within 50 ms");
            mute.send("dance");
            assertThatThrownBy(() -> mute.await("danced", SOON)).hasMessage("n1: error unknown command dance");
        } finally {
            mute.kill();
        }
        assertThatThrownBy(() -> mute.await("anything", SOON)).hasMessage("n1: error the process ended");
    }

    @Test
    void aKilledLeaderIsReplacedTimedAndStartedAgain() throws InterruptedException {
        cluster.start();
        NodeProcess killed = cluster.nodes().get(1);
        double millis = new FailoverRun(cluster).once(Duration.ZERO);
        assertThat(millis).isNotNegative();
        assertThat(killed.alive()).isFalse();
        assertThat(cluster.survivors()).hasSize(3);
        assertThat(cluster.nodes().get(1)).isNotSameAs(killed);
        assertThat(cluster.nodes().get(1).name()).isEqualTo("n2");
        assertThat(cluster.leader().name()).isIn("n1", "n3");
    }

    @Test
    void aLevelIsTheDriversResultAndTheKernelsAccountOfAllProcesses() throws InterruptedException {
        cluster.start();
        LoadShape shape =
                new LoadShape(Operation.READ, Duration.ofSeconds(1), Duration.ofMillis(1), Duration.ofMillis(2));
        List<String> told = new ArrayList<>();
        ClusterRun run = new ClusterRun(cluster, plan, shape, 123, told::add);
        ResultLine line = run.level(64);
        assertThat(line.toString())
                .startsWith("peer=reactor-raft mode=proc3 fsync=on disk=")
                .contains(" op=read size=256 conc=64 rep=1 ")
                .contains(" opsPerSec=2000 errors=0 ")
                .contains(" p50=9.0 p90=11.0 p99=20.0 p999=30.0 ")
                .endsWith(" leaderIn=n2 presyncP50us=123");
        run.level(256);
        assertThat(told).hasSize(3).first().isEqualTo("n2 leads; warming up for 1.0 s");
        assertThat(told.get(1)).startsWith("measuring 64 in flight in n2, pid ");
        assertThat(told.get(2)).as("warmed up once").startsWith("measuring 256 in flight in n2, pid ");
        assertThat(line.number("rssSumMb")).isGreaterThan(line.number("rssMaxMb"));
        assertThat(line.number("cpuSecPerKop")).isGreaterThanOrEqualTo(0);
    }

    private BenchmarkCluster puppets(IntFunction<List<String>> commands) {
        return new BenchmarkCluster(plan, commands, Pause.REAL);
    }
}
