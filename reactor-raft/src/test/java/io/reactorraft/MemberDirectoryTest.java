package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.MembershipChange;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whom the group knows by which disk, and what it has against others. */
class MemberDirectoryTest {

    private final MemberDirectory directory = new MemberDirectory(io.reactorraft.Member.voter("n1", "host1:7000"));

    @Test
    void aMemberIsKnownByTheDiskThatTheLogNames() {
        apply(List.of("n1", "n2"), member("n1", ""), member("n2", "disk a"));
        assertThat(directory.judge(member("n2", "disk a"))).isNull();
        assertThat(directory.judge(member("n2", "disk b"))).satisfies(refusal -> {
            assertThat(refusal.verdict()).isEqualTo(Verdict.WIPED);
            assertThat(refusal.reason()).contains("member replace n2");
        });
        assertThat(directory.judge(member("n1", "any")))
                .as("nothing is noted yet")
                .isNull();
        assertThat(directory.judge(member("n9", "any"))).as("a stranger").isNull();
    }

    @Test
    void whoWasRemovedIsToldSoAndAnotherDiskUnderItsIdIsAnotherMember() {
        apply(List.of("n1", "n2"), member("n1", "disk 1"), member("n2", "disk a"));
        apply(List.of("n1"));
        assertThat(directory.judge(member("n2", "disk a")))
                .satisfies(refusal -> assertThat(refusal.verdict()).isEqualTo(Verdict.REMOVED));
        assertThat(directory.judge(member("n2", "disk b"))).isNull();
        assertThat(directory.all()).hasSize(1);
        apply(List.of("n1", "n2"), member("n2", "disk c"));
        assertThat(directory.judge(member("n2", "disk c"))).isNull();
        assertThat(directory.judge(member("n2", "disk a")))
                .satisfies(refusal -> assertThat(refusal.verdict()).isEqualTo(Verdict.WIPED));
    }

    @Test
    void removedMembersAreRememberedUpToALimit() {
        apply(List.of("n1"), member("n1", "disk 1"));
        for (int i = 0; i <= MemberDirectory.MAX_REMOVED; i++) {
            apply(List.of("n1", "m" + i), member("m" + i, "disk " + i));
            apply(List.of("n1"));
        }
        assertThat(directory.judge(member("m0", "disk 0"))).as("the oldest").isNull();
        assertThat(directory.judge(member("m1", "disk 1"))).isNotNull();
    }

    @Test
    void whatAMemberSaidOfItsDiskIsToBeNotedUntilItIs() {
        apply(List.of("n1", "n2"), member("n1", ""), member("n2", ""));
        assertThat(directory.unrecorded()).as("nobody was met").isEmpty();
        directory.met(member("n2", "disk a"));
        assertThat(directory.unrecorded()).containsExactly(member("n2", "disk a"));
        apply(List.of("n1", "n2"), member("n2", "disk a"));
        assertThat(directory.unrecorded()).isEmpty();
    }

    private void apply(List<String> voters, Member... told) {
        directory.apply(
                ConfState.newBuilder().addAllVoters(voters).build(),
                MembershipChange.newBuilder().addAllMembers(List.of(told)).build());
    }

    private static Member member(String id, String disk) {
        return Member.newBuilder()
                .setId(id)
                .addAddresses("host:7000")
                .setDataId(ByteString.copyFromUtf8(disk))
                .build();
    }
}
