package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.proto.MemberRequest;
import java.time.Duration;
import java.util.List;
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
