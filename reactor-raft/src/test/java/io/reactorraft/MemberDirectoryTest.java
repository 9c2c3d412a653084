package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.proto.Member;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Whom the group knows by which disk, and what it has against others. */
class MemberDirectoryTest {

    private final MemberDirectory directory = new MemberDirectory(io.reactorraft.Member.voter("n1", "host1:7000"));
    private Roster roster = Roster.EMPTY;

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
    void whileTheLogIsReadBackOnlyADiskThatItHasNamedCounts() {
        apply(List.of("n1", "n2"), member("n1", ""), member("n2", "disk a"));
        assertThat(directory.notes(member("n2", "disk a"))).isTrue();
        assertThat(directory.notes(member("n2", "disk b"))).isFalse();
        assertThat(directory.notes(member("n1", "any")))
                .as("a founder whose disk was emptied?")
                .isFalse();
        assertThat(directory.notes(member("n9", ""))).isFalse();
        directory.began(1);
        assertThat(directory.notes(member("n2", "disk a")))
                .as("what is read so far is of an earlier generation")
                .isFalse();
    }

    @Test
    void whoWasRemovedIsToldSoWhateverItsDiskUntilItIsAddedAgain() {
        apply(List.of("n1", "n2"), member("n1", "disk 1"), member("n2", "disk a"));
        apply(List.of("n1"));
        assertThat(directory.judge(member("n2", "disk a")))
                .satisfies(refusal -> assertThat(refusal.verdict()).isEqualTo(Verdict.REMOVED));
        assertThat(directory.judge(member("n2", "disk b")))
                .as("with an empty disk and its old flags it would found the group once more")
                .satisfies(refusal -> {
                    assertThat(refusal.verdict()).isEqualTo(Verdict.REMOVED);
                    assertThat(refusal.reason()).contains("member add n2");
                });
        assertThat(directory.all()).hasSize(1);
        apply(List.of("n1", "n2"), member("n2", "disk c"));
        assertThat(directory.judge(member("n2", "disk c"))).isNull();
        assertThat(directory.judge(member("n2", "disk a")))
                .satisfies(refusal -> assertThat(refusal.verdict()).isEqualTo(Verdict.WIPED));
    }

    @Test
    void whoHasNotReadThatItIsAMemberDoesNotSayHowMuchItKnows() {
        directory.met(member("n1", "disk 1b"));
        apply(List.of("n1", "n2"), member("n1", "disk 1"), member("n2", "disk a"));
        apply(List.of("n1"));
        assertThat(directory.judge(member("n2", "disk b"), 7))
                .as("n1 was another disk then")
                .satisfies(refusal -> {
                    assertThat(refusal.verdict()).isEqualTo(Verdict.REMOVED);
                    assertThat(refusal.isUnfounded()).isTrue();
                });
        apply(List.of());
        assertThat(directory.judge(member("n2", "disk b"), 8))
                .as("n1 was removed then")
                .satisfies(refusal -> assertThat(refusal.isUnfounded()).isTrue());
        apply(List.of("n1"), member("n1", "disk 1b"));
        assertThat(directory.judge(member("n2", "disk b"), 9)).satisfies(refusal -> {
            assertThat(refusal.knownIndex()).isEqualTo(9);
            assertThat(refusal.isUnfounded()).isFalse();
        });
        assertThat(directory.judge(member("n1", "disk 1b"), 9)).isNull();
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

    /** What a change to these voters makes of the members that were known before. */
    private void apply(List<String> voters, Member... told) {
        Map<String, Member> known = new LinkedHashMap<>(roster.members());
        Map<String, Member> removed = new LinkedHashMap<>(roster.removed());
        for (Member member : told) {
            known.put(member.getId(), member);
            removed.remove(member.getId());
        }
        roster.members().forEach((id, member) -> {
            if (!voters.contains(id)) {
                removed.put(id, known.remove(id));
            }
        });
        roster = new Roster(
                ConfState.newBuilder().addAllVoters(voters).build(),
                known,
                removed,
                Set.of(),
                null,
                Roster.Beginnings.NONE);
        directory.are(roster);
    }

    private static Member member(String id, String disk) {
        return Member.newBuilder()
                .setId(id)
                .addAddresses("host:7000")
                .setDataId(ByteString.copyFromUtf8(disk))
                .build();
    }
}
