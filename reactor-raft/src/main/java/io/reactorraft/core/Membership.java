package io.reactorraft.core;

import io.reactorraft.proto.ConfChangeSingle;
import io.reactorraft.proto.ConfChangeType;
import io.reactorraft.proto.ConfState;
import io.reactorraft.quorum.IdOrder;
import io.reactorraft.quorum.JointConfig;
import io.reactorraft.quorum.MajorityConfig;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Works out what a change makes of the configuration in force (§6, thesis chapter 4); it changes nothing itself.
 *
 * <p>A simple change moves at most one voter, so that any majority before it and any majority after it have a member in
 * common. Everything else passes through a joint configuration, in which both majorities must agree.
 */
final class Membership {

    /** What a change leads to: put it in force with {@link ProgressTracker#switchTo}. */
    record Change(Configuration configuration, SortedMap<String, Progress> progress) {}

    private final ProgressTracker tracker;
    private final long lastIndex;

    /** {@code lastIndex}: of the log, where the probing of new members begins. */
    Membership(ProgressTracker tracker, long lastIndex) {
        this.tracker = tracker;
        this.lastIndex = lastIndex;
    }

    /** Changes that, taken together, add or remove at most one voter. */
    Change simple(List<ConfChangeSingle> changes) throws InvalidChangeException {
        Draft draft = new Draft();
        if (draft.isJoint()) {
            throw new InvalidChangeException("can't apply simple config change in joint config");
        }
        Set<String> before = Set.copyOf(draft.incoming);
        draft.apply(changes);
        if (draft.votersChangedSince(before) > 1) {
            throw new InvalidChangeException("more than one voter changed without entering joint config");
        }
        return draft.finished();
    }

    /** The voters so far become the outgoing half, the changed ones the incoming half: C-old,new of §6. */
    Change enterJoint(boolean autoLeave, List<ConfChangeSingle> changes) throws InvalidChangeException {
        Draft draft = new Draft();
        if (draft.isJoint()) {
            throw new InvalidChangeException("config is already joint");
        }
        if (draft.incoming.isEmpty()) {
            throw new InvalidChangeException("can't make a zero-voter config joint");
        }
        draft.outgoing.addAll(draft.incoming);
        draft.apply(changes);
        draft.autoLeave = autoLeave;
        return draft.finished();
    }

    /** The outgoing half goes: C-new of §6. Voters that waited to become learners become it now. */
    Change leaveJoint() throws InvalidChangeException {
        Draft draft = new Draft();
        if (!draft.isJoint()) {
            throw new InvalidChangeException("can't leave a non-joint config");
        }
        draft.leave();
        return draft.finished();
    }

    /** The configuration of a disk or a snapshot; the tracker's own is left out of account. */
    static Change restore(ProgressTracker tracker, long lastIndex, ConfState state) throws InvalidChangeException {
        ProgressTracker scratch = tracker.emptyCopy();
        List<ConfChangeSingle> members = new ArrayList<>();
        addAll(members, ConfChangeType.REMOVE_NODE, state.getVotersOutgoingList());
        addAll(members, ConfChangeType.ADD_VOTER, state.getVotersList());
        addAll(members, ConfChangeType.ADD_LEARNER, state.getLearnersList());
        addAll(members, ConfChangeType.ADD_LEARNER, state.getLearnersNextList());
        Membership membership = new Membership(scratch, lastIndex);
        if (state.getVotersOutgoingCount() == 0) {
            for (ConfChangeSingle member : members) {
                scratch.switchTo(membership.simple(List.of(member)));
            }
        } else {
            for (String voter : state.getVotersOutgoingList()) {
                scratch.switchTo(membership.simple(List.of(single(ConfChangeType.ADD_VOTER, voter))));
            }
            scratch.switchTo(membership.enterJoint(state.getAutoLeave(), members));
        }
        Change restored = new Change(scratch.configuration(), scratch.progress());
        requireSame(state, restored.configuration().toConfState());
        return restored;
    }

    private static void addAll(List<ConfChangeSingle> changes, ConfChangeType type, List<String> ids) {
        for (String id : ids) {
            changes.add(single(type, id));
        }
    }

    private static ConfChangeSingle single(ConfChangeType type, String id) {
        return ConfChangeSingle.newBuilder().setType(type).setNodeId(id).build();
    }

    private static void requireSame(ConfState wanted, ConfState made) throws InvalidChangeException {
        boolean same = Set.copyOf(wanted.getVotersList()).equals(Set.copyOf(made.getVotersList()))
                && Set.copyOf(wanted.getVotersOutgoingList()).equals(Set.copyOf(made.getVotersOutgoingList()))
                && Set.copyOf(wanted.getLearnersList()).equals(Set.copyOf(made.getLearnersList()))
                && Set.copyOf(wanted.getLearnersNextList()).equals(Set.copyOf(made.getLearnersNextList()))
                && wanted.getAutoLeave() == made.getAutoLeave();
        if (!same) {
            throw new InvalidChangeException("configuration contradicts itself: " + wanted + " amounts to " + made);
        }
    }

    /** A configuration being changed, on copies of everything. */
    private final class Draft {
        final Set<String> incoming = new HashSet<>();
        final Set<String> outgoing = new HashSet<>();
        final Set<String> learners = new HashSet<>();
        final Set<String> learnersNext = new HashSet<>();
        final NavigableMap<String, Progress> progress = new TreeMap<>(IdOrder.SHORTER_FIRST);
        boolean autoLeave;

        Draft() {
            Configuration current = tracker.configuration();
            incoming.addAll(current.voters().incoming().ids());
            outgoing.addAll(current.voters().outgoing().ids());
            learners.addAll(current.learners().ids());
            learnersNext.addAll(current.learnersNext().ids());
            autoLeave = current.autoLeave();
            progress.putAll(tracker.progress());
        }

        boolean isJoint() {
            return !outgoing.isEmpty();
        }

        void apply(List<ConfChangeSingle> changes) throws InvalidChangeException {
            for (ConfChangeSingle change : changes) {
                String id = change.getNodeId();
                if (id.isEmpty()) {
                    // The proposer's way of saying that this part of the change is void.
                    continue;
                }
                switch (change.getType()) {
                    case ADD_VOTER -> makeVoter(id);
                    case ADD_LEARNER -> makeLearner(id);
                    case REMOVE_NODE -> remove(id);
                    case UPDATE_NODE -> {
                        // Says something new about a member, never about the quorum.
                    }
                    case UNRECOGNIZED ->
                        throw new InvalidChangeException("unexpected conf type " + change.getTypeValue());
                }
            }
            if (incoming.isEmpty()) {
                throw new InvalidChangeException("removed all voters");
            }
        }

        private void makeVoter(String id) {
            incoming.add(id);
            learners.remove(id);
            learnersNext.remove(id);
            put(id, false);
        }

        private void makeLearner(String id) {
            Progress known = progress.get(id);
            if (known != null && known.isLearner()) {
                return;
            }
            incoming.remove(id);
            if (outgoing.contains(id)) {
                // Still a voter of the outgoing half, and nobody is voter and learner at once.
                learnersNext.add(id);
            } else {
                learners.add(id);
                put(id, true);
            }
        }

        private void remove(String id) {
            incoming.remove(id);
            learners.remove(id);
            learnersNext.remove(id);
            if (!outgoing.contains(id)) {
                progress.remove(id);
            }
        }

        private void put(String id, boolean learner) {
            Progress known = progress.get(id);
            if (known == null) {
                // Nothing is known of its log; the first probe, at our own end, finds out.
                known = new Progress(0, Math.max(lastIndex, 1), tracker.newInflights(), learner);
                // Time to answer, before a check of the quorum counts it as lost.
                known.recentActive(true);
            }
            progress.put(id, known.isLearner() == learner ? known : known.as(learner));
        }

        void leave() {
            for (String id : learnersNext) {
                learners.add(id);
                put(id, true);
            }
            learnersNext.clear();
            for (String id : outgoing) {
                if (!incoming.contains(id) && !learners.contains(id)) {
                    progress.remove(id);
                }
            }
            outgoing.clear();
            autoLeave = false;
        }

        int votersChangedSince(Set<String> before) {
            int changed = 0;
            for (String id : incoming) {
                changed += before.contains(id) ? 0 : 1;
            }
            for (String id : before) {
                changed += incoming.contains(id) ? 0 : 1;
            }
            return changed;
        }

        Change finished() {
            JointConfig voters = new JointConfig(MajorityConfig.of(incoming), MajorityConfig.of(outgoing));
            Configuration changed =
                    new Configuration(voters, MajorityConfig.of(learners), MajorityConfig.of(learnersNext), autoLeave);
            return new Change(changed, progress);
        }
    }
}
