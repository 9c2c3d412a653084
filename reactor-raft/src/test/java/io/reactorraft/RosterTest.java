package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.ConfChangeSingle;
import io.reactorraft.proto.ConfChangeTransition;
import io.reactorraft.proto.ConfChangeType;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import io.reactorraft.proto.GroupState;
import io.reactorraft.proto.HelloReply;
import io.reactorraft.proto.MemberList;
import io.reactorraft.proto.MembershipChange;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class RosterTest {
    private static final Roster THREE = Roster.EMPTY.after(Genesis.entry(List.of(
            Member.voter("n1", "host1:7000"), Member.voter("n2", "host2:7000"), Member.voter("n3", "host3:7000"))));

    @Test
    void beginsWithTheFirstMembers() {
        assertThat(THREE.confState().getVotersList()).containsExactly("n1", "n2", "n3");
        assertThat(THREE.members()).containsOnlyKeys("n1", "n2", "n3");
    }

    @Test
    void whoIsRemovedIsRememberedUntilAddedAgain() {
        Roster two = THREE.after(change(ConfChangeType.REMOVE_NODE, "n3"));
        assertThat(two.members()).containsOnlyKeys("n1", "n2");
        assertThat(two.removed()).containsOnlyKeys("n3");
        Roster again = two.after(change(ConfChangeType.ADD_LEARNER, "n3", Member.learner("n3", "elsewhere:7000")));
        assertThat(again.removed()).isEmpty();
        assertThat(member(again, "n3").getAddresses(0)).isEqualTo("elsewhere:7000");
        assertThat(again.confState().getLearnersList()).containsExactly("n3");
    }

    @Test
    void whoLeavesByAJointChangeStaysUntilItIsLeft() {
        Roster joint = THREE.after(entry(ConfChangeV2.newBuilder()
                .setTransition(ConfChangeTransition.TRANSITION_JOINT_IMPLICIT)
                .addChanges(single(ConfChangeType.REMOVE_NODE, "n3"))
                .addChanges(single(ConfChangeType.ADD_VOTER, "n4"))
                .setContext(MembershipChange.newBuilder()
                        .addMembers(Member.voter("n4", "host4:7000").toProto())
                        .build()
                        .toByteString())
                .build()));
        assertThat(joint.members()).containsOnlyKeys("n1", "n2", "n3", "n4");
        Roster left = joint.after(entry(ConfChangeV2.getDefaultInstance()));
        assertThat(left.members()).containsOnlyKeys("n1", "n2", "n4");
        assertThat(left.removed()).containsOnlyKeys("n3");
    }

    @Test
    void aPromotionIsSeenInTheMemberToo() {
        Roster learner = THREE.after(change(ConfChangeType.ADD_LEARNER, "n4", Member.learner("n4", "host4:7000")));
        assertThat(member(learner, "n4").getLearner()).isTrue();
        Roster promoted = learner.after(change(ConfChangeType.ADD_VOTER, "n4"));
        assertThat(member(promoted, "n4").getLearner()).isFalse();
    }

    @Test
    void whatIsNotPossibleOrCannotBeReadChangesNothing() {
        Entry removesAll = entry(ConfChangeV2.newBuilder()
                .addChanges(single(ConfChangeType.REMOVE_NODE, "n1"))
                .addChanges(single(ConfChangeType.REMOVE_NODE, "n2"))
                .addChanges(single(ConfChangeType.REMOVE_NODE, "n3"))
                .build());
        assertThat(THREE.after(removesAll)).isSameAs(THREE);
        assertThat(THREE.after(entry(ConfChangeV2.getDefaultInstance()))).isSameAs(THREE);
        Entry garbled = Entry.newBuilder()
                .setType(EntryType.ENTRY_CONF_CHANGE_V2)
                .setData(ByteString.copyFromUtf8("\u0001garbled"))
                .build();
        assertThat(THREE.after(garbled)).isSameAs(THREE);
    }

    @Test
    void onlySoManyRemovedMembersAreRemembered() {
        Roster roster = THREE;
        for (int i = 0; i < Roster.MAX_REMOVED + 5; i++) {
            String id = "x" + i;
            roster = roster.after(change(ConfChangeType.ADD_LEARNER, id, Member.learner(id, id + ":7000")))
                    .after(change(ConfChangeType.REMOVE_NODE, id));
        }
        assertThat(roster.removed())
                .hasSize(Roster.MAX_REMOVED)
                .doesNotContainKey("x4")
                .containsKey("x5");
    }

    @Test
    void aSnapshotHoldsAllOfIt() {
        Roster roster = THREE.after(change(ConfChangeType.REMOVE_NODE, "n2"));
        GroupState.Builder group = GroupState.newBuilder();
        roster.into(group);
        assertThat(Roster.of(roster.confState(), group.build())).isEqualTo(roster);
    }

    @Test
    void aMemberKeepsTheDiskThatItIsKnownByAndNoDiskComesBack() {
        Roster roster = THREE.after(noted(disk("n1", "disk 1"))).after(noted(disk("n2", "disk 2")));
        assertThat(member(roster, "n1").getDataId()).isEqualTo(ByteString.copyFromUtf8("disk 1"));
        assertThat(member(roster.after(noted(disk("n1", "other"))), "n1").getDataId())
                .isEqualTo(ByteString.copyFromUtf8("disk 1"));
        assertThat(member(roster.after(noted(disk("n3", "disk 2"))), "n3").getDataId())
                .as("the disk of another one")
                .isEqualTo(ByteString.EMPTY);
        Roster again = roster.after(change(ConfChangeType.REMOVE_NODE, "n2"))
                .after(change(ConfChangeType.ADD_LEARNER, "n2", Member.learner("n2", "host2:7000")));
        assertThat(member(again.after(noted(disk("n2", "disk 2"))), "n2").getDataId())
                .isEqualTo(ByteString.EMPTY);
        assertThat(again.judge(disk("n2", "disk 2"))).isNotNull();
        assertThat(again.judge(disk("n2", "disk 3"))).isNull();
    }

    @Test
    void aTargetThatWasMadeBeforeADiskWasNotedDoesNotReplaceIt() {
        MemberList target = MemberList.newBuilder()
                .addAllMembers(THREE.all())
                .addMembers(Member.voter("n4", "host4:7000").toProto())
                .build();
        Roster roster = THREE.after(noted(disk("n3", "disk 3"))).aimingAt(target);
        assertThat(Roster.isReplaced(member(roster, "n3"), target)).isFalse();
        assertThat(Roster.isReplaced(
                        member(roster, "n3"),
                        target.toBuilder()
                                .addReplaced(ByteString.copyFromUtf8("disk 3"))
                                .build()))
                .isTrue();
    }

    @Test
    void oneThatGoesOnAloneLeavesTheOthersBehindWhateverTheConfigurationWas() {
        Roster joint = THREE.after(change(ConfChangeType.ADD_LEARNER, "n4", Member.learner("n4", "host4:7000")))
                .after(noted(disk("n2", "disk 2")))
                .aimingAt(MemberList.newBuilder().addAllMembers(THREE.all()).build())
                .after(entry(ConfChangeV2.newBuilder()
                        .setTransition(ConfChangeTransition.TRANSITION_JOINT_EXPLICIT)
                        .addChanges(single(ConfChangeType.ADD_VOTER, "n4"))
                        .addChanges(single(ConfChangeType.REMOVE_NODE, "n3"))
                        .build()));
        assertThat(joint.isJoint()).isTrue();
        for (String id : List.of("n1", "n3", "n4")) {
            Roster alone = joint.after(ForcedStart.entry(disk(id, "disk of " + id), 9, 9, 1));
            assertThat(alone.confState().getVotersList()).containsExactly(id);
            assertThat(alone.isJoint()).isFalse();
            assertThat(alone.members()).containsOnlyKeys(id);
            assertThat(alone.generation()).isEqualTo(1);
            assertThat(alone.target())
                    .as("what was under way is not gone on with")
                    .isNull();
            assertThat(alone.beginnings().leftBehind()).hasSize(3).doesNotContainKey(id);
            assertThat(alone.judge(disk("n2", "disk 2")))
                    .satisfies(refusal -> assertThat(refusal.verdict()).isEqualTo(HelloReply.Verdict.WRONG_GENERATION));
            assertThat(alone.judge(disk("n2", "a new one"))).isNull();
            assertThat(alone.after(ForcedStart.entry(disk("n2", "disk 2"), 10, 9, 1))
                            .confState())
                    .as("a generation begins once")
                    .isNotEqualTo(alone.after(ForcedStart.entry(disk("n2", "x"), 10, 9, 2))
                            .confState());
            GroupState.Builder group = GroupState.newBuilder();
            alone.into(group);
            assertThat(Roster.of(alone.confState(), group.build())).isEqualTo(alone);
        }
    }

    /** As a leader has the log note a member's disk. */
    static Entry noted(io.reactorraft.proto.Member member) {
        return entry(ConfChangeV2.newBuilder()
                .addChanges(single(ConfChangeType.UPDATE_NODE, member.getId()))
                .setContext(
                        MembershipChange.newBuilder().addMembers(member).build().toByteString())
                .build());
    }

    private static io.reactorraft.proto.Member disk(String id, String dataId) {
        return Member.voter(id, "host" + id.substring(1) + ":7000").toProto().toBuilder()
                .setDataId(ByteString.copyFromUtf8(dataId))
                .build();
    }

    private static io.reactorraft.proto.Member member(Roster roster, String id) {
        return Objects.requireNonNull(roster.members().get(id));
    }

    static Entry change(ConfChangeType type, String id, Member... told) {
        MembershipChange.Builder context = MembershipChange.newBuilder();
        for (Member member : told) {
            context.addMembers(member.toProto());
        }
        return entry(ConfChangeV2.newBuilder()
                .addChanges(single(type, id))
                .setContext(context.build().toByteString())
                .build());
    }

    private static ConfChangeSingle single(ConfChangeType type, String id) {
        return ConfChangeSingle.newBuilder().setType(type).setNodeId(id).build();
    }

    private static Entry entry(ConfChangeV2 change) {
        return Entry.newBuilder()
                .setType(EntryType.ENTRY_CONF_CHANGE_V2)
                .setData(change.toByteString())
                .build();
    }
}
