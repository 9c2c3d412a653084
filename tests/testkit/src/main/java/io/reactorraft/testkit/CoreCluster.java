package io.reactorraft.testkit;

import io.reactorraft.core.RawNode;
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
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final CoreGroup group;
    private final long seed;

    private CoreCluster(CoreGroup group, long seed) {
        this.group = group;
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
        settle();
        checkProgress();
        return new SimulationReport(
                seed,
                group.time().happened(),
                group.story().digest(),
                group.story().counts(),
                group.story().violation());
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
        while (!(applied && allCaughtUp()) && group.time().now() < limit && !over()) {
            group.mend();
            retireStrangers();
            String leader = group.leader();
            Outcomes.Operation operation = leader == null ? null : group.propose(leader);
            for (int i = 0; i < 10 && !over(); i++) {
                group.pass(LOOK_NANOS);
            }
            applied = operation != null && operation.isApplied();
        }
        if (!over() && !(applied && allCaughtUp()) && hasQuorum()) {
            group.story()
                    .violation("no progress: all faults are over, and within 40 s "
                            + (applied ? "not everybody has caught up; " : "nothing is applied; ") + standing());
        }
    }

    /**
     * Removed members would disturb the others for ever where nothing protects these (thesis §4.2.3). An operator switches
     * one off once the members that are left have all applied the change: until then they may need its vote.
     */
    private void retireStrangers() {
        Set<String> needed = membersOf(latest());
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

    /** The configuration of whoever has applied most. */
    private ConfState latest() {
        ConfState latest = ConfState.getDefaultInstance();
        long highest = -1;
        for (String id : group.running()) {
            CoreNode node = group.node(id);
            if (node != null && node.core().appliedIndex() > highest) {
                highest = node.core().appliedIndex();
                latest = node.core().status().confState();
            }
        }
        return latest;
    }

    private boolean hasQuorum() {
        ConfState latest = latest();
        return majorityRuns(latest.getVotersList()) && majorityRuns(latest.getVotersOutgoingList());
    }

    private boolean majorityRuns(List<String> voters) {
        return voters.isEmpty()
                || voters.stream().filter(group.running()::contains).count() > voters.size() / 2;
    }

    private boolean allCaughtUp() {
        String leader = group.leader();
        CoreNode leading = leader == null ? null : group.node(leader);
        if (leading == null) {
            return false;
        }
        ConfState members = leading.core().status().confState();
        for (String id : group.running()) {
            CoreNode node = group.node(id);
            boolean member = members.getVotersList().contains(id)
                    || members.getLearnersList().contains(id);
            if (node != null
                    && member
                    && node.machine().commandIndex() != leading.machine().commandIndex()) {
                return false;
            }
        }
        return true;
    }

    private String standing() {
        StringBuilder text = new StringBuilder();
        for (String id : group.running()) {
            CoreNode node = group.node(id);
            if (node != null) {
                RawNode core = node.core();
                text.append(id)
                        .append(' ')
                        .append(core.role())
                        .append(" term ")
                        .append(core.term())
                        .append(" last ")
                        .append(core.lastIndex())
                        .append(" commit ")
                        .append(core.commitIndex())
                        .append(" applied ")
                        .append(core.appliedIndex())
                        .append(" voters ")
                        .append(core.status().confState().getVotersList())
                        .append(core.status().confState().getVotersOutgoingList())
                        .append("; ");
            }
        }
        return text.toString();
    }

    private boolean over() {
        return group.story().violation() != null;
    }
}
