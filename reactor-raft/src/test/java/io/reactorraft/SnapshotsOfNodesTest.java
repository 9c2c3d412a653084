package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.HardState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

/** Snapshots of whole nodes: taken, sent, installed, and begun with (§7). */
class SnapshotsOfNodesTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    /** Every twenty entries, and next to nothing is kept. */
    private static final RaftConfig OFTEN = RaftConfig.defaults()
            .withSnapshotEntries(20)
            .withSnapshotPause(Duration.ofMillis(100))
            .withKeepEntries(2);

    @Test
    void thatThereIsNoStateJustNowIsNoFailureThatPutsTheNextSnapshotOff() {
        RaftConfig often = RaftConfig.defaults().withSnapshotEntries(5).withSnapshotPause(Duration.ofSeconds(10));
        VirtualCluster cluster = new VirtualCluster(77, 1).config(often).started();
        RaftNode<String, Long> node = cluster.node("n1");
        Told.of(node.propose("poison")).after(cluster);
        for (int i = 0; i < 10; i++) {
            assertThat(Told.of(node.snapshot()).after(cluster).error()).hasMessageContaining("no state");
        }
        Told<Void> freed = Told.of(node.skip(3));
        cluster.pass(Duration.ofSeconds(1));
        assertThat(freed.failed()).isFalse();
        for (int i = 0; i < 20; i++) {
            Told.of(node.propose("w" + i));
            cluster.pass(Duration.ofSeconds(1));
        }
        assertThat(cluster.snapshots("n1").saved()).isPositive();
    }

    @Test
    void oneThatIsAskedForHoldsEverythingAcknowledgedBefore() {
        VirtualCluster cluster = new VirtualCluster(1, 1).started();
        cluster.pass(SECOND); // the leader has noted the data ids
        write(cluster, "n1", 0, 30);
        Told<SnapshotMeta> taken = Told.of(cluster.node("n1").snapshot()).after(cluster);
        long applied = cluster.node("n1").status().appliedIndex();
        assertThat(taken.value().index()).isEqualTo(applied);
        assertThat(taken.value().bytes()).isPositive();
        assertThat(cluster.log("n1").snapshotMark("default").getIndex()).isEqualTo(applied);
    }

    @Test
    void whereNothingWasAppliedSinceTheLastOneThatOneIsTheAnswer() {
        VirtualCluster cluster = new VirtualCluster(2, 1).started();
        cluster.pass(SECOND);
        write(cluster, "n1", 0, 3);
        SnapshotMeta first =
                Told.of(cluster.node("n1").snapshot()).after(cluster).value();
        SnapshotMeta second =
                Told.of(cluster.node("n1").snapshot()).after(cluster).value();
        assertThat(second).isEqualTo(first);
        assertThat(cluster.snapshots("n1").saved()).isEqualTo(1);
    }

    @Test
    void thoseWhoAskWhileOneIsBeingTakenAreToldOfThatOne() {
        VirtualCluster cluster = new VirtualCluster(3, 1).started();
        write(cluster, "n1", 0, 3);
        cluster.log("n1").syncTime(SECOND);
        Told<SnapshotMeta> first = Told.of(cluster.node("n1").snapshot());
        Told<SnapshotMeta> second = Told.of(cluster.node("n1").snapshot());
        cluster.pass(Duration.ofSeconds(2));
        assertThat(second.value()).isEqualTo(first.value());
        assertThat(cluster.snapshots("n1").saved()).isEqualTo(1);
    }

    @Test
    void oneThatCannotBeWrittenChangesNothingAndTheNextOneMay() {
        VirtualCluster cluster = new VirtualCluster(4, 1).started();
        write(cluster, "n1", 0, 3);
        cluster.snapshots("n1").failToSave(new IllegalStateException("no space left"));
        Told<SnapshotMeta> failed = Told.of(cluster.node("n1").snapshot()).after(cluster);
        assertThat(failed.error()).isInstanceOf(RaftException.Overloaded.class).hasMessageContaining("no space left");
        cluster.snapshots("n1").failToSave(null);
        assertThat(Told.of(cluster.node("n1").snapshot()).after(cluster).value().index())
                .isEqualTo(cluster.node("n1").status().appliedIndex());
    }

    @Test
    void theyAreTakenByEntriesWithAPauseBetweenAndTheLogBehindTheOlderOneGoes() {
        VirtualCluster cluster = new VirtualCluster(5, 1).config(OFTEN).started();
        write(cluster, "n1", 0, 19);
        assertThat(cluster.snapshots("n1").saved()).isEqualTo(1);
        assertThat(cluster.log("n1").firstIndex())
                .as("one alone may be damaged")
                .isEqualTo(1);
        write(cluster, "n1", 19, 60);
        cluster.pass(SECOND);
        write(cluster, "n1", 60, 61);
        cluster.pass(SECOND);
        assertThat(cluster.snapshots("n1").saved()).isBetween(2, 4);
        assertThat(cluster.log("n1").firstIndex()).isGreaterThan(1);
        assertThat(cluster.log("n1").firstIndex())
                .isLessThanOrEqualTo(cluster.log("n1").snapshotMark("default").getIndex() - 2 + 1);
    }

    @Test
    void theyAreTakenByBytesOfTheLogAndNoSoonerThanTheLastOneIsLarge() {
        RaftConfig bytes = RaftConfig.defaults().withSnapshotLogBytes(4_000).withSnapshotPause(Duration.ZERO);
        VirtualCluster cluster = new VirtualCluster(6, 1).config(bytes).started();
        String large = "x".repeat(1_000);
        for (int i = 0; i < 3; i++) {
            Told.of(cluster.node("n1").propose(large)).after(cluster).value();
        }
        assertThat(cluster.snapshots("n1").saved()).isZero();
        Told.of(cluster.node("n1").propose(large)).after(cluster).value();
        assertThat(cluster.snapshots("n1").saved()).isEqualTo(1);
        for (int i = 0; i < 12; i++) {
            Told.of(cluster.node("n1").propose(large)).after(cluster).value();
        }
        assertThat(cluster.snapshots("n1").saved())
                .as("every snapshot is larger than the one before, and so is the log that it stands for")
                .isEqualTo(3);
    }

    @Test
    void aMemberThatRestartsGoesOnFromItsSnapshotAndTheLogBehindIt() {
        VirtualCluster cluster = new VirtualCluster(7, 1).config(OFTEN).started();
        List<String> written = write(cluster, "n1", 0, 70);
        long first = cluster.log("n1").firstIndex();
        assertThat(first).isGreaterThan(1);
        stop(cluster, "n1");
        cluster.start("n1");
        cluster.leader();
        assertThat(cluster.applied("n1")).isEqualTo(written);
        written.addAll(write(cluster, "n1", 70, 75));
        assertThat(cluster.applied("n1")).isEqualTo(written);
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void aFollowerThatWasAwayWhileTheLogWasCompactedCatchesUpBySnapshotWhileWritesGoOn(long seed) {
        VirtualCluster cluster = new VirtualCluster(seed, 3).config(OFTEN).started();
        String away = cluster.follower();
        cluster.network.isolate(away);
        String leader = cluster.leader();
        List<String> written = write(cluster, leader, 0, 100);
        assertThat(cluster.log(leader).firstIndex())
                .isGreaterThan(cluster.log(away).lastIndex() + 1);
        cluster.network.heal();
        written.addAll(write(cluster, cluster.leader(), 100, 130));
        cluster.pass(Duration.ofSeconds(5));
        cluster.nodes
                .keySet()
                .forEach(id -> assertThat(cluster.applied(id))
                        .as("seed %d, %s", seed, id)
                        .isEqualTo(written));
        assertThat(cluster.log(away).snapshotMark("default").getIndex()).isPositive();
        assertThat(cluster.node(away).status().peers()).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(longs = {21, 22, 23})
    void aFollowerGetsTheSnapshotAgainWhereTheConnectionBreaksMidway(long seed) {
        VirtualCluster cluster = new VirtualCluster(seed, 3).config(OFTEN).started();
        String away = cluster.follower();
        cluster.network.isolate(away);
        List<String> written = write(cluster, cluster.leader(), 0, 100);
        cluster.snapshots(away).stickWhileSaving();
        cluster.network.heal();
        cluster.pass(Duration.ofSeconds(3));
        assertThat(cluster.applied(away)).isEmpty();
        cluster.snapshots.put(away, new MemorySnapshots());
        stop(cluster, away);
        cluster.start(away);
        cluster.pass(Duration.ofSeconds(10));
        assertThat(cluster.applied(away)).as("seed " + seed).isEqualTo(written);
    }

    /** A full disk takes a mark and may have refused the commit index before it. */
    @Test
    void aMarkThatIsAheadOfTheCommitIndexOnDiskIsNoDamage() {
        VirtualCluster cluster = new VirtualCluster(20, 1).started();
        List<String> written = write(cluster, "n1", 0, 5);
        long marked =
                Told.of(cluster.node("n1").snapshot()).after(cluster).value().index();
        stop(cluster, "n1");
        HardState durable = cluster.log("n1").hardState("default");
        cluster.log("n1").pretend(durable.toBuilder().setCommit(marked - 1).build());
        cluster.start("n1");
        cluster.leader();
        assertThat(cluster.applied("n1")).isEqualTo(written);
    }

    @Test
    void aWholeClusterComesBackAfterItsLogsWereCompacted() {
        VirtualCluster cluster = new VirtualCluster(31, 3).config(OFTEN).started();
        List<String> written = write(cluster, cluster.leader(), 0, 90);
        cluster.pass(SECOND);
        List.of("n1", "n2", "n3").forEach(id -> stop(cluster, id));
        List.of("n1", "n2", "n3").forEach(cluster::start);
        cluster.leader();
        written.addAll(write(cluster, cluster.leader(), 90, 95));
        cluster.pass(SECOND);
        cluster.nodes.keySet().forEach(id -> {
            assertThat(cluster.log(id).firstIndex()).isGreaterThan(1);
            assertThat(cluster.applied(id)).isEqualTo(written);
        });
    }

    @Test
    void sessionsGoThroughSnapshotsSoThatARetryIsStillAppliedOnce() {
        VirtualCluster cluster = new VirtualCluster(41, 1).config(OFTEN).started();
        Session<String, Long> session =
                Told.of(cluster.node("n1").session()).after(cluster).value();
        Flux<Applied<Long>> twice = session.propose("once").repeat(1);
        List<Long> results = new ArrayList<>();
        AtomicInteger times = new AtomicInteger();
        twice.subscribe(applied -> results.add(applied.result()), error -> times.incrementAndGet());
        cluster.pass(SECOND);
        Told.of(cluster.node("n1").snapshot()).after(cluster).value();
        stop(cluster, "n1");
        cluster.start("n1");
        cluster.leader();
        cluster.pass(SECOND);
        assertThat(cluster.applied("n1")).containsExactly("once");
        assertThat(results).containsExactly(1L, 1L);
        assertThat(cluster.openSessions("n1")).isEqualTo(1);
    }

    @Test
    void aSnapshotThatCannotBeRestoredEndsTheNodeRatherThanLeaveHalfAState() {
        VirtualCluster cluster = new VirtualCluster(51, 3).config(OFTEN).started();
        String away = cluster.follower();
        cluster.network.isolate(away);
        write(cluster, cluster.leader(), 0, 100);
        cluster.machine(away).failToRestore(new IllegalStateException("cannot read this"));
        Told<Ending> ended = Told.of(cluster.node(away).closed());
        cluster.network.heal();
        cluster.pass(Duration.ofSeconds(20));
        assertThat(ended.error()).hasMessage("cannot read this");
        assertThat(cluster.leader()).isNotEqualTo(away);
    }

    @Test
    void oneUnderWayWhenTheNodeStopsIsGivenUpAndWhoWaitsIsTold() {
        VirtualCluster cluster = new VirtualCluster(61, 1).started();
        write(cluster, "n1", 0, 3);
        cluster.snapshots("n1").stickWhileSaving();
        Told<SnapshotMeta> waits = Told.of(cluster.node("n1").snapshot());
        stop(cluster, "n1");
        assertThat(waits.error()).isInstanceOf(RaftException.Stopped.class);
    }

    @Test
    void oneThatRottedIsTakenAnewForTheFollowerThatNeedsItThoughNothingIsWritten() {
        VirtualCluster cluster = new VirtualCluster(71, 3).config(OFTEN).started();
        String away = cluster.follower();
        cluster.network.isolate(away);
        List<String> written = write(cluster, cluster.leader(), 0, 100);
        cluster.pass(SECOND);
        String leader = cluster.leader();
        Told.of(cluster.node(leader).snapshot()).after(cluster).value();
        long index = cluster.node(leader).status().appliedIndex();
        assertThat(cluster.log(leader).snapshotMark("default").getIndex()).isEqualTo(index);
        cluster.snapshots(leader).damageAll();
        cluster.network.heal();
        cluster.pass(Duration.ofSeconds(10));
        assertThat(cluster.applied(away)).isEqualTo(written);
    }

    @Test
    void oneOfTheOldStateIsGivenUpWhereTheLeadersTakesItsPlace() {
        VirtualCluster cluster = new VirtualCluster(72, 3).config(OFTEN).started();
        String away = cluster.follower();
        write(cluster, cluster.leader(), 0, 5);
        cluster.pass(SECOND);
        cluster.network.isolate(away);
        cluster.snapshots(away).stickAtTheNextSave();
        Told<SnapshotMeta> own = Told.of(cluster.node(away).snapshot()).after(cluster);
        assertThat(own.done()).isFalse();
        List<String> more = write(cluster, cluster.leader(), 5, 100);
        cluster.network.heal();
        cluster.pass(Duration.ofSeconds(5));
        assertThat(cluster.applied(away)).endsWith(more.get(more.size() - 1));
        assertThat(own.error()).isInstanceOf(RaftException.Overloaded.class).hasMessageContaining("leader's");
        assertThat(cluster.snapshots(away).savesCancelled()).isEqualTo(1);
    }

    @Test
    void oneWhoseMarkIsRefusedIsNotLeftBehind() {
        VirtualCluster cluster = new VirtualCluster(73, 1).started();
        write(cluster, "n1", 0, 3);
        cluster.log("n1").refuseMarks(true);
        for (int i = 0; i < 3; i++) {
            assertThat(Told.of(cluster.node("n1").snapshot()).after(cluster).error())
                    .hasMessageContaining("no room for the mark");
        }
        assertThat(cluster.snapshots("n1").kept()).isZero();
        cluster.log("n1").refuseMarks(false);
        Told.of(cluster.node("n1").snapshot()).after(cluster).value();
        assertThat(cluster.snapshots("n1").kept()).isEqualTo(1);
    }

    @Test
    void thePauseGrowsWhileTheyFailAndIsShortAgainAfterwards() {
        VirtualCluster cluster = new VirtualCluster(74, 1).config(OFTEN).started();
        write(cluster, "n1", 0, 10);
        cluster.snapshots("n1").failToSave(new IllegalStateException("no space left"));
        for (int i = 0; i < 100; i++) {
            write(cluster, "n1", 10 + i, 11 + i);
            cluster.pass(Duration.ofMillis(100));
        }
        assertThat(cluster.snapshots("n1").tried())
                .as("in ten seconds, a tenth of one apart at first")
                .isBetween(4, 9);
        cluster.snapshots("n1").failToSave(null);
        cluster.pass(Duration.ofSeconds(7));
        for (int i = 0; i < 60; i++) {
            write(cluster, "n1", 200 + i, 201 + i);
            cluster.pass(Duration.ofMillis(20));
        }
        assertThat(cluster.snapshots("n1").saved()).isGreaterThanOrEqualTo(3);
    }

    @Test
    void aNodeThatStopsEndsWhatItLoads() {
        VirtualCluster cluster = new VirtualCluster(75, 3).config(OFTEN).started();
        String away = cluster.follower();
        cluster.network.isolate(away);
        write(cluster, cluster.leader(), 0, 100);
        cluster.snapshots(away).stickWhileLoading();
        cluster.network.heal();
        cluster.pass(Duration.ofSeconds(3));
        assertThat(cluster.snapshots(away).loadsCancelled()).isZero();
        stop(cluster, away);
        assertThat(cluster.snapshots(away).loadsCancelled()).isEqualTo(1);
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
