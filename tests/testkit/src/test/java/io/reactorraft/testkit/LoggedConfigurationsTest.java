package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.ConfChangeSingle;
import io.reactorraft.proto.ConfChangeType;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.MemberList;
import io.reactorraft.proto.MembershipChange;
import io.reactorraft.proto.Payload;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who is a member, and who votes, by the log alone. */
class LoggedConfigurationsTest {
    private static final ByteString OLD_DISK = ByteString.copyFromUtf8("disk 1 of n1");
    private static final ByteString NEW_DISK = ByteString.copyFromUtf8("disk 2 of n1");

    private final Story story = new Story(new VirtualTime(), null);
    private final LoggedConfigurations logged = new LoggedConfigurations(story);

    @BeforeEach
    void aGroupOfTwo() {
        logged.committed(change(1, ByteString.copyFromUtf8("genesis"), voter("n1"), voter("n2")));
    }

    @Test
    void aNodeMayHaveInForceWhatItsAppliedEntriesMakeAndNothingElse() {
        logged.committed(change(5, ByteString.EMPTY, learner("n3")));
        logged.committed(change(8, ByteString.EMPTY, voter("n3")));
        assertThat(voters(logged.inForce(1, 4))).containsExactly(List.of("n1", "n2"));
        assertThat(logged.inForce(1, 5)).hasSize(2);
        assertThat(voters(logged.inForce(5, 8))).containsExactly(List.of("n1", "n2"), List.of("n1", "n2", "n3"));
        assertThat(voters(logged.inForce(8, 100))).containsExactly(List.of("n1", "n2", "n3"));
    }

    @Test
    void onlyConfigurationsWhoseMajoritiesOverlapFollowOneAnother() {
        logged.committed(change(2, ByteString.EMPTY, voter("n3"), voter("n4"))); // joint, by itself
        logged.committed(change(3, ByteString.EMPTY));
        assertThat(story.violation()).isNull();
        assertThat(story.counts()).containsEntry(Happening.JOINT_CHANGE, 1L);
        logged.committed(
                change(9, ByteString.copyFromUtf8("genesis"), voter("n5"), voter("n6"))); // one by one, at once
        assertThat(story.violation()).contains("two majorities possible that do not overlap");
    }

    @Test
    void anEmptiedDiskIsNotTheMember() {
        assertThat(logged.isMember("n1", OLD_DISK)).isTrue(); // the first that it shows
        assertThat(logged.isMember("n9", OLD_DISK)).isFalse();
        logged.committed(noted(2, OLD_DISK));
        assertThat(logged.isMember("n1", OLD_DISK)).isTrue();
        assertThat(logged.isMember("n1", NEW_DISK)).isFalse();
        logged.committed(change(3, ByteString.EMPTY, single(ConfChangeType.REMOVE_NODE, "n1")));
        assertThat(logged.isMember("n1", OLD_DISK)).isFalse();
        assertThat(logged.latest().isGone(OLD_DISK)).isTrue();
        assertThat(logged.latest().isRemoved("n1")).isTrue();
    }

    @Test
    void whatItWasToldToBeIsOnItsWayUntilItIsThat() {
        Member third =
                Member.newBuilder().setId("n3").addAddresses("host3:7000").build();
        Payload target = Payload.newBuilder()
                .setKind(Payload.Kind.TARGET)
                .setBody(MemberList.newBuilder().addMembers(third).build().toByteString())
                .build();
        logged.committed(Entry.newBuilder()
                .setIndex(2)
                .setTerm(2)
                .setData(target.toByteString())
                .build());
        assertThat(logged.latest().isUnderWay()).isTrue();
        assertThat(logged.latest().target()).containsOnlyKeys("n3");
        assertThat(logged.latest().members()).containsOnlyKeys("n1", "n2");
        assertThat(logged.heldSince(2, now -> now.members().containsKey("n3"))).isFalse();
        assertThat(logged.heldSince(1, now -> now.target().containsKey("n1"))).isTrue();
    }

    private static List<List<String>> voters(List<ConfState> states) {
        return states.stream().map(state -> List.copyOf(state.getVotersList())).toList();
    }

    private static ConfChangeSingle voter(String id) {
        return single(ConfChangeType.ADD_VOTER, id);
    }

    private static ConfChangeSingle learner(String id) {
        return single(ConfChangeType.ADD_LEARNER, id);
    }

    private static ConfChangeSingle single(ConfChangeType type, String id) {
        return ConfChangeSingle.newBuilder().setType(type).setNodeId(id).build();
    }

    private static Entry noted(long index, ByteString disk) {
        Member told = Member.newBuilder()
                .setId("n1")
                .addAddresses("host1:7000")
                .setDataId(disk)
                .build();
        return entry(
                index,
                MembershipChange.newBuilder().addMembers(told).build(),
                single(ConfChangeType.UPDATE_NODE, "n1"));
    }

    /** With the members that it names, as they are added. */
    private static Entry change(long index, ByteString genesis, ConfChangeSingle... changes) {
        MembershipChange.Builder told = MembershipChange.newBuilder().setGenesis(genesis);
        for (ConfChangeSingle each : changes) {
            if (each.getType() != ConfChangeType.REMOVE_NODE) {
                told.addMembers(Member.newBuilder()
                        .setId(each.getNodeId())
                        .addAddresses("host" + each.getNodeId().substring(1) + ":7000"));
            }
        }
        return entry(index, told.build(), changes);
    }

    private static Entry entry(long index, MembershipChange told, ConfChangeSingle... changes) {
        ConfChangeV2.Builder change = ConfChangeV2.newBuilder().addAllChanges(Arrays.asList(changes));
        if (changes.length > 0) {
            change.setContext(told.toByteString());
        }
        return Entry.newBuilder()
                .setIndex(index)
                .setTerm(2)
                .setType(EntryType.ENTRY_CONF_CHANGE_V2)
                .setData(change.build().toByteString())
                .build();
    }
}
