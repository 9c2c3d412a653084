package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.ConfChangeSingle;
import io.reactorraft.proto.ConfChangeType;
import io.reactorraft.proto.MemberList;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The next step towards a target, for each way in which members that are to come may be late. */
class MembershipPlanTest {
    private static final Member FOURTH = Member.voter("n4", "host4:7000");
    private static final Roster THREE = Roster.EMPTY.after(Genesis.entry(List.of(
            Member.voter("n1", "host1:7000"), Member.voter("n2", "host2:7000"), Member.voter("n3", "host3:7000"))));
    private static final Roster WITH_A_LEARNER =
            THREE.after(RosterTest.change(ConfChangeType.ADD_LEARNER, "n4", Member.learner("n4", "host4:7000")));

    @Test
    void aRemovalDoesNotWaitForANewMemberThatNeverComes() {
        MemberList target = target(List.of(), "n1", "n3", "n4").addAtOnce("n2").build();
        assertThat(step(WITH_A_LEARNER, target, Set.of("n1", "n2", "n3"), Set.of("n1", "n2", "n3")))
                .containsExactly("REMOVE_NODE n2");
    }

    @Test
    void aRemovalWaitsForANewMemberThatIsOnItsWay() {
        MemberList target = target(List.of(), "n1", "n3", "n4").addAtOnce("n2").build();
        Set<String> all = Set.of("n1", "n2", "n3", "n4");
        assertThat(step(WITH_A_LEARNER, target, all, Set.of("n1", "n2", "n3"))).isEmpty();
        assertThat(step(WITH_A_LEARNER, target, all, all)).containsExactly("REMOVE_NODE n2", "ADD_VOTER n4");
    }

    @Test
    void aDemotionDoesNotWaitForANewMemberThatNeverComesEither() {
        MemberList target =
                target(List.of("n2"), "n1", "n2", "n3", "n4").addAtOnce("n2").build();
        assertThat(step(WITH_A_LEARNER, target, Set.of("n1", "n2", "n3"), Set.of("n1", "n2", "n3")))
                .containsExactly("ADD_LEARNER n2");
    }

    @Test
    void whereAllIsOneWishNobodyGoesBeforeTheNewOnesAreThere() {
        MemberList target = target(List.of(), "n1", "n3", "n4").build();
        assertThat(step(WITH_A_LEARNER, target, Set.of("n1", "n2", "n3"), Set.of("n1", "n2", "n3")))
                .isEmpty();
    }

    @Test
    void aNewMemberAtTheAddressOfOneThatLeavesComesOnceThatHasLeft() {
        MemberList target = MemberList.newBuilder()
                .addAllMembers(target(List.of(), "n1", "n3").getMembersList())
                .addMembers(Member.voter("n4", "host2:7000").toProto())
                .build();
        Set<String> all = Set.of("n1", "n2", "n3");
        assertThat(step(THREE, target, all, all)).containsExactly("REMOVE_NODE n2");
        Roster two = THREE.after(RosterTest.change(ConfChangeType.REMOVE_NODE, "n2"));
        assertThat(step(two, target, all, all)).containsExactly("ADD_LEARNER n4");
    }

    @Test
    void whereSeveralMakeRoomTheyDoSoOneByOne() {
        MemberList target = MemberList.newBuilder()
                .addAllMembers(target(List.of(), "n1").getMembersList())
                .addMembers(Member.voter("n4", "host2:7000").toProto())
                .addMembers(Member.voter("n5", "host3:7000").toProto())
                .build();
        Set<String> all = Set.of("n1", "n2", "n3", "n4");
        assertThat(step(THREE, target, all, all)).containsExactly("REMOVE_NODE n2");
        Roster learning = THREE.after(RosterTest.change(ConfChangeType.REMOVE_NODE, "n2"))
                .after(RosterTest.change(ConfChangeType.ADD_LEARNER, "n4", Member.learner("n4", "host2:7000")));
        assertThat(step(learning, target, all, Set.of("n1", "n3")))
                .as("n3 stays until n4 has caught up")
                .isEmpty();
        assertThat(step(learning, target, Set.of("n1", "n3"), Set.of("n1", "n3")))
                .as("n3 stays, too, while n4 has yet to start")
                .isEmpty();
        assertThat(step(learning, target, all, all)).containsExactly("REMOVE_NODE n3", "ADD_VOTER n4");
    }

    private static MemberList.Builder target(List<String> learners, String... ids) {
        MemberList.Builder target = MemberList.newBuilder();
        for (String id : ids) {
            String address = id.equals("n4") ? FOURTH.address() : "host" + id.substring(1) + ":7000";
            target.addMembers(new Member(id, address, learners.contains(id), java.util.Map.of()).toProto());
        }
        return target;
    }

    private static List<String> step(Roster roster, MemberList target, Set<String> reachable, Set<String> caughtUp) {
        MembershipPlan.@Nullable Step step = MembershipPlan.next(roster.aimingAt(target), new MembershipPlan.View() {
            @Override
            public String self() {
                return "n1";
            }

            @Override
            public boolean reachable(String id) {
                return reachable.contains(id);
            }

            @Override
            public boolean isThere(String id) {
                return reachable.contains(id);
            }

            @Override
            public boolean caughtUp(String id) {
                return caughtUp.contains(id);
            }

            @Override
            public boolean mayLead(String id) {
                return true;
            }
        });
        List<String> changes = new ArrayList<>();
        if (step != null && step.change() != null) {
            for (ConfChangeSingle each : step.change().getChangesList()) {
                changes.add(each.getType() + " " + each.getNodeId());
            }
        }
        return changes;
    }
}
