package io.reactorraft;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.core.ConfStates;
import io.reactorraft.proto.ConfChange;
import io.reactorraft.proto.ConfChangeSingle;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import io.reactorraft.proto.GroupState;
import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.MemberList;
import io.reactorraft.proto.MembershipChange;
import io.reactorraft.spi.Transport.Refusal;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The group's configuration and members at one index of the log: a function of the log, and part of every snapshot.
 *
 * <p>The core puts changes in force on the loop, a little later than they are applied; a snapshot must not be ahead of its
 * index, nor behind. So the apply thread keeps its own, by the same arithmetic. Immutable.
 *
 * @param members everybody in {@code confState}, those that are about to leave included
 * @param removed who left, until added again, the latest last: at most {@link #MAX_REMOVED}
 * @param dataIds of every disk that ever was a member's, the latest last: at most {@link #MAX_DATA_IDS}
 * @param target what the group is to become, as it was last asked for; null: nothing was
 */
record Roster(
        ConfState confState,
        Map<String, Member> members,
        Map<String, Member> removed,
        Set<ByteString> dataIds,
        @Nullable MemberList target,
        ByteString genesis) {

    /** Removed members that are remembered; the oldest are forgotten, and then look like strangers. */
    static final int MAX_REMOVED = 1_000;

    /** Disks that are remembered; the oldest are forgotten. */
    static final int MAX_DATA_IDS = 10_000;

    static final Roster EMPTY =
            new Roster(ConfState.getDefaultInstance(), Map.of(), Map.of(), Set.of(), null, ByteString.EMPTY);

    Roster {
        members = Collections.unmodifiableMap(members);
        removed = Collections.unmodifiableMap(removed);
        dataIds = Collections.unmodifiableSet(dataIds);
    }

    /** As a snapshot has it. */
    static Roster of(ConfState confState, GroupState group) {
        return new Roster(
                confState,
                byId(group.getMembersList()),
                byId(group.getRemovedList()),
                new LinkedHashSet<>(group.getDataIdsList()),
                group.hasTarget() ? group.getTarget() : null,
                group.getGenesis());
    }

    private static Map<String, Member> byId(List<Member> list) {
        Map<String, Member> members = new LinkedHashMap<>();
        list.forEach(member -> members.put(member.getId(), member));
        return members;
    }

    /** Adds it to what a snapshot holds. */
    void into(GroupState.Builder group) {
        group.addAllMembers(members.values())
                .addAllRemoved(removed.values())
                .addAllDataIds(dataIds)
                .setGenesis(genesis);
        if (target != null) {
            group.setTarget(target);
        }
    }

    Collection<Member> all() {
        return members.values();
    }

    /**
     * What the committed change makes of it. One that cannot be read, or is not possible, changes nothing, here as on
     * every replica.
     */
    Roster after(Entry entry) {
        try {
            ConfChangeV2 change = read(entry);
            MembershipChange told = MembershipChange.parseFrom(change.getContext());
            ConfState next = confState;
            for (ConfChangeV2 step : steps(change, told)) {
                next = ConfStates.after(next, step);
                if (next == null) {
                    return this;
                }
            }
            return with(next, told);
        } catch (InvalidProtocolBufferException garbled) {
            return this;
        }
    }

    /** The first members come one by one: a group of none cannot become many in one step. */
    static List<ConfChangeV2> steps(ConfChangeV2 change, MembershipChange told) {
        return told.getGenesis().isEmpty()
                ? List.of(change)
                : change.getChangesList().stream().map(Roster::alone).toList();
    }

    private static ConfChangeV2 alone(ConfChangeSingle change) {
        return ConfChangeV2.newBuilder().addChanges(change).build();
    }

    private Roster with(ConfState next, MembershipChange told) {
        Map<String, Member> known = new LinkedHashMap<>(members);
        told.getMembersList().forEach(member -> known.put(member.getId(), member));
        Map<String, Member> stay = new LinkedHashMap<>();
        Map<String, Member> gone = new LinkedHashMap<>(removed);
        known.forEach((id, member) -> {
            Member as = in(next, member);
            if (as != null) {
                stay.put(id, as);
                gone.remove(id);
            } else if (members.containsKey(id)) {
                gone.put(id, member);
            }
        });
        while (gone.size() > MAX_REMOVED) {
            gone.remove(gone.keySet().iterator().next());
        }
        ByteString first = told.getGenesis().isEmpty() ? genesis : told.getGenesis();
        return new Roster(next, stay, gone, used(told.getMembersList()), target, first);
    }

    private Set<ByteString> used(List<Member> told) {
        Set<ByteString> used = new LinkedHashSet<>(dataIds);
        told.stream().map(Member::getDataId).filter(id -> !id.isEmpty()).forEach(used::add);
        while (used.size() > MAX_DATA_IDS) {
            used.remove(used.iterator().next());
        }
        return used;
    }

    /** The group is to become this; a newer target takes the place of an older one. */
    Roster aimingAt(MemberList wanted) {
        return new Roster(confState, members, removed, dataIds, wanted, genesis);
    }

    /**
     * A member has this data id from now on. Only where it had none: an emptied disk is another member, and no disk comes
     * back.
     */
    Roster recorded(Member told) {
        Member known = members.get(told.getId());
        ByteString dataId = told.getDataId();
        if (known == null || !known.getDataId().isEmpty() || dataId.isEmpty() || dataIds.contains(dataId)) {
            return this;
        }
        Map<String, Member> next = new LinkedHashMap<>(members);
        next.put(known.getId(), known.toBuilder().setDataId(dataId).build());
        return new Roster(confState, next, removed, used(List.of(told)), recordedIn(target, told), genesis);
    }

    private static @Nullable MemberList recordedIn(@Nullable MemberList target, Member told) {
        if (target == null) {
            return null;
        }
        MemberList.Builder changed = MemberList.newBuilder();
        for (Member each : target.getMembersList()) {
            boolean it = each.getId().equals(told.getId()) && each.getDataId().isEmpty();
            changed.addMembers(it ? each.toBuilder().setDataId(told.getDataId()).build() : each);
        }
        return changed.build();
    }

    boolean isJoint() {
        return confState.getVotersOutgoingCount() > 0;
    }

    /** Whether a member under this id is to come back with another disk than the one that is known. */
    static boolean isReplaced(Member known, Member wanted) {
        return !known.getDataId().isEmpty() && !known.getDataId().equals(wanted.getDataId());
    }

    /** Whether the members are these. */
    boolean isAt(MemberList wanted) {
        if (isJoint() || wanted.getMembersCount() != members.size()) {
            return false;
        }
        for (Member each : wanted.getMembersList()) {
            Member known = members.get(each.getId());
            if (known == null
                    || known.getLearner() != each.getLearner()
                    || !known.getAddressesList().equals(each.getAddressesList())
                    || isReplaced(known, each)) {
                return false;
            }
        }
        return true;
    }

    /** Whether the group is still on its way to its target. */
    boolean isUnderWay() {
        return target != null && !isAt(target);
    }

    /** What the group has against this peer; null: nothing. */
    @Nullable
    Refusal judge(Member peer) {
        Member known = members.get(peer.getId());
        ByteString dataId = peer.getDataId();
        if (known == null) {
            boolean left = hasDiskOfRemoved(peer) || dataIds.contains(dataId);
            return left ? new Refusal(Verdict.REMOVED, "'" + peer.getId() + "' was removed from the group") : null;
        }
        boolean another = known.getDataId().isEmpty()
                ? dataIds.contains(dataId)
                : !dataId.isEmpty() && !known.getDataId().equals(dataId);
        return another
                ? new Refusal(
                        Verdict.WIPED,
                        "'" + peer.getId() + "' is a member with another disk: have it replaced (member replace "
                                + peer.getId() + ") before it comes back with this one")
                : null;
    }

    /** Whether it was removed, as far as its disk tells: one that comes with a new disk may join. */
    boolean hasDiskOfRemoved(Member peer) {
        Member gone = removed.get(peer.getId());
        return gone != null && (gone.getDataId().isEmpty() || gone.getDataId().equals(peer.getDataId()));
    }

    /** The member as the configuration has it; null: it has not. */
    private static @Nullable Member in(ConfState state, Member member) {
        String id = member.getId();
        boolean learner = state.getLearnersList().contains(id);
        boolean votes = state.getVotersList().contains(id)
                || state.getVotersOutgoingList().contains(id);
        if (!learner && !votes) {
            return null;
        }
        return member.getLearner() == learner
                ? member
                : member.toBuilder().setLearner(learner).build();
    }

    /** The change that an entry holds, of either form. */
    static ConfChangeV2 read(Entry entry) throws InvalidProtocolBufferException {
        ByteString data = entry.getData();
        if (entry.getType() == EntryType.ENTRY_CONF_CHANGE_V2) {
            return ConfChangeV2.parseFrom(data);
        }
        ConfChange older = ConfChange.parseFrom(data);
        return ConfChangeV2.newBuilder()
                .addChanges(
                        ConfChangeSingle.newBuilder().setType(older.getType()).setNodeId(older.getNodeId()))
                .setContext(older.getContext())
                .build();
    }
}
