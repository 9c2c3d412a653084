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
 * @param beginnings how often the group began anew, and without whom
 */
record Roster(
        ConfState confState,
        Map<String, Member> members,
        Map<String, Member> removed,
        Set<ByteString> dataIds,
        @Nullable MemberList target,
        Beginnings beginnings) {

    /** Removed members that are remembered; the oldest are forgotten, and then look like strangers. */
    static final int MAX_REMOVED = 1_000;

    /** Disks that are remembered; the oldest are forgotten. */
    static final int MAX_DATA_IDS = 10_000;

    static final Roster EMPTY =
            new Roster(ConfState.getDefaultInstance(), Map.of(), Map.of(), Set.of(), null, Beginnings.NONE);

    /**
     * How the group began anew.
     *
     * @param generation how often one member alone went on with it
     * @param leftBehind who did not go on then, until added again
     */
    record Beginnings(long generation, Map<String, Member> leftBehind) {
        static final Beginnings NONE = new Beginnings(0, Map.of());

        Beginnings {
            leftBehind = Collections.unmodifiableMap(leftBehind);
        }
    }

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
                new Beginnings(group.getGeneration(), byId(group.getLeftBehindList())));
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
                .setGeneration(beginnings.generation())
                .addAllLeftBehind(beginnings.leftBehind().values());
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

    /** The first members come one by one, and the last ones go so: a group of none cannot become many in one step. */
    List<ConfChangeV2> steps(ConfChangeV2 change, MembershipChange told) {
        if (!told.getGenesis().isEmpty()) {
            return change.getChangesList().stream().map(Roster::alone).toList();
        }
        return beginsAnew(told)
                ? ForcedStart.steps(confState, told.getMembers(0).getId())
                : List.of(change);
    }

    private boolean beginsAnew(MembershipChange told) {
        return told.getGeneration() > beginnings.generation() && told.getMembersCount() == 1;
    }

    long generation() {
        return beginnings.generation();
    }

    private static ConfChangeV2 alone(ConfChangeSingle change) {
        return ConfChangeV2.newBuilder().addChanges(change).build();
    }

    private Roster with(ConfState next, MembershipChange told) {
        Map<String, Member> known = new LinkedHashMap<>(members);
        List<Member> news = told.getMembersList().stream().map(this::noted).toList();
        news.forEach(member -> known.put(member.getId(), member));
        Map<String, Member> stay = new LinkedHashMap<>();
        Map<String, Member> gone = new LinkedHashMap<>(removed);
        Map<String, Member> left = new LinkedHashMap<>(beginnings.leftBehind());
        boolean anew = beginsAnew(told);
        known.forEach((id, member) -> {
            Member as = in(next, member);
            if (as != null) {
                stay.put(id, as);
                gone.remove(id);
                left.remove(id);
            } else if (members.containsKey(id)) {
                (anew ? left : gone).put(id, member);
            }
        });
        Beginnings now = new Beginnings(anew ? told.getGeneration() : beginnings.generation(), latest(left));
        return new Roster(next, stay, latest(gone), used(news), anew ? null : target, now);
    }

    private static Map<String, Member> latest(Map<String, Member> gone) {
        while (gone.size() > MAX_REMOVED) {
            gone.remove(gone.keySet().iterator().next());
        }
        return gone;
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
        return new Roster(confState, members, removed, dataIds, wanted, beginnings);
    }

    /** A member keeps the disk that it is known by, and no disk comes back: an emptied one is another member. */
    private Member noted(Member told) {
        Member before = members.get(told.getId());
        ByteString known = before == null ? ByteString.EMPTY : before.getDataId();
        if (known.isEmpty() && !dataIds.contains(told.getDataId())) {
            return told;
        }
        return told.toBuilder().setDataId(known).build();
    }

    boolean isJoint() {
        return confState.getVotersOutgoingCount() > 0;
    }

    /**
     * Whether this member is to go, and to come back with another disk. Said by name: that a target knows nothing of a
     * disk says nothing, since it may have been made before the disk was noted.
     */
    static boolean isReplaced(Member known, MemberList target) {
        return !known.getDataId().isEmpty() && target.getReplacedList().contains(known.getDataId());
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
                    || isReplaced(known, wanted)) {
                return false;
            }
        }
        return true;
    }

    /** Whether the group is still on its way to its target. */
    boolean isUnderWay() {
        return target != null && !isAt(target);
    }

    /** What the group has against this peer, by its id and the data id of its handshake; null: nothing. */
    @Nullable
    Refusal judge(Member peer) {
        String id = peer.getId();
        Member known = members.get(id);
        Member gone = removed.get(id);
        boolean isUsed = dataIds.contains(peer.getDataId());
        if (known != null) {
            boolean another = known.getDataId().isEmpty() ? isUsed : isAnother(known.getDataId(), peer.getDataId());
            return another
                    ? new Refusal(
                            Verdict.WIPED,
                            "the group knows '" + id
                                    + "' by another data directory: bring the old one back or, if it is lost, run "
                                    + "'raft-server member replace " + id + "' and start it with an empty one")
                    : null;
        }
        Member left = beginnings.leftBehind().get(id);
        if (left != null && !isAnother(left.getDataId(), peer.getDataId())) {
            return new Refusal(
                    Verdict.WRONG_GENERATION,
                    "the group began anew without '" + id + "', as generation " + generation()
                            + ": its data directory stays as it is, and an empty one may join");
        }
        // A removed founder with an empty disk would found the group once more: so its id counts, whatever its disk.
        return isUsed || gone != null
                ? new Refusal(
                        Verdict.REMOVED,
                        "'" + id + "' was removed from the group: its data directory is not to be used again; to have"
                                + " it back, run 'raft-server member add " + id
                                + "' first, and start it with an empty one")
                : null;
    }

    /** Whether it is a member, by the very disk that the log names, or the first that it shows. */
    boolean knows(Member peer) {
        return members.containsKey(peer.getId()) && judge(peer) == null;
    }

    private static boolean isAnother(ByteString noted, ByteString shown) {
        return !noted.isEmpty() && !noted.equals(shown);
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
