package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** What users are promised, seen on whole nodes over virtual time. */
class RaftNodeClusterTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void whatIsProposedAnywhereIsAppliedEverywhereInOneOrder(long seed) {
        VirtualCluster cluster = new VirtualCluster(seed, 3).started();
        List<Told<Applied<Long>>> told = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            told.add(Told.of(cluster.node("n" + (1 + i % 3)).propose("c" + i)));
        }
        cluster.pass(SECOND);
        assertThat(told).allSatisfy(each -> assertThat(each.value()).isNotNull());
        assertThat(cluster.applied("n1")).hasSize(30).doesNotHaveDuplicates();
        assertThat(cluster.applied("n2")).isEqualTo(cluster.applied("n1"));
        assertThat(cluster.applied("n3")).isEqualTo(cluster.applied("n1"));
    }

    @Test
    void eachSubscriptionAppendsOneEntry() {
        VirtualCluster cluster = new VirtualCluster(1, 3).started();
        Mono<Applied<Long>> proposal = cluster.node(cluster.leader()).propose("again");
        assertThat(cluster.applied(cluster.leader())).isEmpty();
        Told<Applied<Long>> first = Told.of(proposal);
        Told<Applied<Long>> second = Told.of(proposal);
        cluster.pass(SECOND);
        assertThat(second.value().index()).isGreaterThan(first.value().index());
        assertThat(cluster.applied(cluster.leader())).containsExactly("again", "again");
    }

    @Test
    void aRejectionReachesItsProposerThroughAFollowerToo() {
        VirtualCluster cluster = new VirtualCluster(2, 3).started();
        Told<Applied<Long>> here = Told.of(cluster.node(cluster.leader()).propose("no"));
        Told<Applied<Long>> there = Told.of(cluster.node(cluster.follower()).propose("no"));
        cluster.pass(SECOND);
        assertThat(here.error()).isInstanceOf(RaftException.Rejected.class).hasMessage("the machine says no");
        assertThat(there.error()).isInstanceOf(RaftException.Rejected.class).hasMessage("the machine says no");
        assertThat(cluster.nodes.values())
                .allSatisfy(node ->
                        assertThat(node.status().leadership().leaderId()).isNotNull());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void aLeaderThatIsCutOffShowsFollowerFirstAndThenSaysThatItDoesNotKnow(long seed) {
        VirtualCluster cluster = new VirtualCluster(seed, 3).started();
        String old = cluster.leader();
        List<String> order = new ArrayList<>();
        cluster.node(old).leadership().subscribe(each -> order.add(each.role().name()));
        cluster.network.isolate(old);
        Told<Applied<Long>> lost = Told.of(cluster.node(old).propose("lost?").doOnError(error -> order.add("UNKNOWN")));
        cluster.pass(Duration.ofSeconds(6));
        assertThat(lost.error()).isInstanceOf(RaftException.OutcomeUnknown.class);
        assertThat(order).startsWith("LEADER", "FOLLOWER", "UNKNOWN");

        Told<Applied<Long>> won = Told.of(cluster.node(other(cluster, old)).propose("kept"));
        cluster.pass(SECOND);
        assertThat(won.value()).isNotNull();
        cluster.network.heal();
        cluster.pass(Duration.ofSeconds(5));
        assertThat(cluster.applied(old)).contains("kept").isEqualTo(cluster.applied(other(cluster, old)));
    }

    @Test
    void withoutALeaderAProposalIsRefusedAfterTwoElectionTimeouts() {
        VirtualCluster cluster = new VirtualCluster(3, 3);
        RaftNode<String, Long> alone = cluster.start("n1");
        Told<Applied<Long>> told = Told.of(alone.propose("anybody?"));
        cluster.pass(Duration.ofMillis(1_500));
        assertThat(told.done()).isFalse();
        cluster.pass(SECOND);
        assertThat(told.error())
                .isInstanceOf(RaftException.NotLeader.class)
                .hasMessageStartingWith("no leader is known");
        assertThat(RaftException.retryable(told.error())).isTrue();
    }

    @Test
    void aProposalThatIsCancelledBeforeItWasAppendedIsWithdrawn() {
        VirtualCluster cluster = new VirtualCluster(4, 3);
        Disposable left = cluster.start("n1").propose("withdrawn").subscribe();
        Told<Applied<Long>> stayed = Told.of(cluster.node("n1").propose("stays"));
        cluster.pass(Duration.ofMillis(200));
        left.dispose();
        cluster.start("n2");
        cluster.start("n3");
        cluster.leader();
        cluster.pass(Duration.ofSeconds(3));
        assertThat(stayed.done()).isTrue();
        cluster.machines
                .values()
                .forEach(machine -> assertThat(machine.commands).doesNotContain("withdrawn"));
    }

    @ParameterizedTest
    @ValueSource(longs = {5, 6, 7})
    void readsOnEveryNodeSeeWhatWasAcknowledgedBefore(long seed) {
        VirtualCluster cluster = new VirtualCluster(seed, 3).started();
        for (int i = 0; i < 20; i++) {
            Told<Applied<Long>> write = Told.of(cluster.node("n" + (1 + i % 3)).propose("w" + i));
            while (!write.done()) {
                cluster.pass(Duration.ofMillis(1));
            }
            int expected = i + 1;
            for (String id : List.of("n1", "n2", "n3")) {
                List<String> commands = cluster.applied(id);
                Told<Integer> read = Told.of(cluster.node(id).read(commands::size));
                Told<Long> index = Told.of(cluster.node(id).readIndex(Consistency.LINEARIZABLE));
                cluster.pass(Duration.ofMillis(500));
                assertThat(read.value()).isGreaterThanOrEqualTo(expected);
                assertThat(index.value()).isGreaterThanOrEqualTo(write.value().index());
            }
        }
    }

    @Test
    void aReadOnANodeThatIsCutOffIsNeverAnswered() {
        VirtualCluster cluster = new VirtualCluster(8, 3).started();
        String old = cluster.leader();
        cluster.network.isolate(old);
        Told<Long> read = Told.of(cluster.node(old).readIndex(Consistency.LINEARIZABLE));
        Told<Long> stale = Told.of(cluster.node(old).readIndex(Consistency.STALE));
        cluster.pass(Duration.ofSeconds(11));
        assertThat(read.error()).isInstanceOf(RaftException.NotLeader.class);
        assertThat(stale.value()).isNotNull();
    }

    @Test
    void aQueryThatFailsFailsItsReaderAloneAndANullIsEmpty() {
        VirtualCluster cluster = new VirtualCluster(9, 1).started();
        Told<String> broken = Told.of(cluster.node("n1").read(() -> {
            throw new IllegalArgumentException("my own fault");
        }));
        Told<String> nothing = Told.of(cluster.node("n1").read(() -> null));
        cluster.pass(SECOND);
        assertThat(broken.error()).isInstanceOf(IllegalArgumentException.class);
        assertThat(nothing.done()).isTrue();
        assertThat(Told.of(cluster.node("n1").propose("goes on")).after(cluster).value())
                .isNotNull();
    }

    @Test
    void aGroupOfOneLeadsAtOnce() {
        VirtualCluster cluster = new VirtualCluster(10, 1);
        cluster.start("n1");
        cluster.pass(Duration.ofMillis(50));
        assertThat(cluster.node("n1").status().leadership().leading()).isTrue();
    }

    @Test
    void aNodeThatStopsHandsLeadershipOverFirst() {
        VirtualCluster cluster = new VirtualCluster(11, 3).started();
        cluster.pass(SECOND);
        String old = cluster.leader();
        Told<Void> stopped = Told.of(cluster.node(old).stop());
        Told<Ending> closed = Told.of(cluster.node(old).closed());
        cluster.nodes.remove(old);
        cluster.pass(Duration.ofMillis(400)); // less than any election timeout
        assertThat(cluster.nodes.values().stream()
                        .filter(node -> node.status().leadership().leading()))
                .hasSize(1);
        cluster.pass(Duration.ofSeconds(3));
        assertThat(stopped.done()).isTrue();
        assertThat(closed.value()).isEqualTo(Ending.STOPPED);
    }

    @Test
    void aLogThatHangsWhileItClosesDoesNotHoldTheNodeBeyondTheGrace() {
        VirtualCluster cluster = new VirtualCluster(11, 1).started();
        cluster.log("n1").neverClose();
        Told<Void> stopped = Told.of(cluster.node("n1").stop());
        cluster.pass(Duration.ofMillis(500));
        assertThat(stopped.done()).isFalse();
        cluster.pass(RaftConfig.defaults().stopGrace());
        assertThat(stopped.done()).isTrue();
    }

    @Test
    void afterTheEndEverythingIsRefusedAndStreamsComplete() {
        VirtualCluster cluster = new VirtualCluster(12, 1).started();
        RaftNode<String, Long> node = cluster.node("n1");
        Told<List<Leadership>> stream = Told.of(node.leadership().collectList());
        node.stop().subscribe();
        cluster.pass(Duration.ofSeconds(5));
        List<Leadership> seen = stream.value();
        assertThat(seen.get(0).role()).isEqualTo(Role.LEADER);
        assertThat(seen.get(seen.size() - 1).role()).isEqualTo(Role.FOLLOWER);
        assertThat(Told.of(node.propose("late")).after(cluster).error()).isInstanceOf(RaftException.Stopped.class);
        assertThat(Told.of(node.read(() -> 1)).after(cluster).error()).isInstanceOf(RaftException.Stopped.class);
        assertThat(Told.of(node.start()).after(cluster).done()).isTrue();
    }

    @Test
    void aFailedSyncEndsTheNodeAndTheOthersGoOn() {
        VirtualCluster cluster = new VirtualCluster(13, 3).started();
        String broken = cluster.leader();
        cluster.log(broken).breakDisk(new IllegalStateException("sync of 00000001.cq4 failed: Input/output error"));
        Told<Applied<Long>> proposed = Told.of(cluster.node(broken).propose("on a broken disk"));
        Told<Ending> closed = Told.of(cluster.node(broken).closed());
        cluster.pass(Duration.ofSeconds(5));
        assertThat(closed.error()).hasMessageContaining("Input/output error");
        assertThat(proposed.error()).isInstanceOf(RaftException.OutcomeUnknown.class);
        cluster.nodes.remove(broken);
        String next = cluster.leader();
        assertThat(Told.of(cluster.node(next).propose("goes on")).after(cluster).value())
                .isNotNull();
    }

    @Test
    void aLeaderThatCannotReadItsLogEndsRatherThanStarveAFollower() {
        VirtualCluster cluster = new VirtualCluster(14, 3).started();
        String slow = cluster.follower();
        cluster.network.isolate(slow);
        String leader = cluster.leader();
        Told.of(cluster.node(leader).propose("while it was cut off")).after(cluster);
        cluster.log(leader).forgetEntries(true);
        cluster.log(leader).breakReads(new IllegalStateException("00000001.cq4: Input/output error"));
        Told<Ending> closed = Told.of(cluster.node(leader).closed());
        cluster.network.heal();
        cluster.pass(Duration.ofSeconds(5));
        assertThat(closed.error()).hasMessageContaining("00000001.cq4: Input/output error");
    }

    @Test
    void aNodeThatDiedReplaysItsLogAndCatchesUp() {
        VirtualCluster cluster = new VirtualCluster(15, 3).started();
        IntStream.range(0, 40)
                .forEach(i ->
                        Told.of(cluster.node(cluster.leader()).propose("c" + i)).after(cluster));
        String dead = cluster.follower();
        cluster.network.isolate(dead);
        cluster.log(dead).crash();
        cluster.nodes.remove(dead);
        Told.of(cluster.node(cluster.leader()).propose("while it was dead")).after(cluster);
        cluster.network.heal();
        cluster.log(dead).forgetEntries(true); // nothing is in memory after a restart: all of it is read in ranges
        RaftNode<String, Long> restarted = cluster.start(dead);
        Told<Void> ready = Told.of(restarted.ready());
        cluster.pass(Duration.ofSeconds(5));
        assertThat(ready.done()).isTrue();
        assertThat(ready.failed()).isFalse();
        assertThat(cluster.applied(dead)).hasSize(41).isEqualTo(cluster.applied(cluster.leader()));
    }

    @Test
    void aFollowerThatFellOutOfMemoryIsFedFromTheLog() {
        VirtualCluster cluster = new VirtualCluster(16, 3).started();
        String leader = cluster.leader();
        String behind = cluster.follower();
        cluster.network.isolate(behind);
        IntStream.range(0, 60)
                .forEach(i -> Told.of(cluster.node(leader).propose("c" + i)).after(cluster));
        cluster.log(leader).forgetEntries(true);
        cluster.network.heal();
        cluster.pass(Duration.ofSeconds(5));
        assertThat(cluster.applied(behind)).isEqualTo(cluster.applied(leader)).hasSize(60);
    }

    @Test
    void overTheLimitProposalsAreRefusedWithAHint() {
        VirtualCluster cluster = new VirtualCluster(17, 3)
                .config(RaftConfig.defaults().withMaxPendingProposals(5))
                .started();
        String leader = cluster.leader();
        cluster.log(leader).syncTime(Duration.ofSeconds(2));
        cluster.network.isolate(leader);
        List<Told<Applied<Long>>> told = IntStream.range(0, 8)
                .mapToObj(i -> Told.of(cluster.node(leader).propose("c" + i)))
                .toList();
        cluster.pass(Duration.ofMillis(100));
        assertThat(told.stream().filter(Told::failed))
                .hasSize(3)
                .allSatisfy(each -> assertThat(each.error()).isInstanceOf(RaftException.Overloaded.class));
    }

    @Test
    void moreProposalsThanOneTurnTakesDoNotWaitForTheNextTick() {
        VirtualCluster cluster = new VirtualCluster(21, 1).started();
        int many = 2 * PendingProposals.MAX_BATCH + 10;
        for (int i = 0; i < many; i++) {
            cluster.node("n1").propose("c" + i).subscribe();
        }
        cluster.pass(Duration.ofMillis(20)); // a tick is 100 ms
        assertThat(cluster.applied("n1")).hasSize(many);
    }

    @Test
    void beforeTheStartAndAfterAStopWithoutOneRequestsAreRefused() {
        VirtualCluster cluster = new VirtualCluster(22, 1);
        RaftNode<String, Long> node = cluster.create("n1");
        assertThat(Told.of(node.propose("early")).error())
                .isInstanceOf(RaftException.Stopped.class)
                .hasMessageContaining("subscribe to start()");
        node.stop().subscribe();
        assertThat(Told.of(node.propose("late")).error()).isInstanceOf(RaftException.Stopped.class);
        assertThat(Told.of(node.read(() -> 1)).error()).isInstanceOf(RaftException.Stopped.class);
    }

    @Test
    void aStalledDiskGathersAppendsInsteadOfQueueingThem() {
        VirtualCluster cluster = new VirtualCluster(23, 3).started();
        String leader = cluster.leader();
        cluster.logs.values().forEach(log -> {
            log.limitAppends(LogQueue.MAX_OUTSTANDING);
            log.syncTime(Duration.ofMillis(950)); // a little longer, and the leader would be unfit to lead
        });
        List<Told<Applied<Long>>> told = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            told.add(Told.of(cluster.node(leader).propose("c" + i)));
            cluster.pass(Duration.ofMillis(1));
        }
        cluster.pass(Duration.ofSeconds(9));
        assertThat(told).allSatisfy(each -> assertThat(each.value()).isNotNull());
        assertThat(cluster.applied(leader)).hasSize(1_000);
        assertThat(cluster.applied(cluster.follower())).isEqualTo(cluster.applied(leader));
    }

    @Test
    void aConfirmedReadWhoseEntryNeverComesEndsInTime() {
        VirtualCluster cluster = new VirtualCluster(24, 3).started();
        String follower = cluster.follower();
        String leader = cluster.leader();
        cluster.network.onlyReadIndexTo(follower);
        Told.of(cluster.node(leader).propose("unseen by the follower")).after(cluster);
        Told<Long> read = Told.of(cluster.node(follower).readIndex(Consistency.LINEARIZABLE));
        cluster.pass(Duration.ofMillis(500));
        assertThat(read.done()).isFalse();
        cluster.pass(Duration.ofSeconds(11));
        assertThat(read.error()).isInstanceOf(RaftException.class);
    }

    @Test
    void aStopInTheMiddleOfAReplayIsNoFailure() {
        VirtualCluster cluster = new VirtualCluster(25, 1).started();
        IntStream.range(0, 200)
                .forEach(i -> Told.of(cluster.node("n1").propose("c" + i)).after(cluster));
        Told.of(cluster.node("n1").stop());
        cluster.pass(Duration.ofSeconds(5));
        cluster.log("n1").forgetEntries(true);
        RaftNode<String, Long> replaying = cluster.start("n1");
        cluster.pass(Duration.ofMillis(6)); // some of the ranges are read, one is on its way
        Told<Ending> closed = Told.of(replaying.closed());
        replaying.stop().subscribe();
        cluster.pass(Duration.ofSeconds(10));
        assertThat(closed.value()).isEqualTo(Ending.STOPPED);
    }

    @Test
    void theStreamOfANodeThatIsStoppedBeforeItsStartCompletes() {
        VirtualCluster cluster = new VirtualCluster(26, 1);
        RaftNode<String, Long> node = cluster.create("n1");
        Told<List<Leadership>> stream = Told.of(node.leadership().collectList());
        node.stop().subscribe();
        cluster.pass(SECOND);
        assertThat(stream.value()).hasSize(1);
        assertThat(Told.of(node.closed()).value()).isEqualTo(Ending.STOPPED);
    }

    @Test
    void aProposalThatIsCancelledWhileItIsParkedIsForgottenAtOnce() {
        VirtualCluster cluster =
                new VirtualCluster(27, 3).config(RaftConfig.defaults().withMaxPendingProposals(1));
        RaftNode<String, Long> alone = cluster.start("n1");
        for (int i = 0; i < 50; i++) {
            Disposable left = alone.propose("c" + i).subscribe(applied -> {}, error -> {});
            cluster.pass(Duration.ofMillis(10));
            left.dispose();
        }
        Told<Applied<Long>> last = Told.of(alone.propose("has room"));
        cluster.pass(Duration.ofMillis(100));
        assertThat(last.done()).isFalse();
    }

    @Test
    void aSlowSyncDelaysTheAnswerAndNotTheHeartbeats() {
        VirtualCluster cluster = new VirtualCluster(18, 3).started();
        String leader = cluster.leader();
        long term = cluster.node(leader).status().leadership().term();
        cluster.logs.values().forEach(log -> log.syncTime(Duration.ofMillis(950)));
        Told<Applied<Long>> slow = Told.of(cluster.node(leader).propose("slow"));
        cluster.pass(Duration.ofMillis(900));
        assertThat(slow.done()).isFalse();
        cluster.pass(Duration.ofSeconds(6));
        assertThat(slow.value()).isNotNull();
        assertThat(cluster.node(leader).status().leadership().term()).isEqualTo(term);
    }

    @Test
    void timeNeverRunsBackwardsAlongTheLog() {
        VirtualCluster cluster = new VirtualCluster(19, 3).started();
        for (int i = 0; i < 5; i++) {
            String leader = cluster.leader();
            Told.of(cluster.node(leader).propose("c" + i)).after(cluster);
            cluster.network.isolate(leader);
            cluster.pass(Duration.ofSeconds(4));
            cluster.network.heal();
            cluster.pass(SECOND);
        }
        cluster.machines.values().forEach(machine -> assertThat(machine.times).isSorted());
    }

    @Test
    void readinessFailsWhereTheNodeEndsBefore() {
        VirtualCluster cluster = new VirtualCluster(20, 3);
        RaftNode<String, Long> alone = cluster.start("n1");
        Told<Void> ready = Told.of(alone.ready());
        cluster.pass(SECOND);
        assertThat(ready.done()).isFalse();
        alone.stop().subscribe();
        cluster.pass(Duration.ofSeconds(10));
        assertThat(ready.error()).isInstanceOf(RaftException.Stopped.class);
    }

    private static String other(VirtualCluster cluster, String id) {
        return cluster.nodes.keySet().stream()
                .filter(each -> !each.equals(id))
                .sorted()
                .findFirst()
                .orElseThrow();
    }
}
