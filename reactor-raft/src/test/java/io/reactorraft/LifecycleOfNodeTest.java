package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.HardState;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;

/** Starts and stops of whole nodes over virtual time, at every wrong moment. */
class LifecycleOfNodeTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    /** What can fail in a start, in the order in which it happens. */
    enum Step {
        PROBE,
        OPEN_LOG,
        OPEN_SNAPSHOTS,
        BIND,
        FOUND,
        FIND_SNAPSHOT,
        CORE
    }

    private static void fail(Step step, VirtualCluster cluster) {
        switch (step) {
            case PROBE -> cluster.network.failing("probe");
            case OPEN_LOG -> cluster.log("n1").failToOpen(new IllegalStateException("open failed"));
            case OPEN_SNAPSHOTS ->
                cluster.snapshots("n1").opensAfter(Mono.error(new IllegalStateException("no folder")));
            case BIND -> cluster.network.failing("start");
            case FOUND -> cluster.log("n1").breakDisk(new IllegalStateException("append failed"));
            case FIND_SNAPSHOT ->
                cluster.snapshots("n1").findsAfter(Mono.error(new IllegalStateException("unreadable")));
            case CORE ->
                cluster.log("n1")
                        .pretend(HardState.newBuilder().setTerm(3).setCommit(99).build());
        }
    }

    @ParameterizedTest
    @EnumSource(Step.class)
    void whateverFailsInAStartIsToldEverywhereAndEverythingThatWasOpenedIsClosed(Step step) {
        VirtualCluster cluster = new VirtualCluster(101, 1);
        fail(step, cluster);
        RaftNode<String, Long> node = cluster.create("n1");
        Told<List<Leadership>> leadership = Told.of(node.leadership().collectList());
        Told<Void> ready = Told.of(node.ready());
        Told<Void> start = Told.of(node.start());
        Told<Ending> closed = Told.of(node.closed());
        cluster.pass(Duration.ofSeconds(10));
        assertThat(start.error()).isInstanceOf(RaftException.Stopped.class).hasCauseInstanceOf(RuntimeException.class);
        assertThat(ready.error()).isInstanceOf(RaftException.Stopped.class);
        assertThat(closed.error()).isSameAs(start.error().getCause());
        assertThat(leadership.value()).isNotEmpty();
        assertThat(Told.of(node.propose("late")).error()).isInstanceOf(RaftException.Stopped.class);
        assertThat(Told.of(node.start()).failed()).isTrue();
        assertThat(Told.of(node.stop()).done()).isTrue();
        assertThat(cluster.log("n1").isClosed()).isTrue();
        assertThat(cluster.network.closed).containsExactly("n1");
    }

    @Test
    void aSnapshotThatCannotBeRestoredFailsTheStart() {
        VirtualCluster cluster = new VirtualCluster(108, 1).started();
        Told.of(cluster.node("n1").propose("x")).after(cluster).value();
        Told.of(cluster.node("n1").snapshot()).after(cluster).value();
        cluster.node("n1").stop().subscribe();
        cluster.pass(Duration.ofSeconds(10));
        RaftNode<String, Long> again = cluster.create("n1");
        cluster.machine("n1").failToRestore(new IllegalStateException("cannot read this"));
        Told<Void> start = Told.of(again.start());
        Told<Ending> closed = Told.of(again.closed());
        cluster.pass(Duration.ofSeconds(10));
        assertThat(start.error()).isInstanceOf(RaftException.Stopped.class);
        assertThat(closed.error()).hasMessage("cannot read this");
        assertThat(Told.of(again.ready()).failed()).isTrue();
        assertThat(cluster.log("n1").isClosed()).isTrue();
    }

    @Test
    void whatIsAskedOfANodeWhoseStartHangsEndsAtItsTimeLimit() {
        VirtualCluster cluster = new VirtualCluster(107, 1);
        cluster.log("n1").hangAtOpen();
        RaftNode<String, Long> node = cluster.create("n1");
        Told<Void> start = Told.of(node.start());
        Told<Applied<Long>> proposed = Told.of(node.propose("too early"));
        Told<Integer> read = Told.of(node.read(() -> 1));
        cluster.pass(RaftConfig.defaults().requestTimeout().plus(SECOND));
        assertThat(start.done()).isFalse();
        assertThat(proposed.error()).isInstanceOf(RaftException.NotLeader.class);
        assertThat(read.error()).isInstanceOf(RaftException.NotLeader.class);
    }

    @ParameterizedTest
    @EnumSource(Step.class)
    void stoppedWhileAStepOfTheStartHangsItStopsAllTheSame(Step step) {
        VirtualCluster cluster = new VirtualCluster(102, 1);
        switch (step) {
            case PROBE -> cluster.network.hanging("probe");
            case OPEN_LOG -> cluster.log("n1").hangAtOpen();
            case OPEN_SNAPSHOTS -> cluster.snapshots("n1").opensAfter(Mono.never());
            case BIND -> cluster.network.hanging("start");
            case FOUND -> cluster.log("n1").stall();
            case FIND_SNAPSHOT -> cluster.snapshots("n1").findsAfter(Mono.never());
            case CORE -> {} // nothing can hang between the log and the loop
        }
        RaftNode<String, Long> node = cluster.create("n1");
        Told<Void> start = Told.of(node.start());
        cluster.pass(Duration.ofMillis(1));
        Told<Void> stop = Told.of(node.stop());
        Told<Ending> closed = Told.of(node.closed());
        cluster.pass(RaftConfig.defaults().stopGrace());
        assertThat(stop.done()).isTrue();
        assertThat(closed.value()).isEqualTo(Ending.STOPPED);
        if (step != Step.CORE) {
            assertThat(start.error()).isInstanceOf(RaftException.Stopped.class);
        }
        cluster.pass(Duration.ofSeconds(20));
        assertThat(node.status().leadership().role()).isEqualTo(Role.FOLLOWER);
    }

    @Test
    void startedTwiceItStartsOnceAndStoppedFromManySidesItStopsOnce() {
        VirtualCluster cluster = new VirtualCluster(103, 1);
        RaftNode<String, Long> node = cluster.create("n1");
        Told<Void> one = Told.of(node.start());
        Told<Void> two = Told.of(node.start());
        cluster.pass(SECOND);
        assertThat(one.done() && two.done()).isTrue();
        assertThat(one.failed() || two.failed()).isFalse();
        assertThat(node.status().leadership().leading()).isTrue();
        List<Told<Void>> stops = List.of(Told.of(node.stop()), Told.of(node.stop()), Told.of(node.stop()));
        cluster.pass(Duration.ofSeconds(10));
        assertThat(stops).allMatch(Told::done).noneMatch(Told::failed);
        assertThat(cluster.network.closed).containsExactly("n1");
    }

    @Test
    void stoppedBeforeItsStartItNeverStarts() {
        VirtualCluster cluster = new VirtualCluster(104, 1);
        RaftNode<String, Long> node = cluster.create("n1");
        Told<Void> stop = Told.of(node.stop());
        cluster.pass(SECOND);
        assertThat(stop.done()).isTrue();
        assertThat(Told.of(node.start()).error()).isInstanceOf(RaftException.Stopped.class);
        assertThat(Told.of(node.ready()).error()).isInstanceOf(RaftException.Stopped.class);
        assertThat(cluster.log("n1").lastIndex()).isZero();
    }

    @Test
    void whoComesLateIsToldTheSame() {
        VirtualCluster cluster = new VirtualCluster(105, 1).started();
        RaftNode<String, Long> node = cluster.node("n1");
        cluster.pass(SECOND);
        assertThat(Told.of(node.ready()).done()).isTrue();
        node.stop().subscribe();
        cluster.pass(Duration.ofSeconds(10));
        assertThat(Told.of(node.closed()).value()).isEqualTo(Ending.STOPPED);
        assertThat(Told.of(node.ready()).failed()).as("it was ready once").isFalse();
        assertThat(Told.of(node.start()).failed()).as("it had started").isFalse();
    }

    @Test
    void theStatusIsFreshAsLongAsTheLoopGoesRound() {
        VirtualCluster cluster = new VirtualCluster(106, 1).started();
        long before = cluster.node("n1").status().takenNanos();
        cluster.pass(SECOND);
        long after = cluster.node("n1").status().takenNanos();
        assertThat(Duration.ofNanos(after - before)).isBetween(Duration.ofMillis(800), SECOND);
    }
}
