package io.reactorraft;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.ConfChangeSingle;
import io.reactorraft.proto.ConfChangeType;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.MembershipChange;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.List;

/**
 * The first entry of a group: index 1, term 1, committed, the same bytes on every one of the first members. With it the
 * membership is a function of the log from the beginning, and whoever joins later learns it like any other entry.
 */
final class Genesis {

    /** The term of the first entry; the first election is for the next one. */
    static final long TERM = 1;

    /** The index of the first entry. */
    static final long INDEX = 1;

    private Genesis() {}

    static Entry entry(List<Member> members) {
        ConfChangeV2.Builder change = ConfChangeV2.newBuilder();
        MembershipChange.Builder told = MembershipChange.newBuilder().setGenesis(fingerprint(members));
        sorted(members).forEach(member -> {
            change.addChanges(ConfChangeSingle.newBuilder()
                    .setType(member.learner() ? ConfChangeType.ADD_LEARNER : ConfChangeType.ADD_VOTER)
                    .setNodeId(member.id()));
            told.addMembers(withoutTags(member)); // tags are told by each member itself and may differ here
        });
        return Entry.newBuilder()
                .setIndex(INDEX)
                .setTerm(TERM)
                .setType(EntryType.ENTRY_CONF_CHANGE_V2)
                .setData(change.setContext(told.build().toByteString()).build().toByteString())
                .build();
    }

    static HardState hardState() {
        return HardState.newBuilder().setTerm(TERM).setCommit(INDEX).build();
    }

    /** Tells two groups apart that were started with different members under the same name. */
    static ByteString fingerprint(List<Member> members) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            sorted(members)
                    .forEach(member ->
                            digest.update((member.id() + "=" + member.address() + (member.learner() ? "~" : "") + "\n")
                                    .getBytes(StandardCharsets.UTF_8)));
            return ByteString.copyFrom(digest.digest());
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JDK has SHA-256", impossible);
        }
    }

    private static io.reactorraft.proto.Member withoutTags(Member member) {
        return member.toProto().toBuilder().clearTags().build();
    }

    private static List<Member> sorted(List<Member> members) {
        return members.stream().sorted(Comparator.comparing(Member::id)).toList();
    }
}
