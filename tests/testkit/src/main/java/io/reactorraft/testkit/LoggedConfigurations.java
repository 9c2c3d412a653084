package io.reactorraft.testkit;

import com.google.protobuf.ByteString;
import io.reactorraft.LoggedMembers;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The group's members as its committed log has them, and whom each node may take for voters therefore: what nodes believe
 * themselves is not asked. One thread.
 */
final class LoggedConfigurations {
    private final Story story;
    private final TreeMap<Long, LoggedMembers> byIndex = new TreeMap<>(Map.of(0L, LoggedMembers.NONE));

    LoggedConfigurations(Story story) {
        this.story = story;
    }

    /** The next entry is known to be committed. */
    void committed(Entry entry) {
        LoggedMembers before = latest();
        LoggedMembers next = before.after(entry);
        if (next.equals(before)) {
            return;
        }
        byIndex.put(entry.getIndex(), next);
        ConfState from = before.confState();
        ConfState to = next.confState();
        if (!from.equals(to)) {
            story.tell(
                    "the group",
                    -50,
                    entry.getIndex(),
                    () -> "has " + next + " from index " + entry.getIndex() + " on");
            if (entry.getIndex() > 1) {
                story.count(to.getVotersOutgoingCount() > 0 ? Happening.JOINT_CHANGE : Happening.SIMPLE_CHANGE);
                checkOverlap(entry.getIndex(), from, to);
            }
        }
    }

    /** "There would be no point where two majorities could decide independently" (§6): by joint consensus, or one by one. */
    private void checkOverlap(long index, ConfState from, ConfState to) {
        boolean fromJoint = from.getVotersOutgoingCount() > 0;
        boolean toJoint = to.getVotersOutgoingCount() > 0;
        Set<String> before = new HashSet<>(from.getVotersList());
        Set<String> after = new HashSet<>(toJoint ? to.getVotersOutgoingList() : to.getVotersList());
        boolean overlap = (fromJoint || toJoint) ? before.equals(after) : differ(before, after) <= 1;
        if (!overlap) {
            story.violation("the change of the configuration at index " + index
                    + " makes two majorities possible that do" + " not overlap: from " + before
                    + (fromJoint ? " (joint)" : "") + " to " + to.getVotersList());
        }
    }

    private static int differ(Set<String> one, Set<String> other) {
        Set<String> all = new HashSet<>(one);
        all.addAll(other);
        Set<String> both = new HashSet<>(one);
        both.retainAll(other);
        return all.size() - both.size();
    }

    /** The members that the whole committed log makes. */
    LoggedMembers latest() {
        return byIndex.lastEntry().getValue();
    }

    /** The last committed entry that is about the members. */
    long lastIndex() {
        return byIndex.lastKey();
    }

    /** What was in force for a node that had applied the log up to one of these indexes, both included. */
    List<ConfState> inForce(long fromApplied, long toApplied) {
        List<ConfState> found = new ArrayList<>();
        Long first = byIndex.floorKey(fromApplied);
        byIndex.subMap(first == null ? 0L : first, true, Math.max(fromApplied, toApplied), true)
                .values()
                .forEach(members -> {
                    if (!found.contains(members.confState())) {
                        found.add(members.confState());
                    }
                });
        return found;
    }

    /** Whether it held of the members at some index from this one on. */
    boolean heldSince(long index, Predicate<LoggedMembers> what) {
        Long first = byIndex.floorKey(index);
        return byIndex.tailMap(first == null ? 0L : first, true).values().stream()
                .anyMatch(what);
    }

    /** Whether the group has this disk for the member's, or would take it for the first that it shows. */
    boolean isMember(String id, ByteString dataId) {
        LoggedMembers now = latest();
        ByteString known = now.dataId(id);
        return now.members().containsKey(id) && (known == null ? !now.isGone(dataId) : known.equals(dataId));
    }
}
