package io.reactorraft.torture;

import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What must be there: everything acknowledged, and of the calls after that any number of records from the first on, as the
 * log is one sequence and a crash may cut it between any two.
 *
 * <p>Not thread-safe.
 */
final class Model {
    private Map<String, GroupModel> acknowledged = new TreeMap<>();
    private Deque<Operation> pending = new ArrayDeque<>();

    /** A state of its own, to judge an image by that was taken at this moment. */
    Model copy() {
        Model copy = new Model();
        copy.acknowledged = copyOf(acknowledged);
        copy.pending = new ArrayDeque<>(pending);
        return copy;
    }

    /** The call is made from here on. */
    void begun(Operation operation) {
        pending.add(operation);
    }

    /** A call that is out was refused, and nothing of it is written. */
    void turnedAway(long number) {
        pending.removeIf(operation -> operation.number() == number);
    }

    /** The oldest call that is out was acknowledged. */
    void done(long number) {
        Operation operation = pending.poll();
        if (operation == null || operation.number() != number) {
            throw new ViolationException("operation " + number + " was acknowledged out of turn, before " + operation);
        }
        GroupModel group = group(acknowledged, operation.group());
        boolean synced = operation.kind() == Operation.Kind.MARK
                || operation.count() > 0
                || operation.hardState().getTerm() != group.hardState().getTerm()
                || !operation.hardState().getVote().equals(group.hardState().getVote());
        for (Runnable record : records(operation, acknowledged)) {
            record.run();
        }
        if (synced && operation.kind() != Operation.Kind.COMPACT) {
            acknowledged.values().forEach(GroupModel::synced);
        }
    }

    /**
     * One file was injured: the newest snapshot may stand in for entries that are lost, and the one before, with the log, for
     * the newest.
     */
    void injured() {
        acknowledged.values().forEach(GroupModel::injured);
    }

    /** What of all that was acknowledged is missing or changed; null: nothing. Goes on from what was found. */
    @Nullable
    String judge(Collection<Found> found) {
        Map<String, GroupModel> candidate = copyOf(acknowledged);
        for (Operation operation : pending) {
            if (operation.kind() == Operation.Kind.COMPACT) {
                group(candidate, operation.group()).release(operation.index());
            }
        }
        String first = difference(candidate, found);
        String nearest = first;
        boolean matches = first == null;
        for (Operation operation : new ArrayList<>(pending)) {
            for (Runnable record : matches ? List.<Runnable>of() : records(operation, candidate)) {
                record.run();
                nearest = difference(candidate, found);
                matches = nearest == null;
                if (matches) {
                    break;
                }
            }
            if (matches) {
                break;
            }
        }
        if (!matches) {
            return first
                    + (pending.isEmpty()
                            ? ""
                            : " (and with all " + pending.size() + " calls that were out: " + nearest + ")");
        }
        pending.clear();
        acknowledged = candidate;
        for (Found each : found) {
            group(acknowledged, each.group()).adopt(each);
        }
        return null;
    }

    private static @Nullable String difference(Map<String, GroupModel> groups, Collection<Found> found) {
        Map<String, Found> byGroup = new HashMap<>();
        found.forEach(each -> byGroup.put(each.group(), each));
        for (Map.Entry<String, GroupModel> group : groups.entrySet()) {
            Found each = byGroup.get(group.getKey());
            String difference =
                    each == null ? "it is not there" : group.getValue().difference(each);
            if (difference != null) {
                return "group " + group.getKey() + ": " + difference;
            }
        }
        for (Found each : found) {
            String difference = groups.containsKey(each.group()) ? null : new GroupModel().difference(each);
            if (difference != null) {
                return "group " + each.group() + ": nothing was acknowledged of it, and " + difference;
            }
        }
        return null;
    }

    /** What an operation writes, record by record, in the order in which the log writes them. */
    private static List<Runnable> records(Operation operation, Map<String, GroupModel> groups) {
        GroupModel group = group(groups, operation.group());
        List<Runnable> records = new ArrayList<>();
        switch (operation.kind()) {
            case COMPACT -> records.add(() -> group.release(operation.index()));
            case MARK -> records.add(() -> group.mark(operation));
            case APPEND -> {
                if (!operation.hardState().equals(HardState.getDefaultInstance())) {
                    records.add(() -> group.hardState(operation.hardState()));
                }
                if (operation.count() > 0 && operation.index() <= group.last()) {
                    records.add(() -> group.truncate(operation.index() - 1));
                }
                for (Entry entry : operation.entries()) {
                    records.add(() -> group.append(entry));
                }
            }
        }
        return records;
    }

    private static GroupModel group(Map<String, GroupModel> groups, String name) {
        return groups.computeIfAbsent(name, added -> new GroupModel());
    }

    private static Map<String, GroupModel> copyOf(Map<String, GroupModel> groups) {
        Map<String, GroupModel> copy = new TreeMap<>();
        groups.forEach((name, group) -> copy.put(name, group.copy()));
        return copy;
    }
}
