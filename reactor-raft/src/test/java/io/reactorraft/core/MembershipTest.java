package io.reactorraft.core;

import static io.reactorraft.core.Cluster.change;
import static io.reactorraft.proto.ConfChangeType.ADD_LEARNER;
import static io.reactorraft.proto.ConfChangeType.ADD_VOTER;
import static io.reactorraft.proto.ConfChangeType.REMOVE_NODE;
import static io.reactorraft.proto.ConfChangeType.UPDATE_NODE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.fail;

import io.reactorraft.proto.ConfChangeSingle;
import io.reactorraft.proto.ConfChangeType;
import io.reactorraft.proto.ConfState;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class MembershipTest {

    private static final long LAST_INDEX = 9;

    private final ProgressTracker tracker = new ProgressTracker(10, 0);

    private Membership membership() {
        return new Membership(tracker, LAST_INDEX);
    }

    private void restore(List<String> voters, List<String> learners) throws InvalidChangeException {
        tracker.switchTo(Membership.restore(
                tracker,
                LAST_INDEX,
                ConfState.newBuilder()
                        .addAllVoters(voters)
                        .addAllLearners(learners)
                        .build()));
    }

    private static void refused(String reason, ThrowingCallable change) {
        assertThatExceptionOfType(InvalidChangeException.class)
                .isThrownBy(change)
                .withMessage(reason);
    }

    @Test
    void oneVoterAtATimeNeedsNoJointConfiguration() throws InvalidChangeException {
        restore(List.of("n1", "n2"), List.of());
        tracker.switchTo(membership().simple(List.of(change(ADD_VOTER, "n3"), change(ADD_LEARNER, "n4"))));
        assertThat(tracker.configuration()).hasToString("voters=(n1 n2 n3) learners=(n4)");
        refused(
                "more than one voter changed without entering joint config",
                () -> membership().simple(List.of(change(ADD_VOTER, "n5"), change(REMOVE_NODE, "n1"))));
    }

    @Test
    void severalVotersPassThroughAJointConfiguration() throws InvalidChangeException {
        restore(List.of("n1", "n2", "n3"), List.of());
        tracker.switchTo(membership()
                .enterJoint(
                        true, List.of(change(REMOVE_NODE, "n1"), change(ADD_VOTER, "n4"), change(ADD_VOTER, "n5"))));
        assertThat(tracker.configuration()).hasToString("voters=(n2 n3 n4 n5)&&(n1 n2 n3) autoleave");
        assertThat(tracker.progress()).containsOnlyKeys("n1", "n2", "n3", "n4", "n5");

        tracker.switchTo(membership().leaveJoint());
        assertThat(tracker.configuration()).hasToString("voters=(n2 n3 n4 n5)");
        assertThat(tracker.progress()).containsOnlyKeys("n2", "n3", "n4", "n5");
    }

    /** C08 of the usual faults: it still votes in the old half, so its progress must not go. */
    @Test
    void aDemotedVoterStaysOneOfTheOutgoingHalf() throws InvalidChangeException {
        restore(List.of("n1", "n2", "n3"), List.of());
        tracker.switchTo(membership().enterJoint(false, List.of(change(ADD_LEARNER, "n3"), change(ADD_VOTER, "n4"))));
        assertThat(tracker.configuration()).hasToString("voters=(n1 n2 n4)&&(n1 n2 n3) learners_next=(n3)");
        assertThat(progress("n3").isLearner()).isFalse();

        tracker.switchTo(membership().leaveJoint());
        assertThat(tracker.configuration()).hasToString("voters=(n1 n2 n4) learners=(n3)");
        assertThat(progress("n3").isLearner()).isTrue();
    }

    private Progress progress(String id) {
        return Objects.requireNonNull(tracker.progress(id), id);
    }

    @Test
    void aLearnerIsPromotedWithAllThatIsKnownOfIt() throws InvalidChangeException {
        restore(List.of("n1"), List.of("n2"));
        progress("n2").maybeUpdate(7);
        tracker.switchTo(membership().simple(List.of(change(ADD_VOTER, "n2"))));
        assertThat(tracker.configuration()).hasToString("voters=(n1 n2)");
        assertThat(progress("n2").isLearner()).isFalse();
        assertThat(progress("n2").match()).isEqualTo(7);
    }

    @Test
    void ofANewMemberNothingIsKnown() throws InvalidChangeException {
        restore(List.of("n1"), List.of());
        tracker.switchTo(membership().simple(List.of(change(ADD_VOTER, "n2"))));
        assertThat(progress("n2").match())
                .as("it has not acknowledged anything")
                .isZero();
        assertThat(progress("n2").next()).isEqualTo(LAST_INDEX);
        assertThat(progress("n2").recentActive()).as("it gets time to answer").isTrue();
    }

    @Test
    void whatIsSoAlreadyMayBeSaidAgain() throws InvalidChangeException {
        restore(List.of("n1", "n2"), List.of("n3"));
        tracker.switchTo(membership()
                .simple(List.of(
                        change(ADD_VOTER, "n1"),
                        change(ADD_LEARNER, "n3"),
                        change(REMOVE_NODE, "n9"),
                        change(UPDATE_NODE, "n2"),
                        change(ADD_VOTER, ""))));
        assertThat(tracker.configuration()).hasToString("voters=(n1 n2) learners=(n3)");
    }

    @Test
    void changesThatMakeNoSenseAreRefused() throws InvalidChangeException {
        refused("can't make a zero-voter config joint", () -> membership().enterJoint(true, List.of()));
        refused("can't leave a non-joint config", () -> membership().leaveJoint());
        restore(List.of("n1"), List.of());
        refused("removed all voters", () -> membership().simple(List.of(change(REMOVE_NODE, "n1"))));
        refused("removed all voters", () -> membership().enterJoint(true, List.of(change(ADD_LEARNER, "n1"))));
        refused(
                "unexpected conf type 77",
                () -> membership()
                        .simple(List.of(ConfChangeSingle.newBuilder()
                                .setTypeValue(77)
                                .setNodeId("n2")
                                .build())));
        tracker.switchTo(membership().enterJoint(false, List.of()));
        refused("config is already joint", () -> membership().enterJoint(false, List.of()));
        refused(
                "can't apply simple config change in joint config",
                () -> membership().simple(List.of(change(ADD_LEARNER, "n2"))));
    }

    @Test
    void aRefusedChangeChangesNothing() throws InvalidChangeException {
        restore(List.of("n1", "n2"), List.of());
        refused(
                "more than one voter changed without entering joint config",
                () -> membership().simple(List.of(change(REMOVE_NODE, "n2"), change(ADD_VOTER, "n3"))));
        assertThat(tracker.configuration()).hasToString("voters=(n1 n2)");
        assertThat(tracker.progress()).containsOnlyKeys("n1", "n2");
    }

    @Test
    void aConfigurationThatContradictsItselfIsNotRestored() {
        ConfState both = ConfState.newBuilder()
                .addVoters("n1")
                .addVoters("n2")
                .addLearners("n2")
                .build();
        assertThatExceptionOfType(InvalidChangeException.class)
                .isThrownBy(() -> Membership.restore(tracker, 1, both))
                .withMessageContaining("contradicts itself");
        ConfState leavesNothing =
                ConfState.newBuilder().addVoters("n1").setAutoLeave(true).build();
        assertThatExceptionOfType(InvalidChangeException.class)
                .isThrownBy(() -> Membership.restore(tracker, 1, leavesNothing))
                .withMessageContaining("contradicts itself");
    }

    /** Random walks through configurations: the invariants hold at each, and each is restored from its ConfState. */
    @Test
    void everyConfigurationThatIsReachedIsSoundAndCanBeRestored() throws InvalidChangeException {
        for (int seed = 0; seed < 200; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            restore(List.of("n1", "n2", "n3"), List.of("n4"));
            for (int step = 0; step < 40; step++) {
                try {
                    tracker.switchTo(anyChange(random));
                } catch (InvalidChangeException refused) {
                    continue;
                }
                checkSound(seed);
                ConfState state = tracker.configuration().toConfState();
                assertThat(Membership.restore(tracker, 1, state).configuration())
                        .as("seed %s", seed)
                        .isEqualTo(tracker.configuration());
            }
        }
    }

    private Membership.Change anyChange(SplittableRandom random) throws InvalidChangeException {
        List<ConfChangeSingle> changes = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            ConfChangeType type = Objects.requireNonNull(ConfChangeType.forNumber(random.nextInt(4)));
            changes.add(change(type, "n" + (1 + random.nextInt(6))));
        }
        return switch (random.nextInt(3)) {
            case 0 -> membership().simple(changes);
            case 1 -> membership().enterJoint(random.nextBoolean(), changes);
            default -> membership().leaveJoint();
        };
    }

    private void checkSound(int seed) {
        Configuration now = tracker.configuration();
        Set<String> members = new HashSet<>(now.voters().ids());
        members.addAll(now.learners().ids());
        boolean sound = !now.voters().incoming().isEmpty()
                && now.learners().ids().stream().noneMatch(now.voters()::contains)
                && now.voters().outgoing().ids().containsAll(now.learnersNext().ids())
                && now.learnersNext().ids().stream().noneMatch(now.voters().incoming()::contains)
                && (now.isJoint() || !now.autoLeave())
                && tracker.progress().keySet().equals(members)
                && tracker.progress().entrySet().stream()
                        .allMatch(each ->
                                each.getValue().isLearner() == now.learners().contains(each.getKey()));
        if (!sound) {
            fail("seed " + seed + ": " + now + " with progress of "
                    + tracker.progress().keySet());
        }
    }
}
