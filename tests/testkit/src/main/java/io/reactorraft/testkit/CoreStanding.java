package io.reactorraft.testkit;

import io.reactorraft.core.RaftRole;
import io.reactorraft.core.RawNode;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.EntryType;
import java.util.ArrayList;
import java.util.List;

/** How a group of bare cores stands, as nobody within it can know. One thread. */
final class CoreStanding {
    private final CoreGroup group;

    CoreStanding(CoreGroup group) {
        this.group = group;
    }

    /** The configuration of whoever has applied most. */
    ConfState latest() {
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

    boolean hasQuorum() {
        ConfState latest = latest();
        return majorityRuns(latest.getVotersList()) && majorityRuns(latest.getVotersOutgoingList());
    }

    boolean majorityRuns(List<String> voters) {
        return voters.isEmpty()
                || voters.stream().filter(group.running()::contains).count() > voters.size() / 2;
    }

    boolean allCaughtUp() {
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

    String text() {
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
                        .append(
                                core.role() == RaftRole.LEADER
                                        ? " " + core.status().progress()
                                        : "")
                        .append("; ");
            }
        }
        return text.toString();
    }

    /**
     * Voters that the group must be able to do without: as many as there can be, at random. None where it is not sure
     * whom the group consists of: while it is joint, or where some disk holds a change that nobody has applied.
     */
    List<String> dispensable(Dice dice) {
        ConfState latest = latest();
        if (latest.getVotersOutgoingCount() > 0 || !hasQuorum() || !isSettled()) {
            return List.of();
        }
        List<String> running = new ArrayList<>(latest.getVotersList());
        running.retainAll(group.running());
        int spare = running.size() - (latest.getVotersCount() / 2 + 1);
        while (running.size() > spare) {
            running.remove((int) dice.below(running.size()));
        }
        return running;
    }

    /** Whether all members know the same configuration, and none has a change in its log that is not applied yet. */
    boolean isSettled() {
        ConfState latest = latest();
        for (String id : group.running()) {
            CoreNode node = group.node(id);
            if (node == null || !isMember(id, latest)) {
                continue;
            }
            DurableLog log = group.disk(id).log(CoreNode.GROUP);
            long from = Math.max(node.core().appliedIndex() + 1, log.firstIndex());
            boolean pending = from <= log.lastIndex()
                    && log.read(from, log.lastIndex() + 1, 0).stream()
                            .anyMatch(entry -> entry.getType() != EntryType.ENTRY_NORMAL);
            if (pending || !node.core().status().confState().equals(latest)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isMember(String id, ConfState state) {
        return state.getVotersList().contains(id)
                || state.getVotersOutgoingList().contains(id)
                || state.getLearnersList().contains(id);
    }
}
