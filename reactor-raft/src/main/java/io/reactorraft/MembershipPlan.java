package io.reactorraft;

import io.reactorraft.proto.ConfChangeSingle;
import io.reactorraft.proto.ConfChangeType;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.MemberList;
import io.reactorraft.proto.MembershipChange;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The next step from the members as they are to those that were asked for (§6).
 *
 * <p>New ones come as learners, one by one; then everything that changes votes happens at once, in one joint step where it
 * is more than one, as soon as all that are to get a vote have caught up. So the group never has fewer voters that are up
 * to date than before and after. A leader that is to lose its vote hands over first.
 *
 * <p>Some go without waiting: a voter whose removal was asked for by itself, where those that are to come do not answer; and
 * one whose address a new member is to have, which could not come before.
 *
 * <p>Pure: whoever leads takes the same steps, in the middle of the way, too.
 */
final class MembershipPlan {
    private final Roster roster;
    private final MemberList target;
    private final Map<String, Member> wanted = new LinkedHashMap<>();
    private final View view;

    /** How a leader sees its members. */
    interface View {
        String self();

        /** Whether it was heard from within an election timeout, and holds something of the log: else it elects nobody. */
        boolean reachable(String id);

        /** Whether it was heard from, with whatever log: it is on its way. */
        boolean isThere(String id);

        /** Whether its log is so close to ours that a vote would not hold the group up. */
        boolean caughtUp(String id);

        /** Whether it is worth a try to hand leadership to it. */
        boolean mayLead(String id);
    }

    /**
     * What to do now.
     *
     * @param change to be proposed; null: leadership is to be handed over first
     * @param handOverTo to whom
     */
    record Step(@Nullable ConfChangeV2 change, @Nullable String handOverTo) {}

    private MembershipPlan(Roster roster, MemberList target, View view) {
        this.roster = roster;
        this.target = target;
        this.view = view;
        target.getMembersList().forEach(member -> wanted.put(member.getId(), member));
    }

    /** Null: there is nothing to do, or nothing to be done yet. */
    static @Nullable Step next(Roster roster, View view) {
        MemberList target = roster.target();
        if (target == null || roster.isJoint() || roster.isAt(target)) {
            return null;
        }
        MembershipPlan plan = new MembershipPlan(roster, target, view);
        ConfChangeV2 members = plan.ofMembers();
        return members == null ? plan.ofVotes() : new Step(members, null);
    }

    /** What touches no vote. */
    private @Nullable ConfChangeV2 ofMembers() {
        for (Member each : roster.all()) {
            Member as = wanted.get(each.getId());
            if (each.getLearner() && (as == null || Roster.isReplaced(each, target))) {
                return change(List.of(single(ConfChangeType.REMOVE_NODE, each.getId())), null);
            }
        }
        for (Member each : wanted.values()) {
            Member known = roster.members().get(each.getId());
            if (known == null && isAddressTaken(each)) {
                continue;
            }
            if (known == null) {
                Member learner = each.toBuilder().setLearner(true).build();
                return change(List.of(single(ConfChangeType.ADD_LEARNER, each.getId())), learner);
            }
            boolean moves = !known.getAddressesList().equals(each.getAddressesList());
            if (moves && !Roster.isReplaced(known, target)) {
                Member moved = known.toBuilder()
                        .clearAddresses()
                        .addAllAddresses(each.getAddressesList())
                        .build();
                return change(List.of(single(ConfChangeType.UPDATE_NODE, each.getId())), moved);
            }
        }
        return null;
    }

    /** By one that is to go. */
    private boolean isAddressTaken(Member coming) {
        return roster.all().stream()
                .anyMatch(each -> !wanted.containsKey(each.getId())
                        && each.getAddressesList().equals(coming.getAddressesList()));
    }

    private boolean makesRoom(String leaving) {
        Member known = Objects.requireNonNull(roster.members().get(leaving));
        return wanted.values().stream()
                .anyMatch(each -> !roster.members().containsKey(each.getId())
                        && each.getAddressesList().equals(known.getAddressesList()));
    }

    private @Nullable Step ofVotes() {
        List<String> promoted = new ArrayList<>();
        List<String> demoted = new ArrayList<>();
        List<String> removed = new ArrayList<>();
        List<String> replaced = new ArrayList<>();
        for (Member each : roster.all()) {
            Member as = wanted.get(each.getId());
            if (as == null) {
                removed.add(each.getId());
            } else if (Roster.isReplaced(each, target)) {
                replaced.add(each.getId());
            } else if (each.getLearner() && !as.getLearner()) {
                promoted.add(each.getId());
            } else if (!each.getLearner() && as.getLearner()) {
                demoted.add(each.getId());
            }
        }
        List<String> ready = promoted.stream().filter(view::caughtUp).toList();
        boolean areAllThere = ready.size() == promoted.size() && areAllKnown();
        boolean isAnyOnItsWay = promoted.stream().anyMatch(id -> !ready.contains(id) && view.isThere(id));
        List<ConfChangeSingle> changes = new ArrayList<>();
        removed.stream()
                .filter(id -> areAllThere || (!isAnyOnItsWay && isAtOnce(id)))
                .forEach(id -> changes.add(single(ConfChangeType.REMOVE_NODE, id)));
        demoted.stream()
                .filter(id -> areAllThere || (!isAnyOnItsWay && isAtOnce(id)))
                .forEach(id -> changes.add(single(ConfChangeType.ADD_LEARNER, id)));
        if (changes.isEmpty() && ready.size() == promoted.size()) {
            removed.stream()
                    .filter(this::makesRoom)
                    .findFirst() // the next one when the one that comes has its vote: meanwhile there is a voter less
                    .ifPresent(id -> changes.add(single(ConfChangeType.REMOVE_NODE, id)));
        }
        if (!changes.isEmpty()
                || (removed.isEmpty() && demoted.isEmpty())) { // else all at once, when everybody is ready
            ready.forEach(id -> changes.add(single(ConfChangeType.ADD_VOTER, id)));
        }
        replaced.forEach(id -> changes.add(single(ConfChangeType.REMOVE_NODE, id))); // its disk is gone already
        return changes.isEmpty() ? null : step(changes);
    }

    private boolean areAllKnown() {
        return roster.members().keySet().containsAll(wanted.keySet());
    }

    private boolean isAtOnce(String id) {
        return target.getAtOnceList().contains(id);
    }

    private @Nullable Step step(List<ConfChangeSingle> changes) {
        List<String> voters = votersAfter(changes);
        long there = voters.stream().filter(view::reachable).count();
        if (there < voters.size() / 2 + 1) {
            return null; // it was safe when it was asked for; it is again when they are back
        }
        boolean stays = voters.contains(view.self());
        if (!stays) {
            String heir = voters.stream()
                    .filter(id ->
                            !Objects.requireNonNull(roster.members().get(id)).getLearner())
                    .filter(view::reachable)
                    .filter(view::caughtUp)
                    .filter(view::mayLead)
                    .findFirst()
                    .orElse(null);
            if (heir != null) {
                return new Step(null, heir);
            }
        }
        return new Step(change(changes, null), null);
    }

    private List<String> votersAfter(List<ConfChangeSingle> changes) {
        Predicate<String> loses = id -> changes.stream()
                .anyMatch(each -> each.getNodeId().equals(id) && each.getType() != ConfChangeType.ADD_VOTER);
        Predicate<String> gains = id -> changes.stream()
                .anyMatch(each -> each.getNodeId().equals(id) && each.getType() == ConfChangeType.ADD_VOTER);
        return roster.all().stream()
                .filter(member -> (!member.getLearner() && !loses.test(member.getId())) || gains.test(member.getId()))
                .map(Member::getId)
                .toList();
    }

    private static ConfChangeSingle single(ConfChangeType type, String id) {
        return ConfChangeSingle.newBuilder().setType(type).setNodeId(id).build();
    }

    private static ConfChangeV2 change(List<ConfChangeSingle> changes, @Nullable Member told) {
        MembershipChange.Builder context = MembershipChange.newBuilder();
        if (told != null) {
            context.addMembers(told);
        }
        return ConfChangeV2.newBuilder()
                .addAllChanges(changes)
                .setContext(context.build().toByteString())
                .build();
    }
}
