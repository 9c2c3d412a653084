package io.reactorraft;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import io.reactorraft.proto.MemberList;
import io.reactorraft.proto.Payload;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the entries of a log, one after the other, make of a group's members: for simulations, which hold nodes to it from
 * outside. Immutable.
 */
public final class LoggedMembers {

    /** Before the first entry: nobody. */
    public static final LoggedMembers NONE = new LoggedMembers(Roster.EMPTY);

    private final Roster roster;

    private LoggedMembers(Roster roster) {
        this.roster = roster;
    }

    /** This, once the entry is committed; the same object where the entry is about something else. */
    public LoggedMembers after(Entry entry) {
        if (entry.getType() != EntryType.ENTRY_NORMAL) {
            return new LoggedMembers(roster.after(entry));
        }
        try {
            Payload payload = EntryApplication.read(entry);
            return payload.getKind() == Payload.Kind.TARGET
                    ? new LoggedMembers(roster.aimingAt(MemberList.parseFrom(payload.getBody())))
                    : this;
        } catch (InvalidProtocolBufferException notOurs) {
            return this;
        }
    }

    /** Who votes, and who learns. */
    public ConfState confState() {
        return roster.confState();
    }

    /** By id, those that are about to leave included. */
    public Map<String, Member> members() {
        return named(roster.members());
    }

    /** By id, whom the group is on its way to; without a goal, whom it has. */
    public Map<String, Member> target() {
        MemberList target = roster.target();
        Map<String, io.reactorraft.proto.Member> wanted = new TreeMap<>();
        if (target == null || !roster.isUnderWay()) {
            return members();
        }
        target.getMembersList().forEach(member -> wanted.put(member.getId(), member));
        return named(wanted);
    }

    private static Map<String, Member> named(Map<String, io.reactorraft.proto.Member> members) {
        Map<String, Member> named = new TreeMap<>();
        members.forEach((id, member) -> named.put(id, Member.of(member)));
        return named;
    }

    /** The disk by which the group knows the member; null: it knows none yet. */
    public @Nullable ByteString dataId(String id) {
        io.reactorraft.proto.Member known = roster.members().get(id);
        return known == null || known.getDataId().isEmpty() ? null : known.getDataId();
    }

    /** Whether a disk was a member's, and may be one's no more. */
    public boolean isGone(ByteString dataId) {
        return roster.dataIds().contains(dataId)
                && roster.all().stream().noneMatch(member -> member.getDataId().equals(dataId));
    }

    /** Whether the id was removed, and not added again. */
    public boolean isRemoved(String id) {
        return roster.removed().containsKey(id);
    }

    /** Whether it is not yet where it was told to go. */
    public boolean isUnderWay() {
        return roster.isUnderWay();
    }

    @Override
    public String toString() {
        return "voters " + roster.confState().getVotersList()
                + (roster.isJoint() ? " joint with " + roster.confState().getVotersOutgoingList() : "")
                + " learners " + roster.confState().getLearnersList();
    }
}
