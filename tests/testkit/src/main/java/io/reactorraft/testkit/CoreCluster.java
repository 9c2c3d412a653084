package io.reactorraft.testkit;

import io.reactorraft.proto.ConfState;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs bare cores, without the runtime, under the faults of {@link SimulatedCluster} and those that only a core knows:
 * membership changes in single steps and joint ones, learners, transfers, snapshots with compaction, disks that are lost
 * for good, tiny limits, and both ways of writing to the disk.
 *
 * <p>For those who work on the core; a state machine is tested with {@link SimulatedCluster}. Runs on the caller's thread.
 */
public final class CoreCluster {
    private static final long FAULTS_NANOS = TimeUnit.SECONDS.toNanos(15);
    private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(40);
    private static final long TRANSFER_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final CoreGroup group;
    private final long seed;
    private final CoreStanding standing;

    private CoreCluster(CoreGroup group, long seed) {
        this.group = group;
        this.standing = new CoreStanding(group);
        this.seed = seed;
    }

    /**
     * Runs one seed to its end, or to its first violation.
     *
     * @param nodes voters at the beginning
     * @param listener is told what happens, line by line; null: nobody
     */
    public static SimulationReport run(FaultMode mode, int nodes, long seed, @Nullable Consumer<String> listener) {
        return new CoreCluster(new CoreGroup(nodes, seed, listener), seed).run(mode);
    }

    private SimulationReport run(FaultMode mode) {
        switch (mode) {
            case UNIFORM -> new UniformFaults(group).run(FAULTS_NANOS, SimulatedCluster.LEAST_EVENTS);
            case PHASED -> new PhasedFaults(group).run(FAULTS_NANOS, SimulatedCluster.LEAST_EVENTS);
        }
        checkMajority();
        settle();
        checkProgress();
        checkTransfer();
        return new SimulationReport(
                seed,
                group.time().happened(),
                group.story().digest(),
                group.story().counts(),
                group.story().violation());
    }

    /** A majority is enough, whatever state the faults have left it in: "all of the others may fail" (§5.2, §5.3). */
    private void checkMajority() {
        group.mend();
        List<String> absent = over() ? List.of() : standing.dispensable(group.dice());
        if (absent.isEmpty()) {
            return;
        }
        group.story().tell("group", -50, absent.hashCode(), () -> "has to do without " + absent);
        long limit = group.time().now() + PROGRESS_NANOS;
        boolean applied = false;
        boolean settled = true;
        while (!applied && settled && group.time().now() < limit && !over()) {
            group.mend();
            absent.forEach(group::crash); // what they still believe about the members counts for nobody
            retireStrangers();
            applied = proposeAndPass();
            settled = standing.isSettled();
        }
        if (!over() && !applied && settled && standing.hasQuorum()) {
            group.story()
                    .violation("no progress: all faults are over, and a majority without " + absent
                            + " applies nothing within 40 s; " + standing.text());
        }
    }

    /** A second passes, with a proposal at its beginning; whether that is applied. */
    private boolean proposeAndPass() {
        String leader = group.leader();
        Outcomes.Operation operation = leader == null ? null : group.propose(leader);
        for (int i = 0; i < 10 && !over(); i++) {
            group.pass(LOOK_NANOS);
        }
        return operation != null && operation.isApplied();
    }

    /** In fair weather, leadership goes where it is sent. */
    private void checkTransfer() {
        long limit = group.time().now() + TRANSFER_NANOS;
        ConfState members = standing.latest();
        String leader = group.leader();
        List<String> others = members.getVotersList().stream()
                .filter(id -> group.running().contains(id) && !id.equals(leader))
                .toList();
        if (over() || leader == null || members.getVotersOutgoingCount() > 0 || others.isEmpty()) {
            return;
        }
        String next = group.dice().oneOf(others);
        while (!next.equals(group.leader()) && group.time().now() < limit && !over()) {
            String current = group.leader();
            CoreNode leading = current == null ? null : group.node(current);
            if (leading != null) {
                leading.transferTo(next);
            }
            group.pass(TimeUnit.SECONDS.toNanos(1));
        }
        if (!over() && !next.equals(group.leader()) && standing.latest().equals(members)) {
            group.story()
                    .violation("no transfer: all faults are over, and " + next + " does not lead within 20 s; "
                            + standing.text());
        }
    }

    /** Faults that were to be mended later still come to it. */
    private void settle() {
        long limit = group.time().now() + TimeUnit.SECONDS.toNanos(7);
        while (group.time().now() < limit && !over()) {
            group.mend();
            group.pass(TimeUnit.SECONDS.toNanos(1));
        }
    }

    private void checkProgress() {
        long limit = group.time().now() + PROGRESS_NANOS;
        boolean applied = false;
        while (!(applied && isWell()) && group.time().now() < limit && !over()) {
            group.mend();
            retireStrangers();
            applied = proposeAndPass();
        }
        if (!over() && !(applied && isWell()) && standing.hasQuorum()) {
            group.story()
                    .violation("no progress: all faults are over, and within 40 s "
                            + (!applied
                                    ? "nothing is applied; "
                                    : standing.allCaughtUp()
                                            ? "the joint configuration is not left; "
                                            : "not everybody has caught up; ")
                            + standing.text());
        }
    }

    private boolean isWell() {
        // "It is now safe for the leader to create a log entry describing C-new" (§6), unless it was told to wait.
        return standing.allCaughtUp() && !standing.latest().getAutoLeave();
    }

    /**
     * Removed members would disturb the others for ever where nothing protects these (thesis §4.2.3). An operator switches
     * one off once the members that are left have all applied the change: until then they may need its vote.
     */
    private void retireStrangers() {
        Set<String> needed = membersOf(standing.latest());
        for (String id : Set.copyOf(needed)) {
            CoreNode node = group.members().contains(id) ? group.node(id) : null;
            if (node != null) {
                needed.addAll(membersOf(node.core().status().confState()));
            }
        }
        group.members().stream().filter(id -> !needed.contains(id)).forEach(group::crash);
    }

    private static Set<String> membersOf(ConfState configuration) {
        Set<String> members = new TreeSet<>(configuration.getVotersList());
        members.addAll(configuration.getVotersOutgoingList());
        members.addAll(configuration.getLearnersList());
        return members;
    }

    private boolean over() {
        return group.story().violation() != null;
    }
}
