package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.proto.MessageType;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.StartRefusedException.Kind;
import io.reactorraft.spi.Transport.Refusal;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Founders come back with empty disks and their old word that they found the group: a majority of all founders. */
class LostFoundersTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void besideASurvivorTheyEndInsteadOfBeginningAnotherGroup(long seed) {
        VirtualCluster cluster = written(seed);
        stopAll(cluster);
        long last = cluster.log("n1").lastIndex();
        List.of("n2", "n3").forEach(id -> cluster.log(id).wipe());
        startSurvivorFirst(cluster);
        cluster.pass(SECOND.multipliedBy(10));
        List.of("n2", "n3").forEach(id -> {
            assertThat(cluster.machine(id).failure())
                    .as("seed %d, %s", seed, id)
                    .isInstanceOfSatisfying(
                            StartRefusedException.class,
                            refused -> assertThat(refused.kind()).isEqualTo(Kind.WIPED))
                    .hasMessageContaining("member replace " + id);
            assertThat(cluster.log(id).lastIndex()).as("it led nobody").isEqualTo(Genesis.INDEX);
        });
        assertThat(cluster.log("n1").lastIndex()).isEqualTo(last);
    }

    @ParameterizedTest
    @ValueSource(longs = {61, 62, 63, 64, 65})
    void besideASurvivorThatStillReadsItsLogTheyWaitForItsVerdict(long seed) {
        VirtualCluster cluster = written(seed);
        stopAll(cluster);
        List.of("n2", "n3").forEach(id -> cluster.log(id).wipe());
        cluster.log("n1").forgetEntries(true);
        cluster.log("n1").rangeTime(SECOND.multipliedBy(4));
        List.of("n1", "n2", "n3").forEach(cluster::start);
        cluster.pass(SECOND.multipliedBy(20));
        List.of("n2", "n3").forEach(id -> {
            assertThat(cluster.log(id).lastIndex())
                    .as("seed %d: %s led nobody", seed, id)
                    .isEqualTo(Genesis.INDEX);
            assertThat(cluster.machine(id).failure())
                    .as("seed %d, %s", seed, id)
                    .hasMessageContaining("member replace");
        });
    }

    @Test
    void aVoteThatComesOnceItIsRefusedMakesNobodyALeader() {
        VirtualCluster cluster = new VirtualCluster(71, 3);
        List.of("n2", "n3").forEach(cluster::start);
        String candidate = "";
        for (int i = 0; i < 10_000 && candidate.isEmpty(); i++) {
            cluster.pass(Duration.ofMillis(1));
            for (String id : List.of("n2", "n3")) {
                candidate = cluster.network.sent(id, MessageType.MSG_VOTE) > 0 ? id : candidate;
            }
        }
        assertThat(candidate).isNotEmpty();
        cluster.network.tell(candidate, "n1", new Refusal(Verdict.WIPED, "it was another one"));
        cluster.pass(SECOND);
        for (String id : List.of("n2", "n3")) {
            assertThat(cluster.log(id).lastIndex()).as(id).isEqualTo(Genesis.INDEX);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14, 15})
    void besideAForcedSurvivorTheyEndToo(long seed) {
        VirtualCluster cluster = written(seed);
        stopAll(cluster);
        List.of("n2", "n3").forEach(id -> cluster.log(id).wipe());
        cluster.force("n1", "n1", cluster.log("n1").lastIndex());
        startSurvivorFirst(cluster);
        cluster.pass(SECOND.multipliedBy(10));
        List.of("n2", "n3").forEach(id -> {
            assertThat(cluster.machine(id).failure())
                    .as("seed %d, %s", seed, id)
                    .isInstanceOfSatisfying(
                            StartRefusedException.class,
                            refused -> assertThat(refused.kind()).isEqualTo(Kind.FOREIGN))
                    .hasMessageContaining("earlier generation");
            assertThat(cluster.log(id).lastIndex()).isEqualTo(Genesis.INDEX);
        });
        assertThat(cluster.node("n1").status().leadership().leading()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {21, 22, 23})
    void whereTheyWereRemovedTheyAreToldSo(long seed) {
        VirtualCluster cluster = written(seed);
        cluster.join("n4", "host1:7000", "host2:7000");
        cluster.join("n5", "host1:7000", "host2:7000");
        cluster.pass(SECOND.multipliedBy(5));
        for (String id : List.of("n2", "n3")) {
            Told<List<Member>> removed = Told.of(cluster.node("n1").membership().remove(id));
            cluster.pass(SECOND.multipliedBy(6));
            assertThat(removed.value()).extracting(Member::id).doesNotContain(id);
        }
        List.of("n2", "n3").forEach(id -> {
            cluster.log(id).wipe();
            cluster.start(id);
        });
        cluster.pass(SECOND.multipliedBy(10));
        List.of("n2", "n3").forEach(id -> {
            assertThat(cluster.machine(id).ending()).as("seed %d, %s", seed, id).isEqualTo(Ending.REMOVED);
            assertThat(cluster.log(id).lastIndex()).isEqualTo(Genesis.INDEX);
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {51, 52, 53, 54, 55, 56, 57, 58})
    void oneThatAnybodyRefusesHelpsNobodyToAMajority(long seed) {
        VirtualCluster cluster = new VirtualCluster(seed, 3);
        List.of("n2", "n3").forEach(cluster::start);
        cluster.pass(Duration.ofMillis(900)); // before the first of them stands
        cluster.network.tell("n2", "n1", new Refusal(Verdict.WIPED, "it was another one", 5));
        for (int i = 0; i < 100; i++) {
            cluster.pass(Duration.ofMillis(100));
            assertThat(cluster.log("n3").lastIndex()).as("seed " + seed).isEqualTo(Genesis.INDEX);
        }
        assertThat(cluster.machine("n2").failure()).as("seed " + seed).hasMessageContaining("another one");
    }

    @Test
    void oneThatWasReplacedIsAFounderTooAndComesBackWhereAnotherStillRefusesIt() {
        VirtualCluster cluster = written(31);
        String leader = cluster.leader();
        String lost = cluster.follower();
        String lagging = List.of("n1", "n2", "n3").stream()
                .filter(id -> !id.equals(leader) && !id.equals(lost))
                .findFirst()
                .orElseThrow();
        stop(cluster, lost);
        cluster.log(lost).wipe();
        Told<List<Member>> replaced = Told.of(cluster.node(leader).membership().replace(lost));
        cluster.pass(SECOND);
        assertThat(replaced.done()).isTrue();
        cluster.start(lost);
        cluster.pass(Duration.ofMillis(20));
        cluster.network.tell(lost, lagging, new Refusal(Verdict.WIPED, "it was another one"));
        cluster.pass(SECOND.multipliedBy(10));
        assertThat(cluster.machine(lost).failure()).isNull();
        assertThat(cluster.applied(lost)).containsExactly("first", "second");
    }

    @ParameterizedTest
    @ValueSource(longs = {41, 42, 43})
    void whatTheyBeganWhileTheSurvivorWasAwayIsAnAlarmOnceItIsBack(long seed) {
        VirtualCluster cluster = written(seed);
        stopAll(cluster);
        long last = cluster.log("n1").lastIndex();
        List.of("n2", "n3").forEach(id -> {
            cluster.log(id).wipe();
            cluster.start(id);
        });
        cluster.pass(SECOND.multipliedBy(5));
        assertThat(alarms(cluster, "n2"))
                .as("nobody can tell them from first ones")
                .isEmpty();
        cluster.start("n1");
        cluster.pass(SECOND.multipliedBy(10));
        for (String id : List.of("n2", "n3")) {
            assertThat(alarms(cluster, id)).as("seed %d, %s", seed, id).anySatisfy(alarm -> {
                assertThat(alarm.kind()).isEqualTo(Alarm.Kind.TWO_GROUPS);
                assertThat(alarm.message()).contains("two groups run under one name: 'n1' belongs to one");
            });
        }
        assertThat(cluster.log("n1").lastIndex()).as("nothing is merged").isEqualTo(last);
        stop(cluster, "n1");
        cluster.log("n1").wipe();
        cluster.start("n1");
        cluster.pass(SECOND.multipliedBy(5));
        assertThat(alarms(cluster, "n2"))
                .as("it has joined them with an empty disk")
                .isEmpty();
    }

    @Test
    void whatSpokeAgainstThemIsForgottenWithTheMemberThatSaidIt() {
        VirtualCluster cluster = written(44);
        stopAll(cluster);
        List.of("n2", "n3").forEach(id -> {
            cluster.log(id).wipe();
            cluster.start(id);
        });
        cluster.pass(SECOND.multipliedBy(5));
        cluster.start("n1");
        cluster.pass(SECOND.multipliedBy(10));
        assertThat(alarms(cluster, "n2")).isNotEmpty();
        stop(cluster, "n1");
        for (boolean add : List.of(false, true)) {
            Membership membership = cluster.node("n2").membership();
            Told<List<Member>> changed = Told.of(add ? membership.add(cluster.member("n1")) : membership.remove("n1"));
            cluster.pass(SECOND.multipliedBy(5));
            assertThat(changed.value()).hasSize(add ? 3 : 2);
            assertThat(alarms(cluster, "n2")).as("added again: %s", add).isEmpty();
        }
    }

    /** Who is not there yet can refuse nobody. */
    private static void startSurvivorFirst(VirtualCluster cluster) {
        cluster.start("n1");
        cluster.pass(Duration.ofMillis(500));
        List.of("n2", "n3").forEach(cluster::start);
    }

    private static List<Alarm> alarms(VirtualCluster cluster, String id) {
        return cluster.node(id).status().alarms();
    }

    private static VirtualCluster written(long seed) {
        VirtualCluster cluster = new VirtualCluster(seed, 3).started();
        for (String command : List.of("first", "second")) {
            Told<Applied<Long>> told = Told.of(cluster.node(cluster.leader()).propose(command));
            cluster.pass(SECOND);
            assertThat(told.value().index()).isPositive();
        }
        return cluster;
    }

    private static void stopAll(VirtualCluster cluster) {
        List.of("n1", "n2", "n3").forEach(id -> stop(cluster, id));
    }

    private static void stop(VirtualCluster cluster, String id) {
        Told<Void> stopped = Told.of(cluster.node(id).stop());
        cluster.pass(SECOND.multipliedBy(10));
        assertThat(stopped.done()).isTrue();
    }
}
