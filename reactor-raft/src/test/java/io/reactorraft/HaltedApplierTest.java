package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A state machine that fails in a way that is no answer: that applier halts, and nothing else does. */
class HaltedApplierTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void theNodeGoesOnWithRaftAndSaysWhereItHaltedAndWhatToDo() {
        VirtualCluster cluster = new VirtualCluster(61, 1).started();
        RaftNode<String, Long> node = cluster.node("n1");
        Told<Applied<Long>> poison = Told.of(node.propose("poison"));
        cluster.pass(SECOND);
        assertThat(poison.error()).isInstanceOf(RaftException.OutcomeUnknown.class);
        assertThat(node.status().leadership().leading()).isTrue();
        assertThat(node.status().alarms()).singleElement().satisfies(alarm -> {
            assertThat(alarm.kind()).isEqualTo(Alarm.Kind.APPLIER_HALTED);
            assertThat(alarm.message()).contains("index 3", "poisoned", "skip(3)");
        });
        assertThat(Told.of(node.propose("behind")).after(cluster).error())
                .isInstanceOf(RaftException.Stopped.class)
                .hasMessageContaining("index 3")
                .hasRootCauseMessage("poisoned");
        assertThat(Told.of(node.read(() -> 1)).after(cluster).error()).hasMessageContaining("index 3");
        assertThat(Told.of(node.readIndex(Consistency.STALE)).after(cluster).error())
                .hasMessageContaining("index 3");
    }

    @Test
    void aPoisonEntryIsPassedOverByAllReplicasAlike() {
        VirtualCluster cluster = new VirtualCluster(62, 3).started();
        cluster.pass(SECOND);
        Told.of(cluster.node(cluster.leader()).propose("before")).after(cluster);
        Told<Applied<Long>> poison = Told.of(cluster.node(cluster.leader()).propose("poison"));
        List<Told<Applied<Long>>> behind = IntStream.range(0, 5)
                .mapToObj(i -> Told.of(cluster.node(cluster.leader()).propose("behind " + i)))
                .toList();
        cluster.pass(Duration.ofSeconds(5));
        assertThat(poison.error()).isInstanceOf(RaftException.OutcomeUnknown.class);
        assertThat(behind)
                .allSatisfy(each -> assertThat(each.error()).isInstanceOf(RaftException.OutcomeUnknown.class));
        Told<Void> freed = Told.of(cluster.node("n1").skip(poisonIndex(cluster, "n1")));
        cluster.pass(Duration.ofSeconds(3));
        assertThat(freed.done()).isTrue();
        assertThat(freed.failed()).isFalse();
        for (String id : List.of("n1", "n2", "n3")) {
            assertThat(cluster.node(id).status().alarms()).isEmpty();
            assertThat(cluster.applied(id))
                    .containsExactly("before", "behind 0", "behind 1", "behind 2", "behind 3", "behind 4");
        }
        assertThat(Told.of(cluster.node("n1").propose("goes on"))
                        .after(cluster)
                        .value()
                        .result())
                .isEqualTo(7);
    }

    @Test
    void aReplicaThatReplaysTheLogLaterPassesOverItToo() {
        VirtualCluster cluster = new VirtualCluster(63, 1).started();
        Told.of(cluster.node("n1").propose("poison")).after(cluster);
        Told.of(cluster.node("n1").skip(3)).after(cluster);
        Told.of(cluster.node("n1").propose("behind")).after(cluster).value();
        Told.of(cluster.node("n1").stop());
        cluster.pass(Duration.ofSeconds(10));
        cluster.log("n1").forgetEntries(true);
        RaftNode<String, Long> again = cluster.start("n1");
        Told<Void> ready = Told.of(again.ready());
        cluster.pass(Duration.ofSeconds(5));
        assertThat(ready.done()).isTrue();
        assertThat(ready.failed()).isFalse();
        assertThat(cluster.applied("n1")).containsExactly("behind");
        assertThat(again.status().alarms()).isEmpty();
    }

    @Test
    void whereOnlyOneMemberFailsItHandsOverAndTheOthersGoOn() {
        VirtualCluster cluster = new VirtualCluster(64, 3).started();
        cluster.pass(SECOND);
        String broken = cluster.leader();
        Told.of(cluster.node(broken).propose("poison for " + broken));
        cluster.pass(Duration.ofSeconds(3));
        String next = cluster.leader();
        assertThat(next).isNotEqualTo(broken);
        assertThat(Told.of(cluster.node(next).propose("goes on")).after(cluster).value())
                .isNotNull();
        assertThat(cluster.node(broken).status().alarms()).hasSize(1);
        long there = poisonIndex(cluster, broken);
        assertThat(Told.of(cluster.node(next).skip(there)).after(cluster).error())
                .as("the others have applied it")
                .isInstanceOf(RaftException.Rejected.class)
                .hasMessageContaining("restart or replace");
        assertThat(Told.of(cluster.node(broken).propose("x")).after(cluster).error())
                .isInstanceOf(RaftException.Stopped.class);
    }

    @Test
    void whereAllFailLeadershipDoesNotRunInCircles() {
        VirtualCluster cluster = new VirtualCluster(65, 3).started();
        cluster.pass(SECOND);
        long before = cluster.node(cluster.leader()).status().leadership().term();
        Told.of(cluster.node(cluster.leader()).propose("poison"));
        cluster.pass(Duration.ofSeconds(50));
        long terms = cluster.nodes.values().stream()
                        .mapToLong(node -> node.status().leadership().term())
                        .max()
                        .orElseThrow()
                - before;
        assertThat(terms).as("each member may hand over once a minute").isBetween(1L, 3L);
    }

    @Test
    void onlyTheEntryThatHaltedTheLeaderCanBeSkipped() {
        VirtualCluster cluster = new VirtualCluster(66, 1).started();
        Told.of(cluster.node("n1").propose("fine")).after(cluster);
        assertThat(Told.of(cluster.node("n1").skip(3)).after(cluster).error())
                .isInstanceOf(RaftException.Rejected.class);
        assertThat(Told.of(cluster.node("n1").skip(99)).after(cluster).error())
                .isInstanceOf(RaftException.Rejected.class);
        assertThatIllegalArgumentException().isThrownBy(() -> cluster.node("n1").skip(0));
    }

    @Test
    void aHaltedNodeStopsInOrder() {
        VirtualCluster cluster = new VirtualCluster(67, 1).started();
        Told.of(cluster.node("n1").propose("poison")).after(cluster);
        Told<Ending> closed = Told.of(cluster.node("n1").closed());
        cluster.node("n1").stop().subscribe();
        cluster.pass(Duration.ofSeconds(10));
        assertThat(closed.value()).isEqualTo(Ending.STOPPED);
    }

    @Test
    void twoPoisonEntriesAreFreedOneAfterTheOther() {
        VirtualCluster cluster = new VirtualCluster(68, 1).started();
        Told.of(cluster.node("n1").propose("poison"));
        Told.of(cluster.node("n1").propose("between"));
        Told.of(cluster.node("n1").propose("poison"));
        Told.of(cluster.node("n1").propose("after"));
        cluster.pass(SECOND);
        Told<Void> first = Told.of(cluster.node("n1").skip(3));
        cluster.pass(SECOND);
        assertThat(cluster.applied("n1")).containsExactly("between");
        Told<Void> second = Told.of(cluster.node("n1").skip(5));
        cluster.pass(SECOND);
        assertThat(cluster.applied("n1")).containsExactly("between", "after");
        assertThat(second.done()).isTrue();
        assertThat(second.failed()).isFalse();
        assertThat(first.done()).isTrue();
    }

    /** Where this member says that it halted. */
    private static long poisonIndex(VirtualCluster cluster, String id) {
        String message = cluster.node(id).status().alarms().get(0).message();
        return Long.parseLong(message.replaceAll("(?s).*entry at index (\\d+) .*", "$1"));
    }
}
