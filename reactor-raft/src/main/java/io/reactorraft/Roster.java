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
import io.reactorraft.proto.Member;
import io.reactorraft.proto.MembershipChange;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The group's configuration and members at one index of the log: a function of the log, and part of every snapshot.
 *
 * <p>The core puts changes in force on the loop, a little later than they are applied; a snapshot must not be ahead of its
 * index, nor behind. So the apply thread keeps its own, by the same arithmetic. Immutable.
 *
 * @param members everybody in {@code confState}, those that are about to leave included
 * @param removed who left, until added again, the latest last: at most {@link #MAX_REMOVED}
 */
record Roster(ConfState confState, Map<String, Member> members, Map<String, Member> removed, ByteString genesis) {

    /** Removed members that are remembered; the oldest are forgotten, and then look like strangers. */
    static final int MAX_REMOVED = 1_000;

    static final Roster EMPTY = new Roster(ConfState.getDefaultInstance(), Map.of(), Map.of(), ByteString.EMPTY);

    Roster {
        members = Collections.unmodifiableMap(members);
        removed = Collections.unmodifiableMap(removed);
    }

    /** As a snapshot has it. */
    static Roster of(ConfState confState, GroupState group) {
        return new Roster(confState, byId(group.getMembersList()), byId(group.getRemovedList()), group.getGenesis());
    }

    private static Map<String, Member> byId(List<Member> list) {
        Map<String, Member> members = new LinkedHashMap<>();
        list.forEach(member -> members.put(member.getId(), member));
        return members;
    }

    /** Adds it to what a snapshot holds. */
    void into(GroupState.Builder group) {
        group.addAllMembers(members.values()).addAllRemoved(removed.values()).setGenesis(genesis);
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
        return new Roster(next, stay, gone, told.getGenesis().isEmpty() ? genesis : told.getGenesis());
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
