package io.reactorraft.testkit;

import io.reactorraft.proto.ConfChangeSingle;
import io.reactorraft.proto.ConfChangeTransition;
import io.reactorraft.proto.ConfChangeType;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.ConfState;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What operators do to a group of bare cores: change the members, replace one whose disk is gone, transfer leadership,
 * make snapshots; and what no operator would ask for, but a core must bear.
 */
final class CoreChanges {
    private static final int SPARES = 2;
    private static final int LOOKS = 200;
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(3);

    private final CoreGroup group;
    private final Dice dice;
    private final int size;
    private int lastId;
    private @Nullable String wiped;

    CoreChanges(CoreGroup group, int size) {
        this.group = group;
        this.dice = group.dice();
        this.size = size;
        this.lastId = size;
    }

    void one() {
        String leader = group.leader();
        CoreNode leading = leader == null ? null : group.node(leader);
        switch ((int) dice.below(10)) {
            case 0, 1, 2 -> snapshots();
            case 3 -> {
                if (leading != null) {
                    leading.transferTo(dice.oneOf(group.members()));
                }
            }
            case 4 -> mischief();
            case 5 -> wipe(leading);
            default -> {
                if (leading != null) {
                    change(leading);
                    another();
                    if (dice.permille(300)) {
                        leading.transferTo(dice.oneOf(group.members()));
                        atTheNext(leader, LOOKS);
                    }
                }
            }
        }
    }

    /** Whoever leads next is asked for a change at once: its log may hold one that it has not applied. */
    private void atTheNext(@Nullable String before, int looks) {
        group.time().after(LOOK_NANOS, () -> {
            String leader = group.leader();
            CoreNode leading = leader == null || leader.equals(before) ? null : group.node(leader);
            if (leading != null) {
                change(leading);
            } else if (looks > 0) {
                atTheNext(before, looks - 1);
            }
        });
    }

    /** Often one change follows another before that one is applied, or the one who leads by then asks for it. */
    private void another() {
        if (dice.permille(400)) {
            group.time().after(TimeUnit.MILLISECONDS.toNanos(dice.below(600)), () -> {
                String leader = group.leader();
                CoreNode leading = leader == null ? null : group.node(leader);
                if (leading != null) {
                    change(leading);
                    another();
                }
            });
        }
    }

    private void snapshots() {
        for (String id : group.running()) {
            CoreNode node = group.node(id);
            if (node != null && dice.permille(600)) {
                node.snapshot(dice.permille(500) ? 0 : dice.below(30));
            }
        }
    }

    /** Somebody campaigns, forgets the leader, or asks for a transfer without being the leader. */
    private void mischief() {
        CoreNode node = group.node(dice.oneOf(group.members()));
        if (node == null) {
            return;
        }
        switch ((int) dice.below(3)) {
            case 0 -> node.campaign();
            case 1 -> node.forgetLeader();
            default -> node.transferTo(dice.oneOf(group.members()));
        }
    }

    private void change(CoreNode leading) {
        ConfState now = leading.core().status().confState();
        if (now.getVotersOutgoingCount() > 0) {
            leading.change(ConfChangeV2.getDefaultInstance());
            return;
        }
        String gone = wiped;
        if (gone != null
                && (now.getVotersList().contains(gone) || now.getLearnersList().contains(gone))) {
            leading.change(ConfChangeV2.newBuilder()
                    .addChanges(single(ConfChangeType.REMOVE_NODE, gone))
                    .addChanges(single(ConfChangeType.ADD_VOTER, spare(now)))
                    .build());
            return;
        }
        wiped = null;
        ConfChangeV2.Builder change = ConfChangeV2.newBuilder()
                .setTransition(dice.oneOf(List.of(
                        ConfChangeTransition.TRANSITION_AUTO,
                        ConfChangeTransition.TRANSITION_JOINT_IMPLICIT,
                        ConfChangeTransition.TRANSITION_JOINT_EXPLICIT)));
        for (long n = dice.between(1, 2); n > 0; n--) {
            change.addChanges(randomChange(now));
        }
        leading.change(change.build());
    }

    private ConfChangeSingle randomChange(ConfState now) {
        List<String> voters = now.getVotersList();
        if (voters.size() < size || dice.permille(300)) {
            return single(dice.permille(700) ? ConfChangeType.ADD_VOTER : ConfChangeType.ADD_LEARNER, spare(now));
        }
        return single(dice.permille(600) ? ConfChangeType.REMOVE_NODE : ConfChangeType.ADD_LEARNER, dice.oneOf(voters));
    }

    /** Somebody who runs and is no voter, if need be somebody new. */
    private String spare(ConfState now) {
        List<String> spares = new ArrayList<>(group.running());
        spares.removeAll(now.getVotersList());
        spares.removeAll(now.getVotersOutgoingList());
        if (!spares.isEmpty() && (group.members().size() >= size + SPARES || dice.permille(500))) {
            return dice.oneOf(spares);
        }
        String id = "n" + ++lastId;
        group.join(id);
        return id;
    }

    /**
     * One disk at a time, of a voter whom the others can spare, and only while no change is under way: an operator who
     * does more than that loses the group.
     */
    private void wipe(@Nullable CoreNode leading) {
        if (leading == null || wiped != null) {
            return;
        }
        ConfState now = leading.core().status().confState();
        boolean quiet = now.getVotersOutgoingCount() == 0
                && now.getVotersCount() >= 3
                && leading.core().appliedIndex() == leading.core().lastIndex();
        String victim = dice.oneOf(now.getVotersList());
        if (quiet && group.members().contains(victim)) {
            wiped = victim;
            group.wipe(victim);
        }
    }

    private static ConfChangeSingle single(ConfChangeType type, String id) {
        return ConfChangeSingle.newBuilder().setType(type).setNodeId(id).build();
    }
}
