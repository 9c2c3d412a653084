package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.spi.ILoggingEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A disk or a state machine that hangs must not keep its node in office. */
class UnfitLeaderTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final Fitness fitness = new Fitness(
            new NodeSettings(
                    "test",
                    "default",
                    Member.voter("n1", "host1:7000"),
                    "host1:7000",
                    List.of(),
                    Path.of("nowhere"),
                    RaftConfig.defaults()),
            new NodeServices(
                    new MemoryNetwork(reactor.core.scheduler.Schedulers.immediate()).transport("n1"),
                    true,
                    new MemoryLog(reactor.core.scheduler.Schedulers.immediate(), "n1"),
                    true,
                    new MemorySnapshots(),
                    true,
                    (metric, group, peer, value) -> {}));

    @ParameterizedTest
    @ValueSource(longs = {71, 72, 73})
    void aLeaderWhoseDiskStallsHandsOverAndDoesNotComeBackUntilItAnswers(long seed) {
        VirtualCluster cluster = new VirtualCluster(seed, 3).started();
        cluster.pass(SECOND);
        String stalled = cluster.leader();
        cluster.log(stalled).stall();
        Told<Applied<Long>> proposed = Told.of(cluster.node(stalled).propose("held up by one disk"));
        cluster.pass(Duration.ofSeconds(4));
        assertThat(cluster.node(stalled).status().leadership().leading()).isFalse();
        assertThat(cluster.node(stalled).status().alarms())
                .extracting(Alarm::kind)
                .contains(Alarm.Kind.DISK_STALLED);
        assertThat(proposed.done()).as("the others had it durable").isTrue();
        String next = cluster.leader();
        assertThat(next).isNotEqualTo(stalled);
        Told<Applied<Long>> on = Told.of(cluster.node(next).propose("goes on"));
        cluster.pass(SECOND);
        assertThat(on.value()).isNotNull();

        cluster.network.isolate(next); // two are left, one of which can make no vote durable
        long term = cluster.node(stalled).status().leadership().term();
        cluster.pass(Duration.ofSeconds(10));
        assertThat(cluster.node(stalled).status().leadership().role()).isNotEqualTo(Role.CANDIDATE);
        assertThat(cluster.node(stalled).status().leadership().term()).isGreaterThanOrEqualTo(term);
        cluster.network.heal();
        cluster.log(stalled).recover();
        cluster.pass(Duration.ofSeconds(5));
        assertThat(cluster.node(stalled).status().alarms()).isEmpty();
        assertThat(cluster.applied(stalled)).contains("goes on");
    }

    @ParameterizedTest
    @ValueSource(longs = {75, 76, 77})
    void aLeaderThatCannotReadWhatItsSuccessorNeedsFallsSilent(long seed) {
        VirtualCluster cluster = new VirtualCluster(seed, 3).started();
        cluster.pass(SECOND);
        String stalled = cluster.leader();
        cluster.network.isolate(stalled);
        Told.of(cluster.node(stalled).propose("durable there alone"));
        cluster.pass(Duration.ofMillis(50));
        cluster.log(stalled).forgetEntries(true);
        cluster.log(stalled).stallReads();
        cluster.log(stalled).stall();
        cluster.network.heal();
        Told.of(cluster.node(stalled).propose("on a disk that hangs"));
        cluster.pass(Duration.ofSeconds(15));
        assertThat(cluster.node(stalled).status().leadership().leading()).isFalse();
        String next = cluster.leader();
        assertThat(next).isNotEqualTo(stalled);
        assertThat(Told.of(cluster.node(next).propose("goes on")).after(cluster).value())
                .isNotNull();
    }

    @Test
    void aNodeAloneWithAStalledDiskStaysLeaderAndSaysSo() {
        VirtualCluster cluster = new VirtualCluster(74, 1).started();
        cluster.log("n1").syncTime(Duration.ofSeconds(5));
        Told<Applied<Long>> slow = Told.of(cluster.node("n1").propose("slow"));
        cluster.pass(Duration.ofSeconds(3));
        assertThat(cluster.node("n1").status().alarms()).isNotEmpty();
        cluster.pass(Duration.ofSeconds(8));
        assertThat(slow.value()).isNotNull();
        assertThat(cluster.node("n1").status().alarms()).isEmpty();
    }

    @Test
    void aStallIsSaidInOneLineHoweverManyAppendsWaitedForIt() {
        VirtualCluster cluster = new VirtualCluster(78, 1).started();
        for (int stalls = 1; stalls <= 2; stalls++) {
            List<ILoggingEvent> said = LogLines.of(ReadyPipeline.class, () -> stallFor20Appends(cluster));
            assertThat(cluster.applied("n1")).hasSize(20 * stalls);
            assertThat(said)
                    .singleElement()
                    .satisfies(line -> assertThat(line.getFormattedMessage()).contains("append"));
        }
    }

    private static void stallFor20Appends(VirtualCluster cluster) {
        cluster.log("n1").stall();
        for (int i = 0; i < 20; i++) {
            Told.of(cluster.node("n1").propose("waits")).after(cluster);
        }
        cluster.log("n1").recover();
        cluster.pass(Duration.ofSeconds(5));
    }

    @Test
    void oneLateLookIsNoStall() {
        fitness.look(SECOND.toNanos() * 5, false, false, false, null);
        assertThat(fitness.mayCampaign())
                .as("the answer may wait behind the tick")
                .isTrue();
        fitness.look(0, false, false, false, null);
        fitness.look(SECOND.toNanos() * 5, false, false, false, null);
        fitness.look(SECOND.toNanos() * 5, false, false, false, null);
        assertThat(fitness.mayCampaign()).isFalse();
        fitness.look(SECOND.toNanos(), false, false, false, null);
        assertThat(fitness.mayCampaign()).isTrue();
    }

    @Test
    void aStateMachineThatIsSlowHandsOverAtMostOnceAMinute() {
        fitness.look(0, false, true, false, null);
        assertThat(fitness.isHandoverDue(0)).isTrue();
        assertThat(fitness.isHandoverDue(TimeUnit.SECONDS.toNanos(59))).isFalse();
        assertThat(fitness.isHandoverDue(TimeUnit.SECONDS.toNanos(60))).isTrue();
        assertThat(fitness.alarms()).extracting(Alarm::kind).containsExactly(Alarm.Kind.SLOW_APPLY);
        fitness.look(0, false, false, false, null);
        assertThat(fitness.isHandoverDue(TimeUnit.SECONDS.toNanos(500))).isFalse();
        assertThat(fitness.alarms()).isEmpty();
    }
}
