package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.ConfChangeType;
import io.reactorraft.proto.MemberList;
import io.reactorraft.proto.MemberRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class MemberTargetsTest {
    private static final ByteString DISK = ByteString.copyFromUtf8("a disk");
    private static final Roster THREE = Roster.EMPTY
            .after(Genesis.entry(List.of(
                    Member.voter("n1", "host1:7000"),
                    Member.voter("n2", "host2:7000"),
                    Member.voter("n3", "host3:7000"))))
            .after(RosterTest.noted(withDisk(Member.voter("n3", "host3:7000"), DISK)));

    @Test
    void requestsBuildOnWhatWasAskedForBefore() {
        MemberList first = MemberTargets.after(THREE, add(Member.voter("n4", "host4:7000")), id -> true);
        MemberList second = MemberTargets.after(
                THREE.aimingAt(first),
                request(MemberRequest.Kind.REMOVE, Member.voter("n1", "host1:7000")),
                id -> true);
        assertThat(ids(second)).containsExactly("n2", "n3", "n4");
    }

    @Test
    void whatWasReachedIsNoTargetAnyMore() {
        MemberList target = MemberTargets.after(THREE, add(Member.voter("n3", "host3:7000")), id -> true);
        assertThat(THREE.isAt(target)).isTrue();
        assertThat(THREE.aimingAt(target).isUnderWay()).isFalse();
    }

    @Test
    void aReplacedMemberIsAwaitedWithAnotherDisk() {
        MemberList target = MemberTargets.after(
                THREE, request(MemberRequest.Kind.REPLACE, Member.voter("n3", "host3:7000")), id -> true);
        assertThat(THREE.isAt(target)).isFalse();
        assertThat(target.getMembers(2).getDataId()).isEqualTo(ByteString.EMPTY);
        assertThat(target.getReplacedList()).containsExactly(DISK);
        MemberList next =
                MemberTargets.after(THREE.aimingAt(target), add(Member.voter("n4", "host4:7000")), id -> true);
        assertThat(next.getReplacedList())
                .as("one that comes meanwhile changes nothing of it")
                .containsExactly(DISK);
        assertThat(next.getMembers(2).getDataId()).isEqualTo(ByteString.EMPTY);
    }

    @Test
    void aRemovalOfADiskThatIsGoneRemovesNobody() {
        Member third = Member.voter("n3", "host3:7000");
        assertThat(ids(MemberTargets.after(
                        THREE, request(MemberRequest.Kind.REMOVE, withDisk(third, DISK)), id -> true)))
                .containsExactly("n1", "n2");
        Roster later = new Roster(
                THREE.confState(),
                THREE.after(RosterTest.noted(withDisk(third, DISK))).members().entrySet().stream()
                        .collect(java.util.stream.Collectors.toMap(
                                java.util.Map.Entry::getKey,
                                each -> each.getValue().toBuilder()
                                        .setDataId(ByteString.copyFromUtf8("the next disk"))
                                        .build())),
                THREE.removed(),
                THREE.dataIds(),
                null,
                THREE.beginnings());
        MemberRequest removal = request(MemberRequest.Kind.REMOVE, withDisk(third, DISK));
        assertThat(ids(MemberTargets.after(
                        later, removal.toBuilder().setAgain(true).build(), id -> true)))
                .as("it may have been done before")
                .containsExactlyInAnyOrder("n1", "n2", "n3");
        assertThatThrownBy(() -> MemberTargets.after(later, removal, id -> true))
                .as("whoever asks for the first time has looked at an old list")
                .hasMessageContaining("come back with another disk");
        assertThatThrownBy(() -> MemberTargets.after(
                        THREE,
                        request(
                                MemberRequest.Kind.REMOVE,
                                withDisk(third, ByteString.copyFromUtf8("a disk of nobody"))),
                        id -> true))
                .hasMessageContaining("never known 'n3'");
    }

    @Test
    void aListThatIsAskedForAgainDoesNotUndoALaterOne() {
        MemberRequest first = request(
                MemberRequest.Kind.RECONCILE,
                Member.voter("n1", "host1:7000").toProto(),
                Member.voter("n4", "host4:7000").toProto());
        MemberList mine = MemberTargets.after(THREE, first, id -> true);
        MemberList others = MemberTargets.after(
                THREE,
                request(
                        MemberRequest.Kind.RECONCILE,
                        Member.voter("n1", "host1:7000").toProto()),
                id -> true);
        MemberRequest again = first.toBuilder().setAgain(true).build();
        assertThat(MemberTargets.isOvertaken(THREE, again))
                .as("it never arrived")
                .isFalse();
        assertThat(MemberTargets.isOvertaken(THREE.aimingAt(mine), again))
                .as("it is under way")
                .isFalse();
        assertThat(MemberTargets.isOvertaken(THREE.aimingAt(others), again)).isTrue();
        assertThat(MemberTargets.isOvertaken(THREE.aimingAt(others), first))
                .as("the first time")
                .isFalse();
        assertThat(MemberTargets.isOvertaken(
                        THREE.aimingAt(others),
                        again.toBuilder().setTargetBefore(others).build()))
                .as("they were what it began with")
                .isFalse();
    }

    @Test
    void aMemberThatWasRemovedSinceItWasAddedStaysAway() {
        MemberRequest addition = seen(add(Member.voter("n4", "host4:7000")), THREE);
        MemberRequest again = addition.toBuilder().setAgain(true).build();
        Roster added = THREE.aimingAt(MemberTargets.after(THREE, addition, id -> true));
        Roster removed = added.aimingAt(MemberTargets.after(
                added, request(MemberRequest.Kind.REMOVE, Member.voter("n4", "host4:7000")), id -> true));
        assertThat(MemberTargets.isOvertaken(THREE, again))
                .as("it never arrived")
                .isFalse();
        assertThat(MemberTargets.isOvertaken(added, again)).as("it is known").isFalse();
        assertThat(MemberTargets.isOvertaken(removed, again)).isTrue();
        assertThat(MemberTargets.isOvertaken(removed, addition))
                .as("the first time")
                .isFalse();
        assertThat(MemberTargets.isOvertaken(removed, seen(again, removed)))
                .as("the removal came first")
                .isFalse();
        assertThat(MemberTargets.isOvertaken(
                        removed, again.toBuilder().clearTargetBefore().build()))
                .as("who asks is of an earlier version, and does not say")
                .isFalse();
        Roster moved = added.aimingAt(MemberTargets.after(added, add(Member.voter("n4", "host5:7000")), id -> true));
        assertThat(MemberTargets.isOvertaken(moved, again))
                .as("it would move back")
                .isTrue();
    }

    @Test
    void aMemberWhoseDiskIsToGoSinceItWasAddedDoesNotKeepIt() {
        MemberRequest addition = seen(add(Member.voter("n3", "host3:7000")), THREE);
        Roster added = THREE.aimingAt(MemberTargets.after(THREE, addition, id -> true));
        Roster replaced = added.aimingAt(MemberTargets.after(
                added, request(MemberRequest.Kind.REPLACE, Member.voter("n3", "host3:7000")), id -> true));
        assertThat(MemberTargets.isOvertaken(
                        replaced, addition.toBuilder().setAgain(true).build()))
                .isTrue();
    }

    @Test
    void aMemberThatWasDemotedSinceItWasPromotedStaysALearner() {
        Roster learning =
                THREE.aimingAt(MemberTargets.after(THREE, add(Member.learner("n3", "host3:7000")), id -> true));
        MemberRequest promotion = request(MemberRequest.Kind.PROMOTE, Member.voter("n3", "host3:7000"));
        MemberRequest again = seen(promotion.toBuilder().setAgain(true).build(), learning);
        Roster promoted = learning.aimingAt(MemberTargets.after(learning, promotion, id -> true));
        Roster demoted =
                promoted.aimingAt(MemberTargets.after(promoted, add(Member.learner("n3", "host3:7000")), id -> true));
        assertThat(Objects.requireNonNull(demoted.target()).getMembersList())
                .as("it looks as it did before")
                .isEqualTo(Objects.requireNonNull(learning.target()).getMembersList());
        assertThat(MemberTargets.isOvertaken(learning, again)).isFalse();
        assertThat(MemberTargets.isOvertaken(promoted, again)).isFalse();
        assertThat(MemberTargets.isOvertaken(demoted, again)).isTrue();
    }

    @Test
    void aPromotionDoesNotMindThatTheDiskIsToGoToo() {
        Roster learning =
                THREE.aimingAt(MemberTargets.after(THREE, add(Member.learner("n3", "host3:7000")), id -> true));
        MemberRequest promotion = seen(request(MemberRequest.Kind.PROMOTE, Member.voter("n3", "host3:7000")), learning);
        Roster promoted = learning.aimingAt(MemberTargets.after(learning, promotion, id -> true));
        Roster replaced = promoted.aimingAt(MemberTargets.after(
                promoted, request(MemberRequest.Kind.REPLACE, Member.voter("n3", "host3:7000")), id -> true));
        assertThat(Objects.requireNonNull(replaced.target()).getReplacedList()).hasSize(1);
        assertThat(MemberTargets.isOvertaken(
                        replaced, promotion.toBuilder().setAgain(true).build()))
                .isFalse();
    }

    @Test
    void whoWasRemovedBeforeItWasAMemberIsNotLetInWhenItAsksAgain() {
        Member fourth = Member.voter("n4", "host4:7000");
        MemberRequest asking = join(fourth, "n4's disk");
        Roster letIn = THREE.aimingAt(MemberTargets.after(THREE, asking, id -> true));
        for (MemberRequest removal : List.of(
                request(MemberRequest.Kind.REMOVE, fourth),
                request(MemberRequest.Kind.RECONCILE, THREE.all().toArray(io.reactorraft.proto.Member[]::new)))) {
            Roster removed = letIn.aimingAt(MemberTargets.after(letIn, removal, id -> true));
            assertThatThrownBy(() -> MemberTargets.after(removed, asking, id -> true))
                    .hasMessageContaining("'n4' was removed");
            assertThat(ids(MemberTargets.after(removed, join(fourth, "another disk"), id -> true)))
                    .as("nobody has removed that one")
                    .contains("n4");
            Roster added = removed.aimingAt(MemberTargets.after(removed, add(fourth), id -> true));
            assertThat(ids(MemberTargets.after(added, asking, id -> true)))
                    .as("it was added again")
                    .contains("n4");
        }
    }

    @Test
    void ofThoseThatWereRemovedBeforeTheyWereMembersTheLatestAreRemembered() {
        Roster now = THREE;
        for (int i = 0; i <= MemberTargets.MAX_WITHDRAWN; i++) {
            Member next = Member.voter("m" + i, "other" + i + ":7000");
            now = now.aimingAt(MemberTargets.after(now, join(next, "disk " + i), id -> true));
            now = now.aimingAt(MemberTargets.after(now, request(MemberRequest.Kind.REMOVE, next), id -> true));
        }
        assertThat(Objects.requireNonNull(now.target()).getWithdrawnList())
                .hasSize(MemberTargets.MAX_WITHDRAWN)
                .doesNotContain(ByteString.copyFromUtf8("disk 0"))
                .contains(ByteString.copyFromUtf8("disk " + MemberTargets.MAX_WITHDRAWN));
    }

    @Test
    void aTargetThatIsAskedForAnewIsAnotherOneAndTheSameIsTheSame() {
        MemberRequest addition = add(Member.voter("n4", "host4:7000"));
        Roster first = THREE.aimingAt(MemberTargets.after(THREE, addition, id -> true));
        assertThat(MemberTargets.after(first, addition, id -> true)).isEqualTo(first.target());
        Roster second = first.aimingAt(MemberTargets.after(
                first, request(MemberRequest.Kind.REMOVE, Member.voter("n4", "host4:7000")), id -> true));
        assertThat(MemberTargets.after(second, addition, id -> true)).isNotEqualTo(first.target());
    }

    @Test
    void aTargetThatKnowsNothingOfADiskIsNoReasonToGiveItsIdAway() {
        MemberList before = MemberList.newBuilder()
                .addAllMembers(THREE.all().stream()
                        .map(member -> member.toBuilder().clearDataId().build())
                        .toList())
                .addMembers(Member.voter("n4", "host4:7000").toProto())
                .build();
        assertThatThrownBy(() -> MemberTargets.after(
                        THREE.aimingAt(before),
                        request(
                                MemberRequest.Kind.JOIN,
                                withDisk(Member.voter("n3", "host3:7000"), ByteString.copyFromUtf8("another"))),
                        id -> true))
                .hasMessageContaining("another disk");
    }

    @Test
    void anIdThatIsInUseIsNotGivenToAnotherDisk() {
        refused(
                join(Member.voter("n3", "elsewhere:7000"), "another disk"),
                MembershipRefusal.ID_USED,
                "another disk: take another id");
        assertThat(ids(MemberTargets.after(
                        THREE,
                        request(MemberRequest.Kind.JOIN, withDisk(Member.voter("n3", "moved:7000"), DISK)),
                        id -> true)))
                .as("the same disk under a new address is a move")
                .hasSize(3);
    }

    @Test
    void aDiskOfAMemberThatLeftDoesNotComeBack() {
        refused(join(Member.voter("n9", "host9:7000"), "a disk"), MembershipRefusal.ID_USED, "was removed");
    }

    @Test
    void aGroupHasSoManyMembersAtMost() {
        List<io.reactorraft.proto.Member> many = new ArrayList<>();
        for (int i = 0; i <= MemberTargets.MAX_MEMBERS; i++) {
            many.add(Member.voter("m" + i, "many" + i + ":7000").toProto());
        }
        MemberRequest request = MemberRequest.newBuilder()
                .setKind(MemberRequest.Kind.RECONCILE)
                .addAllMembers(many)
                .build();
        refused(request, MembershipRefusal.REFUSED, "at most " + MemberTargets.MAX_MEMBERS + " members");
        MemberRequest asMany = request.toBuilder().removeMembers(0).build();
        assertThat(ids(MemberTargets.after(THREE, asMany, id -> true))).hasSize(MemberTargets.MAX_MEMBERS);
    }

    @Test
    void aMemberIsNamedOnce() {
        MemberRequest twice = MemberRequest.newBuilder()
                .setKind(MemberRequest.Kind.RECONCILE)
                .addMembers(Member.voter("n1", "host1:7000").toProto())
                .addMembers(Member.voter("n1", "host2:7000").toProto())
                .build();
        refused(twice, MembershipRefusal.REFUSED, "'n1' is named twice");
    }

    @Test
    void newVotersAreWaitedForAndPutNothingAtRisk() {
        assertThat(ids(MemberTargets.after(THREE, add(Member.voter("n4", "host4:7000")), id -> false)))
                .hasSize(4);
        assertThatThrownBy(() -> MemberTargets.after(
                        THREE,
                        request(MemberRequest.Kind.REMOVE, Member.voter("n3", "host3:7000")),
                        id -> id.equals("n1")))
                .hasMessageContaining("2 are needed, and 1 can be reached: n1");
    }

    @Test
    void whatEveryMemberWouldHaveToReadIsWellFormed() {
        io.reactorraft.proto.Member nowhere =
                io.reactorraft.proto.Member.newBuilder().setId("n4").build();
        for (MemberRequest.Kind kind :
                List.of(MemberRequest.Kind.ADD, MemberRequest.Kind.JOIN, MemberRequest.Kind.RECONCILE)) {
            refused(request(kind, nowhere), MembershipRefusal.REFUSED, "'n4' comes without an address");
            refused(
                    request(kind, nowhere.toBuilder().addAddresses("x").build()),
                    MembershipRefusal.REFUSED,
                    "must be host:port, got 'x'");
        }
        refused(
                request(
                        MemberRequest.Kind.REMOVE,
                        nowhere.toBuilder().setId("n".repeat(65)).build()),
                MembershipRefusal.REFUSED,
                "1 to 64 characters");
        refused(
                request(
                        MemberRequest.Kind.REPLACE,
                        nowhere.toBuilder().setId("n3").addAddresses("x").build()),
                MembershipRefusal.REFUSED,
                "must be host:port");
        refused(
                MemberRequest.newBuilder().setKind(MemberRequest.Kind.ADD).build(),
                MembershipRefusal.REFUSED,
                "names 0 members");
    }

    @Test
    void whoIsReplacedIsNotThereMeanwhile() {
        Roster one = Roster.EMPTY
                .after(Genesis.entry(List.of(Member.voter("n1", "host1:7000"))))
                .after(RosterTest.noted(withDisk(Member.voter("n1", "host1:7000"), DISK)));
        MemberRequest alone = request(MemberRequest.Kind.REPLACE, Member.voter("n1", "host1:7000"));
        assertThatThrownBy(() -> MemberTargets.after(one, alone, id -> true))
                .hasMessageContaining("1 are needed, and 0 can be reached");
        MemberRequest third = request(MemberRequest.Kind.REPLACE, Member.voter("n3", "host3:7000"));
        assertThatThrownBy(() -> MemberTargets.after(THREE, third, id -> id.equals("n1")))
                .as("n2 is away, too")
                .hasMessageContaining("2 are needed, and 1 can be reached: n1");
        assertThat(ids(MemberTargets.after(THREE, third, id -> !id.equals("n3"))))
                .hasSize(3);
    }

    @Test
    void aDiskThatIsGoneAlreadyIsNotReplacedOnceMore() {
        ByteString next = ByteString.copyFromUtf8("the next disk");
        MemberRequest replace = request(MemberRequest.Kind.REPLACE, withDisk(Member.voter("n3", "host3:7000"), DISK));
        MemberList replacing = MemberTargets.after(THREE, replace, id -> true);
        assertThat(replacing.getReplacedList()).containsExactly(DISK);
        Roster back = THREE.aimingAt(replacing)
                .after(RosterTest.change(ConfChangeType.REMOVE_NODE, "n3"))
                .after(RosterTest.change(ConfChangeType.ADD_VOTER, "n3", Member.voter("n3", "host3:7000")));
        assertThat(MemberTargets.after(back, replace, id -> true).getReplacedList())
                .as("the new one is not met yet")
                .isEmpty();
        Roster met = back.after(RosterTest.noted(withDisk(Member.voter("n3", "host3:7000"), next)));
        MemberList again = MemberTargets.after(met, replace, id -> true);
        assertThat(again.getReplacedList()).as("the new one stays").isEmpty();
        assertThat(met.isAt(again)).isTrue();
    }

    @Test
    void aDiskThatTheGroupHasNeverKnownIsNotReplaced() {
        ByteString unknown = ByteString.copyFromUtf8("no such disk");
        refused(
                request(MemberRequest.Kind.REPLACE, withDisk(Member.voter("n3", "host3:7000"), unknown)),
                MembershipRefusal.REFUSED,
                "never known 'n3' by the data directory");
    }

    @Test
    void oneThatWasNeverHeardOfDoesNotCountAsThere() {
        Roster adding = THREE.after(
                        RosterTest.change(ConfChangeType.ADD_LEARNER, "n4", Member.learner("n4", "host4:7000")))
                .aimingAt(MemberTargets.after(THREE, add(Member.voter("n4", "host4:7000")), id -> true));
        MemberRequest remove = request(MemberRequest.Kind.REMOVE, Member.voter("n2", "host2:7000"));
        assertThatThrownBy(() -> MemberTargets.after(adding, remove, id -> id.equals("n1") || id.equals("n2")))
                .hasMessageContaining("2 are needed, and 1 can be reached: n1");
        MemberList target = MemberTargets.after(adding, remove, id -> !id.equals("n4"));
        assertThat(ids(target)).containsExactly("n1", "n3", "n4");
        assertThat(target.getAtOnceList()).containsExactly("n2");
        MemberRequest never = request(MemberRequest.Kind.REMOVE, Member.voter("n4", "host4:7000"));
        assertThat(ids(MemberTargets.after(adding, never, id -> !id.equals("n4"))))
                .containsExactly("n1", "n2", "n3");
    }

    @Test
    void whoJoinsTakesNobodysVoteAndIsLetInWhileOthersAreAwaited() {
        MemberRequest all = MemberRequest.newBuilder()
                .setKind(MemberRequest.Kind.RECONCILE)
                .addMembers(Member.voter("n1", "host1:7000").toProto())
                .addMembers(Member.voter("n4", "host4:7000").toProto())
                .addMembers(Member.voter("n5", "host5:7000").toProto())
                .build();
        Roster moving = THREE.aimingAt(MemberTargets.after(THREE, all, id -> true));
        assertThat(ids(MemberTargets.after(
                        moving, join(Member.voter("n4", "host4:7000"), "of n4"), id -> id.equals("n2"))))
                .containsExactly("n1", "n4", "n5");
    }

    @Test
    void aReplacementIsTakenBackByANewerTarget() {
        MemberList replacing = MemberTargets.after(
                THREE, request(MemberRequest.Kind.REPLACE, Member.voter("n3", "host3:7000")), id -> true);
        MemberRequest back = MemberRequest.newBuilder()
                .setKind(MemberRequest.Kind.RECONCILE)
                .addMembers(Member.voter("n1", "host1:7000").toProto())
                .addMembers(Member.voter("n2", "host2:7000").toProto())
                .addMembers(Member.voter("n3", "host3:7000").toProto())
                .build();
        for (MemberRequest request : List.of(back, add(Member.voter("n3", "host3:7000")))) {
            MemberList kept = MemberTargets.after(THREE.aimingAt(replacing), request, id -> true);
            assertThat(kept.getReplacedList()).isEmpty();
            assertThat(THREE.isAt(kept)).isTrue();
        }
    }

    private static void refused(MemberRequest request, MembershipRefusal refusal, String said) {
        assertThatThrownBy(() -> MemberTargets.after(THREE, request, id -> true))
                .isInstanceOfSatisfying(
                        RaftException.Rejected.class,
                        rejected -> assertThat(rejected.membership()).isEqualTo(refusal))
                .hasMessageContaining(said);
    }

    /** As somebody asks who has seen this. */
    private static MemberRequest seen(MemberRequest request, Roster roster) {
        return request.toBuilder()
                .setTargetBefore(Objects.requireNonNullElse(roster.target(), MemberList.getDefaultInstance()))
                .build();
    }

    private static MemberRequest add(Member member) {
        return request(MemberRequest.Kind.ADD, member);
    }

    private static MemberRequest join(Member member, String disk) {
        return request(MemberRequest.Kind.JOIN, withDisk(member, ByteString.copyFromUtf8(disk)));
    }

    private static io.reactorraft.proto.Member withDisk(Member member, ByteString disk) {
        return member.toProto().toBuilder().setDataId(disk).build();
    }

    private static MemberRequest request(MemberRequest.Kind kind, Member member) {
        return request(kind, member.toProto());
    }

    private static MemberRequest request(MemberRequest.Kind kind, io.reactorraft.proto.Member... members) {
        return MemberRequest.newBuilder()
                .setKind(kind)
                .addAllMembers(List.of(members))
                .build();
    }

    private static List<String> ids(MemberList members) {
        return members.getMembersList().stream()
                .map(io.reactorraft.proto.Member::getId)
                .sorted()
                .toList();
    }
}
