package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.HardState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The last resort: one survivor goes on alone, and others join it. */
class ForcedNewClusterTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void aSurvivorGoesOnWithItsWholeLogAndNewMembersJoinItAndOldOnesStayOutside(long seed) {
        VirtualCluster cluster = new VirtualCluster(seed, 3).started();
        cluster.pass(SECOND);
        List<String> written = write(cluster, cluster.leader(), 0, 10);
        String survivor = cluster.follower();
        List.of("n1", "n2", "n3").forEach(id -> stop(cluster, id));
        long last = cluster.log(survivor).lastIndex();
        // what it knows to be committed lags, and others may have acknowledged the rest
        cluster.log(survivor)
                .pretend(cluster.log(survivor).hardState("default").toBuilder()
                        .setCommit(last - 3)
                        .build());
        cluster.force(survivor, survivor, last);
        cluster.start(survivor);
        cluster.pass(SECOND.multipliedBy(5));

        assertThat(cluster.node(survivor).status().leadership().leading()).isTrue();
        assertThat(cluster.applied(survivor)).as("seed " + seed).isEqualTo(written);
        assertThat(cluster.reports)
                .singleElement()
                .satisfies(line -> assertThat(line)
                        .contains(
                                "of " + survivor + " alone",
                                "up to " + last + " count",
                                "3 of them beyond",
                                "left behind: "));
        written.addAll(write(cluster, survivor, 10, 15));

        String left = List.of("n1", "n2", "n3").stream()
                .filter(id -> !id.equals(survivor))
                .findFirst()
                .orElseThrow();
        long before = cluster.log(left).lastIndex();
        Told<Ending> ended = Told.of(cluster.start(left).closed());
        cluster.join("n4", cluster.member(survivor).address());
        cluster.join("n5", cluster.member(survivor).address());
        cluster.pass(SECOND.multipliedBy(10));
        assertThat(cluster.applied("n4")).isEqualTo(written);
        assertThat(voters(cluster, "n4")).containsExactlyInAnyOrder(survivor, "n4", "n5");
        assertThat(ended.done()).as("it is foreign, and its own").isFalse();
        assertThat(cluster.log(left).lastIndex()).as("its disk stays as it is").isEqualTo(before);
        assertThat(cluster.node(left).status().leadership().leaderId()).isNull();
    }

    @Test
    void whatIsLeftInAUnitFileDoesNothingAtTheNextStart() {
        VirtualCluster cluster = new VirtualCluster(11, 3).started();
        cluster.pass(SECOND);
        List<String> written = write(cluster, cluster.leader(), 0, 3);
        List.of("n1", "n2", "n3").forEach(id -> stop(cluster, id));
        cluster.force("n1", "n1", cluster.log("n1").lastIndex());
        cluster.start("n1");
        cluster.pass(SECOND.multipliedBy(3));
        cluster.join("n4", "host1:7000");
        cluster.pass(SECOND.multipliedBy(5));
        assertThat(voters(cluster, "n1")).containsExactly("n1", "n4");
        int told = cluster.reports.size();

        stop(cluster, "n1");
        cluster.start("n1");
        cluster.pass(SECOND.multipliedBy(5));
        assertThat(voters(cluster, "n1")).as("n4 is no victim of it").containsExactly("n1", "n4");
        assertThat(cluster.reports).as("nothing is done, so nothing is said").hasSize(told);
        assertThat(cluster.applied("n1")).isEqualTo(written);
        stop(cluster, "n4");
        cluster.start("n4");
        cluster.pass(SECOND.multipliedBy(5));
        assertThat(cluster.node("n4").status().leadership().leaderId())
                .as("it knows its generation by now")
                .isNotNull();
    }

    @Test
    void aPowerLossThatTakesTheCommitIndexBackDoesNotTakeTheNewClusterBack() {
        VirtualCluster cluster = new VirtualCluster(15, 3).started();
        cluster.pass(SECOND);
        List<String> written = write(cluster, cluster.leader(), 0, 3);
        List.of("n1", "n2", "n3").forEach(id -> stop(cluster, id));
        long last = cluster.log("n1").lastIndex();
        HardState known = cluster.log("n1").hardState("default");
        cluster.force("n1", "n1", last);
        cluster.start("n1");
        cluster.pass(SECOND.multipliedBy(3));
        stop(cluster, "n1");
        cluster.log("n1")
                .pretend(cluster.log("n1").hardState("default").toBuilder()
                        .setCommit(known.getCommit())
                        .build());

        cluster.start("n1");
        cluster.start("n2");
        cluster.start("n3");
        cluster.pass(SECOND.multipliedBy(5));
        assertThat(voters(cluster, "n1")).containsExactly("n1");
        assertThat(cluster.node("n1").status().leadership().leading()).isTrue();
        assertThat(cluster.applied("n1")).isEqualTo(written);
    }

    @Test
    void aDiskThatTookTheSurvivorsPlaceIsNotForced() {
        VirtualCluster cluster = new VirtualCluster(16, 3).started();
        cluster.pass(SECOND);
        write(cluster, cluster.leader(), 0, 3);
        cluster.pass(SECOND);
        List.of("n1", "n2", "n3").forEach(id -> stop(cluster, id));
        long last = cluster.log("n2").lastIndex();
        cluster.logs.put("n1", cluster.log("n2")); // with all that was said of n1's own disk
        cluster.force("n1", "n1", last);
        cluster.start("n1");
        cluster.pass(SECOND.multipliedBy(3));
        assertThat(cluster.log("n2").lastIndex()).isEqualTo(last);
        assertThat(cluster.reports).isEmpty();
    }

    @Test
    void anotherNodeAndAnotherIndexAreOnlyWarned() {
        VirtualCluster cluster = new VirtualCluster(12, 3).started();
        cluster.pass(SECOND);
        write(cluster, cluster.leader(), 0, 3);
        List.of("n1", "n2", "n3").forEach(id -> stop(cluster, id));
        long last = cluster.log("n1").lastIndex();
        cluster.force("n1", "n1", last + 1);
        cluster.force("n2", "n1", cluster.log("n2").lastIndex());
        cluster.start("n1");
        cluster.pass(SECOND.multipliedBy(5));
        assertThat(cluster.node("n1").status().leadership().leading()).isFalse();
        assertThat(cluster.log("n1").lastIndex()).isEqualTo(last);
        cluster.start("n2");
        cluster.leader();
        cluster.pass(SECOND);
        assertThat(voters(cluster, "n1")).containsExactly("n1", "n2", "n3");
        assertThat(cluster.reports).isEmpty();
    }

    @Test
    void anOldIdMayJoinWithAnEmptyDisk() {
        VirtualCluster cluster = new VirtualCluster(13, 3).started();
        cluster.pass(SECOND);
        List<String> written = write(cluster, cluster.leader(), 0, 3);
        List.of("n1", "n2", "n3").forEach(id -> stop(cluster, id));
        cluster.force("n1", "n1", cluster.log("n1").lastIndex());
        cluster.start("n1");
        cluster.pass(SECOND.multipliedBy(3));
        cluster.joinAnew("n2", "host1:7000");
        cluster.pass(SECOND.multipliedBy(8));
        assertThat(voters(cluster, "n1")).containsExactly("n1", "n2");
        assertThat(cluster.applied("n2")).isEqualTo(written);
    }

    @Test
    void theFirstEntryOfEachTermIsFoundByHalving() {
        VirtualCluster cluster = new VirtualCluster(14, 1).started();
        write(cluster, "n1", 0, 5);
        for (int i = 0; i < 3; i++) {
            stop(cluster, "n1");
            cluster.start("n1");
            cluster.leader();
            write(cluster, "n1", 5 * i, 5 * i + i);
        }
        MemoryLog log = cluster.log("n1");
        List<Long> expected = new ArrayList<>();
        for (long index = log.firstIndex(); index <= log.lastIndex(); index++) {
            if (index == log.firstIndex() || log.term(index) != log.term(index - 1)) {
                expected.add(index);
            }
        }
        assertThat(expected).hasSizeGreaterThan(3);
        assertThat(ForcedStart.firstsOfTerms(log)).isEqualTo(expected);
    }

    private static List<String> voters(VirtualCluster cluster, String id) {
        return cluster.node(id).membership().members().stream()
                .filter(member -> !member.learner())
                .map(Member::id)
                .sorted()
                .toList();
    }

    private static List<String> write(VirtualCluster cluster, String id, int from, int to) {
        List<String> written = new ArrayList<>();
        for (int i = from; i < to; i++) {
            Told<Applied<Long>> told = Told.of(cluster.node(id).propose("w" + i));
            for (int waited = 0; !told.done() && waited < 1_000; waited++) {
                cluster.pass(Duration.ofMillis(2));
            }
            assertThat(told.value().index()).isPositive();
            written.add("w" + i);
        }
        return written;
    }

    private static void stop(VirtualCluster cluster, String id) {
        Told<Void> stopped = Told.of(cluster.node(id).stop());
        cluster.pass(Duration.ofSeconds(10));
        assertThat(stopped.done()).isTrue();
    }
}
