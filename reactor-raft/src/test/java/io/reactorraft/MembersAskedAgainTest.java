package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.proto.MemberRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Changes of the members that are asked for twice, lose their leader, or wait for somebody who never comes. */
class MembersAskedAgainTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void whoRemovesTheLeaderHearsThatItIsDone(long seed) {
        VirtualCluster cluster = new VirtualCluster(seed, 3).started();
        cluster.pass(SECOND);
        String leader = cluster.leader();
        Told<List<Member>> removed =
                Told.of(cluster.node(cluster.follower()).membership().remove(leader));
        cluster.pass(SECOND.multipliedBy(8));
        assertThat(removed.value()).as("seed " + seed).extracting(Member::id).doesNotContain(leader);
        assertThat(cluster.machine(leader).ending()).isEqualTo(Ending.REMOVED);
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14, 15})
    void aLeaderThatIsAskedToRemoveItselfSaysThatItIsDone(long seed) {
        VirtualCluster cluster = new VirtualCluster(seed, 3).started();
        cluster.pass(SECOND);
        String leader = cluster.leader();
        Told<List<Member>> removed = Told.of(cluster.node(leader).membership().remove(leader));
        cluster.pass(SECOND.multipliedBy(8));
        assertThat(removed.value()).as("seed " + seed).extracting(Member::id).doesNotContain(leader);
        assertThat(cluster.machine(leader).ending()).isEqualTo(Ending.REMOVED);
    }

    @ParameterizedTest
    @ValueSource(longs = {21, 22, 23})
    void aRequestThatLosesItsLeaderIsAskedOfTheNext(long seed) {
        VirtualCluster cluster = new VirtualCluster(seed, 5).started();
        cluster.pass(SECOND);
        String leader = cluster.leader();
        List<String> others = List.of("n1", "n2", "n3", "n4", "n5").stream()
                .filter(id -> !id.equals(leader))
                .toList();
        Told<List<Member>> removed =
                Told.of(cluster.node(others.get(0)).membership().remove(others.get(1)));
        cluster.network.isolate(leader);
        cluster.pass(SECOND.multipliedBy(9));
        assertThat(removed.value()).as("seed " + seed).hasSize(4);
    }

    @Test
    void whereNobodyLeadsItIsSaidWithinTwoElectionTimeouts() {
        VirtualCluster cluster = new VirtualCluster(31, 3).started();
        cluster.pass(SECOND);
        String alone = cluster.follower();
        cluster.nodes.keySet().stream().filter(id -> !id.equals(alone)).forEach(cluster::kill);
        cluster.pass(SECOND.multipliedBy(5));
        Told<List<Member>> asked = Told.of(cluster.node(alone).membership().remove("n9"));
        cluster.pass(SECOND.multipliedBy(3));
        assertThat(asked.error()).isInstanceOf(RaftException.NotLeader.class);
    }

    @Test
    void aReplacementThatIsAskedForAgainLeavesTheNewDiskAlone() {
        VirtualCluster cluster = new VirtualCluster(41, 3).started();
        cluster.pass(SECOND);
        String leader = cluster.leader();
        String lost = cluster.follower();
        Membership membership = cluster.node(leader).membership();
        String old = membership.dataId(lost);
        assertThat(old).isNotEmpty();
        Told<Void> stopped = Told.of(cluster.node(lost).stop());
        cluster.pass(SECOND.multipliedBy(10));
        assertThat(stopped.done()).isTrue();
        cluster.log(lost).wipe();
        Told<List<Member>> first = Told.of(membership.replace(lost, old));
        cluster.pass(SECOND);
        assertThat(first.value()).hasSize(3);
        cluster.start(lost);
        cluster.pass(SECOND.multipliedBy(5));
        String fresh = membership.dataId(lost);
        assertThat(fresh).isNotEmpty().isNotEqualTo(old);
        Told<List<Member>> again = Told.of(membership.replace(lost, old));
        cluster.pass(SECOND);
        assertThat(again.value()).hasSize(3);
        cluster.pass(SECOND.multipliedBy(5));
        assertThat(membership.dataId(lost)).isEqualTo(fresh);
        assertThat(cluster.machine(lost).failure()).isNull();
        assertThatThrownBy(() -> membership.replace(lost, "no hex")).hasMessageContaining("hexadecimal");
        assertThat(membership.dataId("n9")).isEmpty();
    }

    @Test
    void aRemovalThatIsAskedForAgainLeavesWhoCameBackMeanwhileAlone() {
        VirtualCluster cluster = new VirtualCluster(42, 3).started();
        cluster.pass(SECOND);
        String gone = cluster.follower();
        Membership membership = cluster.node(cluster.leader()).membership();
        String old = membership.dataId(gone);
        Told<List<Member>> first = Told.of(membership.remove(gone, old));
        cluster.pass(SECOND.multipliedBy(3));
        assertThat(first.value()).hasSize(2);
        Told<List<Member>> added = Told.of(membership.add(cluster.member(gone)));
        cluster.pass(SECOND);
        assertThat(added.done()).isTrue();
        cluster.joinAnew(gone, cluster.member(cluster.leader()).address());
        cluster.pass(SECOND.multipliedBy(5));
        assertThat(membership.dataId(gone)).isNotEmpty().isNotEqualTo(old);
        Told<List<Member>> again = Told.of(membership.remove(gone, old));
        cluster.pass(SECOND.multipliedBy(3));
        assertThat(again.value()).contains(cluster.member(gone));
        assertThatThrownBy(() -> Told.of(membership.remove(gone, "no hex"))).hasMessageContaining("hexadecimal");
        Told<List<Member>> unheardOf = Told.of(membership.remove(gone, "00ff"));
        cluster.pass(SECOND);
        assertThat(unheardOf.error()).hasMessageContaining("never known '" + gone + "'");
    }

    @Test
    void aPromotionOfOneThatIsYetToBeAddedIsDoneOnceItVotes() {
        VirtualCluster cluster = new VirtualCluster(43, 3).started();
        cluster.pass(SECOND);
        Membership membership = cluster.node(cluster.leader()).membership();
        Told<List<Member>> added = Told.of(membership.add(Member.voter("n4", "host4:7000")));
        Told<List<Member>> promoted = Told.of(membership.promote("n4"));
        cluster.pass(SECOND);
        assertThat(added.value()).contains(Member.learner("n4", "host4:7000"));
        assertThat(promoted.done()).as("it was never started").isFalse();
        cluster.join("n4", "host1:7000", "host2:7000", "host3:7000");
        cluster.pass(SECOND.multipliedBy(3));
        assertThat(promoted.value()).contains(Member.voter("n4", "host4:7000"));
    }

    @Test
    void anAdditionThatIsAskedForAgainLeavesWhoWasRemovedMeanwhileAway() {
        VirtualCluster cluster = new VirtualCluster(44, 3).started();
        cluster.pass(SECOND);
        String asked = cluster.follower();
        Membership elsewhere = cluster.node(cluster.leader()).membership();
        Told<List<Member>> added = Told.of(cluster.node(asked).membership().add(cluster.member("n4")));
        cutOffOnce(cluster, asked, () -> isMember(elsewhere, "n4"));
        Told<List<Member>> removed = Told.of(elsewhere.remove("n4"));
        cluster.pass(SECOND);
        assertThat(removed.value()).hasSize(3);
        assertOvertaken(cluster, added);
        assertThat(isMember(elsewhere, "n4")).isFalse();
    }

    @Test
    void aPromotionThatIsAskedForAgainLeavesWhoWasDemotedMeanwhileALearner() {
        VirtualCluster cluster = new VirtualCluster(45, 3).started();
        cluster.pass(SECOND);
        String asked = cluster.follower();
        Membership elsewhere = cluster.node(cluster.leader()).membership();
        Member learner = new Member(
                "n4", cluster.member("n4").address(), true, cluster.member("n4").tags());
        Told<List<Member>> learning = Told.of(elsewhere.add(learner));
        cluster.pass(SECOND);
        assertThat(learning.value()).hasSize(4);
        cluster.joinAnew("n4", cluster.member(cluster.leader()).address());
        cluster.pass(SECOND.multipliedBy(3));
        Told<List<Member>> promoted = Told.of(cluster.node(asked).membership().promote("n4"));
        cutOffOnce(cluster, asked, () -> elsewhere.members().stream().noneMatch(Member::learner));
        Told<List<Member>> demoted = Told.of(elsewhere.add(learner));
        cluster.pass(SECOND);
        assertThat(demoted.value()).hasSize(4);
        assertOvertaken(cluster, promoted);
        assertThat(elsewhere.members().stream().filter(Member::learner).map(Member::id))
                .containsExactly("n4");
    }

    @Test
    void aListThatIsAskedForAgainIsToldAtOnceThatItWasOvertaken() {
        VirtualCluster cluster = new VirtualCluster(46, 3).started();
        cluster.pass(SECOND);
        String asked = cluster.follower();
        Membership elsewhere = cluster.node(cluster.leader()).membership();
        List<Member> three = elsewhere.members();
        List<Member> four = new ArrayList<>(three);
        four.add(cluster.member("n4"));
        Told<List<Member>> first = Told.of(cluster.node(asked).membership().reconcile(four));
        cutOffOnce(cluster, asked, () -> isMember(elsewhere, "n4"));
        Told<List<Member>> later = Told.of(elsewhere.reconcile(three));
        cluster.pass(SECOND);
        assertThat(later.value()).hasSize(3);
        assertOvertaken(cluster, first);
        assertThat(elsewhere.members()).hasSize(3);
    }

    @Test
    void whoWaitsForMembersThatAreNotWantedAnyMoreIsToldAtOnce() {
        VirtualCluster cluster = new VirtualCluster(47, 3).started();
        cluster.pass(SECOND);
        Membership membership = cluster.node(cluster.leader()).membership();
        List<Member> three = membership.members();
        List<Member> four = new ArrayList<>(three);
        four.add(cluster.member("n4"));
        Told<List<Member>> list = Told.of(membership.reconcile(four));
        cluster.pass(SECOND);
        Told<List<Member>> promoted = Told.of(membership.promote("n4"));
        cluster.pass(SECOND);
        assertThat(List.of(list.done(), promoted.done())).containsOnly(false);
        Told<List<Member>> fifth = Told.of(membership.add(cluster.member("n5")));
        cluster.pass(SECOND);
        assertThat(fifth.value()).hasSize(5);
        assertThat(list.error()).hasMessageContaining("other members were asked for meanwhile");
        assertThat(promoted.done()).as("that is still to be").isFalse();
        Told<List<Member>> removed = Told.of(membership.remove("n4"));
        cluster.pass(SECOND);
        assertThat(removed.value()).hasSize(4);
        assertThat(promoted.error()).hasMessageContaining("other members were asked for meanwhile");
    }

    private static boolean isMember(Membership membership, String id) {
        return membership.members().stream().anyMatch(member -> member.id().equals(id));
    }

    @Test
    void whatNeverArrivedIsCarriedOutTheNextTime() {
        VirtualCluster cluster = new VirtualCluster(48, 3).started();
        cluster.pass(SECOND);
        String asked = cluster.follower();
        String leader = cluster.leader();
        Told<List<Member>> before = Told.of(cluster.node(leader).membership().add(cluster.member("n4")));
        cluster.pass(SECOND);
        assertThat(before.value()).hasSize(4);
        int[] lost = new int[1];
        cluster.network.loseAnswers(leader, body -> lost[0]++);
        Told<List<Member>> added = Told.of(cluster.node(asked).membership().add(cluster.member("n5")));
        cluster.pass(SECOND);
        assertThat(lost[0]).isPositive();
        cluster.network.answerAgain();
        cluster.pass(SECOND);
        assertThat(added.value()).hasSize(5);
    }

    /** The answer that the member waits for is lost, once what it asked for is done. */
    private static void cutOffOnce(VirtualCluster cluster, String asked, BooleanSupplier done) {
        for (int i = 0; i < 1_000 && !done.getAsBoolean(); i++) {
            cluster.pass(Duration.ofMillis(1));
        }
        assertThat(done.getAsBoolean()).isTrue();
        cluster.network.isolate(asked);
    }

    /** Well before its time, ten seconds, is over. */
    private static void assertOvertaken(VirtualCluster cluster, Told<List<Member>> asked) {
        assertThat(asked.done()).isFalse();
        cluster.network.heal();
        cluster.pass(SECOND.multipliedBy(3));
        assertThat(asked.error())
                .isInstanceOf(RaftException.OutcomeUnknown.class)
                .hasMessageContaining("other members were asked for meanwhile");
    }

    @Test
    void withoutADiskAReplacementIsNotAskedForAgain() {
        assertThat(askedOfTheNextLeader(MemberRequest.Kind.REPLACE)).isOne();
    }

    @Test
    void withoutADiskARemovalIsNotAskedForAgain() {
        assertThat(askedOfTheNextLeader(MemberRequest.Kind.REMOVE)).isOne();
    }

    @Test
    void whatDoesNoHarmIsAskedForAgain() {
        assertThat(askedOfTheNextLeader(MemberRequest.Kind.PROMOTE)).isGreaterThan(1);
    }

    /** How often leaders are asked for it, about a member of which no disk is known, where no answer ever comes. */
    private static int askedOfTheNextLeader(MemberRequest.Kind kind) {
        VirtualCluster cluster = new VirtualCluster(43, 3).started();
        cluster.pass(SECOND);
        Membership membership = cluster.node(cluster.follower()).membership();
        Told<List<Member>> added = Told.of(membership.add(cluster.member("n4")));
        cluster.pass(SECOND.multipliedBy(2));
        assertThat(added.done()).isTrue();
        int[] asked = new int[1];
        cluster.network.loseAnswers(cluster.leader(), body -> asked[0]++);
        Told<List<Member>> told = Told.of(
                switch (kind) {
                    case REPLACE -> membership.replace("n4");
                    case REMOVE -> membership.remove("n4");
                    default -> membership.promote("n4");
                });
        cluster.pass(SECOND.multipliedBy(12));
        assertThat(told.error()).isInstanceOf(RaftException.OutcomeUnknown.class);
        return asked[0];
    }

    @Test
    void aNewMemberThatNeverStartsHoldsNoRemovalUp() {
        VirtualCluster cluster = new VirtualCluster(51, 3).started();
        cluster.pass(SECOND);
        String leader = cluster.leader();
        String gone = cluster.follower();
        Membership membership = cluster.node(leader).membership();
        Told<List<Member>> added = Told.of(membership.add(cluster.member("n4")));
        cluster.pass(SECOND);
        assertThat(added.done()).isTrue();
        Told<List<Member>> removed = Told.of(membership.remove(gone));
        cluster.pass(SECOND.multipliedBy(3));
        assertThat(removed.value()).extracting(Member::id).doesNotContain(gone).contains("n4");
        Told<List<Member>> never = Told.of(membership.remove("n4"));
        cluster.pass(SECOND.multipliedBy(3));
        assertThat(never.value()).hasSize(2);
    }

    @Test
    void whoeverIsWaitedForIsNamed() {
        VirtualCluster cluster = new VirtualCluster(52, 3).started();
        cluster.pass(SECOND);
        String leader = cluster.leader();
        String gone = cluster.follower();
        List<Member> target = List.of("n1", "n2", "n3", "n4").stream()
                .filter(id -> !id.equals(gone))
                .map(cluster::member)
                .toList();
        Told<List<Member>> asked = Told.of(cluster.node(leader).membership().reconcile(target));
        cluster.pass(SECOND.multipliedBy(15));
        assertThat(asked.error())
                .isInstanceOf(RaftException.OutcomeUnknown.class)
                .hasMessageContaining("nothing is heard of n4");
    }

    @Test
    void aMemberThatComesBackElsewhereIsKnownThere() {
        VirtualCluster cluster = new VirtualCluster(61, 3).started();
        cluster.pass(SECOND);
        for (String moved : List.of(cluster.follower(), cluster.leader())) {
            Told<Void> stopped = Told.of(cluster.node(moved).stop());
            cluster.pass(SECOND.multipliedBy(10));
            assertThat(stopped.done()).isTrue();
            cluster.move(moved, "elsewhere-" + moved + ":7000");
            cluster.start(moved);
            cluster.pass(SECOND.multipliedBy(6));
            for (String id : List.of("n1", "n2", "n3")) {
                assertThat(cluster.node(id).membership().members())
                        .as("as %s sees it", id)
                        .contains(cluster.member(moved))
                        .hasSize(3);
            }
        }
    }

    @Test
    void aMemberThatWasMovedByARequestBeforeItMovesIsLeftThere() {
        VirtualCluster cluster = new VirtualCluster(62, 3).started();
        cluster.pass(SECOND);
        Member elsewhere = Member.voter("n3", "elsewhere:7000");
        Told<List<Member>> moved = Told.of(cluster.node("n2").membership().add(elsewhere));
        cluster.pass(SECOND.multipliedBy(10));
        assertThat(moved.value()).contains(elsewhere);
        assertThat(cluster.node("n1").membership().members()).contains(elsewhere);
    }

    @Test
    void aMemberThatIsStartedWithAnAddressWhereItIsNotStaysKnownWhereItIs() {
        VirtualCluster cluster = new VirtualCluster(63, 3).started();
        cluster.pass(SECOND);
        String follower = cluster.follower();
        Member known = cluster.member(follower);
        Told<Void> stopped = Told.of(cluster.node(follower).stop());
        cluster.pass(SECOND.multipliedBy(10));
        assertThat(stopped.done()).isTrue();
        cluster.move(follower, "nowhere:7000");
        cluster.network.hide("nowhere:7000");
        cluster.start(follower);
        cluster.pass(SECOND.multipliedBy(60));
        assertThat(cluster.node(cluster.leader()).membership().members()).contains(known);
        cluster.network.show("nowhere:7000");
        cluster.pass(SECOND.multipliedBy(10));
        assertThat(cluster.node(cluster.leader()).membership().members())
                .as("it has asked often enough")
                .contains(known);
    }

    @Test
    void aNewMemberTakesTheAddressOfOneThatLeaves() {
        VirtualCluster cluster = new VirtualCluster(71, 3).started();
        cluster.pass(SECOND);
        Member fourth = Member.voter("n4", "host3:7000");
        Told<List<Member>> asked = Told.of(
                cluster.node("n1").membership().reconcile(List.of(cluster.member("n1"), cluster.member("n2"), fourth)));
        cluster.pass(SECOND.multipliedBy(5));
        assertThat(cluster.machine("n3").ending()).isEqualTo(Ending.REMOVED);
        cluster.move("n4", "host3:7000");
        cluster.join("n4", "host1:7000", "host2:7000");
        cluster.pass(SECOND.multipliedBy(5));
        assertThat(asked.value()).containsExactlyInAnyOrder(cluster.member("n1"), cluster.member("n2"), fourth);
    }
}
