package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.MessageType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Members come, go, and are replaced (§6), over whole nodes. */
class MembershipOfNodesTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void aNewMemberJoinsLearnsAndGetsItsVoteByItself(long seed) {
        VirtualCluster cluster = new VirtualCluster(seed, 3).started();
        List<String> written = write(cluster, 0, 20);
        cluster.join("n4", "host9:7000", "host1:7000"); // the first one answers nothing
        cluster.pass(Duration.ofSeconds(5));
        assertThat(voters(cluster, cluster.leader())).containsExactly("n1", "n2", "n3", "n4");
        written.addAll(write(cluster, 20, 25));
        cluster.pass(SECOND);
        assertThat(cluster.applied("n4")).as("seed " + seed).isEqualTo(written);
        assertThat(voters(cluster, "n4")).containsExactly("n1", "n2", "n3", "n4");
    }

    @Test
    void oneThatJoinsAfterTheLogWasCompactedBeginsWithASnapshot() {
        RaftConfig often = RaftConfig.defaults()
                .withSnapshotEntries(20)
                .withSnapshotPause(Duration.ofMillis(100))
                .withKeepEntries(2);
        VirtualCluster cluster = new VirtualCluster(4, 3).config(often).started();
        List<String> written = write(cluster, 0, 100);
        assertThat(cluster.log(cluster.leader()).firstIndex()).isGreaterThan(1);
        cluster.join("n4", "host1:7000", "host2:7000", "host3:7000");
        cluster.pass(Duration.ofSeconds(8));
        assertThat(cluster.applied("n4")).isEqualTo(written);
        assertThat(voters(cluster, "n4")).contains("n4");
        assertThat(cluster.log("n4").firstIndex()).isGreaterThan(1);
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13})
    void allThreeAreReplacedInOneTargetWhileWritesGoOn(long seed) {
        VirtualCluster cluster = new VirtualCluster(seed, 3).started();
        List<String> written = write(cluster, 0, 10);
        List.of("n4", "n5", "n6").forEach(id -> cluster.join(id, "host1:7000", "host2:7000", "host3:7000"));
        cluster.pass(Duration.ofSeconds(8));
        written.addAll(write(cluster, 10, 20));
        cluster.node(cluster.leader())
                .membership()
                .reconcile(List.of(cluster.member("n4"), cluster.member("n5"), cluster.member("n6")))
                .subscribe(done -> {}, goesOnByItself -> {});
        cluster.pass(Duration.ofSeconds(10));
        String leader = leaderOf(cluster, "n4", "n5", "n6");
        assertThat(voters(cluster, leader)).as("seed " + seed).containsExactly("n4", "n5", "n6");
        written.addAll(write(cluster, leader, 20, 30));
        cluster.pass(SECOND);
        List.of("n4", "n5", "n6")
                .forEach(id -> assertThat(cluster.applied(id)).as(id).isEqualTo(written));
        List.of("n1", "n2", "n3")
                .forEach(id -> assertThat(cluster.machine(id).ending()).as(id).isEqualTo(Ending.REMOVED));
    }

    @Test
    void aRemovedMemberIsToldAndEndsAndTheOthersGoOn() {
        VirtualCluster cluster = new VirtualCluster(21, 3).started();
        cluster.pass(SECOND);
        String gone = cluster.follower();
        Told<List<Member>> removed =
                Told.of(cluster.node(gone).membership().remove(gone)); // asked at the one that goes
        cluster.pass(Duration.ofSeconds(6));
        assertThat(removed.done()).isTrue();
        assertThat(cluster.machine(gone).ending()).isEqualTo(Ending.REMOVED);
        assertThat(voters(cluster, leaderOtherThan(cluster, gone)))
                .doesNotContain(gone)
                .hasSize(2);
        write(cluster, leaderOtherThan(cluster, gone), 0, 3);
        Told<List<Member>> again = Told.of(
                cluster.node(leaderOtherThan(cluster, gone)).membership().remove(gone));
        cluster.pass(SECOND); // an entry shows that who says so still leads
        assertThat(again.value()).as("asking again does no harm").hasSize(2);
    }

    @Test
    void aLeaderThatIsToGoHandsOverFirst() {
        VirtualCluster cluster = new VirtualCluster(22, 3).started();
        cluster.pass(SECOND);
        String leader = cluster.leader();
        Told.of(cluster.node(leader).membership().remove(leader));
        cluster.pass(Duration.ofSeconds(6));
        String next = leaderOtherThan(cluster, leader);
        assertThat(voters(cluster, next)).doesNotContain(leader).hasSize(2);
        assertThat(cluster.machine(leader).ending()).isEqualTo(Ending.REMOVED);
    }

    @Test
    void aLeaderThatIsToGoTriesAnotherHeirWhereTheFirstCannotLead() {
        VirtualCluster cluster = new VirtualCluster(29, 3).started();
        cluster.pass(SECOND);
        String leader = cluster.leader();
        String first = List.of("n1", "n2", "n3").stream()
                .filter(id -> !id.equals(leader))
                .findFirst()
                .orElseThrow();
        cluster.log(first).stall();
        cluster.pass(Duration.ofSeconds(4));
        Told.of(cluster.node(leader).membership().remove(leader));
        cluster.pass(Duration.ofSeconds(8));
        String next = leaderOtherThan(cluster, leader);
        assertThat(next).isNotEqualTo(first);
        cluster.log(first).recover();
        cluster.pass(Duration.ofSeconds(6));
        assertThat(voters(cluster, next)).doesNotContain(leader).hasSize(2);
    }

    @Test
    void aRemovalThatWouldLeaveNoQuorumOfReachableMembersIsRefusedWithTheCount() {
        VirtualCluster cluster = new VirtualCluster(23, 3).started();
        cluster.pass(SECOND);
        String leader = cluster.leader();
        String away = cluster.follower();
        String here = List.of("n1", "n2", "n3").stream()
                .filter(id -> !id.equals(leader) && !id.equals(away))
                .findFirst()
                .orElseThrow();
        cluster.network.isolate(away);
        cluster.pass(Duration.ofSeconds(4));
        Told<List<Member>> refused =
                Told.of(cluster.node(leader).membership().remove(here)).after(cluster);
        assertThat(refused.error())
                .isInstanceOfSatisfying(
                        RaftException.Rejected.class,
                        rejected -> assertThat(rejected.membership()).isEqualTo(MembershipRefusal.QUORUM_AT_RISK))
                .hasMessageContaining("2 are needed, and 1 can be reached: " + leader);
        Told<List<Member>> dead = Told.of(cluster.node(leader).membership().remove(away));
        cluster.pass(SECOND);
        assertThat(dead.value()).as("the one that is away may go").hasSize(2);
    }

    @Test
    void anEmptiedDiskIsAnotherMemberUntilItIsReplaced() {
        VirtualCluster cluster = new VirtualCluster(24, 3).started();
        List<String> written = write(cluster, 0, 5);
        cluster.pass(SECOND);
        String lost = cluster.follower();
        cluster.node(lost).stop().subscribe();
        cluster.pass(Duration.ofSeconds(3));
        cluster.join(lost, cluster.member(cluster.leader()).address());
        cluster.pass(Duration.ofSeconds(4));
        assertThat(cluster.machine(lost).failure()).hasMessageContaining("another data directory");

        Told<List<Member>> replaced =
                Told.of(cluster.node(cluster.leader()).membership().replace(lost));
        cluster.pass(Duration.ofSeconds(3));
        assertThat(replaced.done()).isTrue();
        cluster.join(lost, cluster.member(cluster.leader()).address());
        cluster.pass(Duration.ofSeconds(6));
        assertThat(cluster.applied(lost)).isEqualTo(written);
        assertThat(voters(cluster, cluster.leader())).containsExactly("n1", "n2", "n3");
    }

    @Test
    void requestsThatCannotBeAreRefusedByName() {
        VirtualCluster cluster = new VirtualCluster(25, 3).started();
        Membership membership = cluster.node("n1").membership();
        refused(cluster, membership.promote("n9"), MembershipRefusal.NOT_A_MEMBER, "no member 'n9'");
        refused(cluster, membership.replace("n9"), MembershipRefusal.NOT_A_MEMBER, "n1, n2, n3");
        refused(cluster, membership.reconcile(List.of()), MembershipRefusal.REFUSED, "no voter would be left");
        refused(
                cluster,
                membership.add(Member.voter("n4", "host1:7000")),
                MembershipRefusal.REFUSED,
                "would share the address host1:7000");
        refused(
                cluster,
                membership.reconcile(List.of(Member.learner("n1", "host1:7000"))),
                MembershipRefusal.REFUSED,
                "no voter");
    }

    @Test
    void onlySoManyRequestsWaitAtTheLeader() {
        VirtualCluster cluster = new VirtualCluster(28, 3).started();
        cluster.pass(SECOND);
        String leader = cluster.leader();
        cluster.network.isolate(leader);
        List<Told<List<Member>>> asked = new ArrayList<>();
        for (int i = 0; i < MembershipOffice.MAX_WAITING + 1; i++) {
            asked.add(Told.of(cluster.node(leader).membership().add(Member.voter("x" + i, "x" + i + ":7000"))));
        }
        cluster.pass(Duration.ofMillis(10));
        assertThat(asked.get(MembershipOffice.MAX_WAITING).error())
                .isInstanceOf(RaftException.Overloaded.class)
                .hasMessageContaining("64 requests");
        cluster.pass(Duration.ofSeconds(15));
        assertThat(asked).as("everybody is told, in the end").allMatch(Told::done);
    }

    @Test
    void aMemberMovesToAnotherAddress() {
        VirtualCluster cluster = new VirtualCluster(26, 3).started();
        Told<List<Member>> moved = Told.of(cluster.node("n2").membership().add(Member.voter("n3", "elsewhere:7000")));
        cluster.pass(SECOND);
        assertThat(moved.value()).contains(Member.voter("n3", "elsewhere:7000"));
        assertThat(cluster.node("n1").membership().members()).contains(Member.voter("n3", "elsewhere:7000"));
    }

    @Test
    void aTargetThatOneLeaderTookOnIsReachedUnderTheNext() {
        VirtualCluster cluster = new VirtualCluster(27, 3).started();
        cluster.pass(SECOND);
        String old = cluster.leader();
        cluster.node(old).membership().add(cluster.member("n4")).subscribe(done -> {}, unknown -> {});
        cluster.pass(Duration.ofMillis(400));
        cluster.network.isolate(old);
        cluster.pass(Duration.ofSeconds(5));
        String next = leaderOtherThan(cluster, old);
        cluster.join("n4", cluster.member(next).address());
        cluster.pass(Duration.ofSeconds(5));
        assertThat(voters(cluster, next)).containsExactly("n1", "n2", "n3", "n4");
    }

    private static void refused(
            VirtualCluster cluster,
            reactor.core.publisher.Mono<List<Member>> change,
            MembershipRefusal refusal,
            String said) {
        Told<List<Member>> told = Told.of(change);
        cluster.pass(SECOND);
        assertThat(told.error())
                .isInstanceOfSatisfying(
                        RaftException.Rejected.class,
                        rejected -> assertThat(rejected.membership()).isEqualTo(refusal))
                .hasMessageContaining(said);
    }

    private static List<String> voters(VirtualCluster cluster, String id) {
        return cluster.node(id).membership().members().stream()
                .filter(member -> !member.learner())
                .map(Member::id)
                .sorted()
                .toList();
    }

    private static String leaderOf(VirtualCluster cluster, String... ids) {
        for (int i = 0; i < 1_000; i++) {
            for (String id : ids) {
                if (cluster.node(id).status().leadership().leading()) {
                    return id;
                }
            }
            cluster.pass(Duration.ofMillis(10));
        }
        throw new AssertionError("none of " + List.of(ids) + " leads");
    }

    private static String leaderOtherThan(VirtualCluster cluster, String not) {
        return leaderOf(
                cluster,
                cluster.nodes.keySet().stream().filter(id -> !id.equals(not)).toArray(String[]::new));
    }

    /** Or whoever is left goes on with a configuration that it cannot leave alone. */
    @Test
    void aLeaderThatNobodyCanReplaceBeforeItGoesTellsThatItHasGone() {
        VirtualCluster cluster = new VirtualCluster(92, 1).started();
        cluster.pass(SECOND);
        cluster.network.lose(message -> message.getType() == MessageType.MSG_APPEND && message.getEntriesCount() == 0);
        Told<List<Member>> replaced = Told.of(cluster.node("n1").membership().reconcile(List.of(cluster.member("n2"))));
        cluster.join("n2", "host1:7000");
        cluster.pass(SECOND.multipliedBy(10));
        assertThat(cluster.machine("n1").ending()).isEqualTo(Ending.REMOVED);
        assertThat(replaced.value()).containsExactly(cluster.member("n2"));
        assertThat(write(cluster, "n2", 0, 1)).hasSize(1);
        assertThat(voters(cluster, "n2")).containsExactly("n2");
    }

    private static List<String> write(VirtualCluster cluster, int from, int to) {
        return write(cluster, cluster.leader(), from, to);
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
}
