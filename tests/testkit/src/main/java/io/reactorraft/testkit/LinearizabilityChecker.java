package io.reactorraft.testkit;

import io.reactorraft.testkit.Verdict.Outcome;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Decides whether a concurrent history is linearizable: whether each operation can be given one instant between its call
 * and its return, so that a single object, used at these instants one after the other, gives the same answers (Herlihy
 * and Wing, 1990).
 *
 * <p>Each key is checked for itself, since a history is linearizable exactly if it is so key by key. The question is
 * NP-complete; a search that has tried {@code maxConfigurations} combinations on one key gives up and says so.
 *
 * <p>Immutable; safe for any thread. A check works on the caller's thread and may take long: never call it on a thread
 * that must not block.
 */
public final class LinearizabilityChecker<S, I, O> {

    /** Enough for thousands of operations on a key with a few dozen open ones; about 1 GB at the worst. */
    public static final int MAX_CONFIGURATIONS = 4_000_000;

    private final SequentialModel<S, I, O> model;
    private final int maxConfigurations;

    /** Checks against this model, with up to {@link #MAX_CONFIGURATIONS} a key. */
    public LinearizabilityChecker(SequentialModel<S, I, O> model) {
        this(model, MAX_CONFIGURATIONS);
    }

    /** Checks against this model, giving up on a key after so many combinations. */
    public LinearizabilityChecker(SequentialModel<S, I, O> model, int maxConfigurations) {
        if (maxConfigurations <= 0) {
            throw new IllegalArgumentException("maxConfigurations must be positive: " + maxConfigurations);
        }
        this.model = model;
        this.maxConfigurations = maxConfigurations;
    }

    /** The verdict; of several keys that fail, the first in the order of keys is explained. */
    public Verdict<I, O> check(List<Operation<I, O>> history) {
        Map<String, List<Operation<I, O>>> byKey = new TreeMap<>();
        for (Operation<I, O> operation : history) {
            if (!(operation.isOpen() && model.isReadOnly(operation.input()))) {
                byKey.computeIfAbsent(model.keyOf(operation.input()), key -> new ArrayList<>())
                        .add(operation);
            }
        }
        List<String> undecided = new ArrayList<>();
        for (Map.Entry<String, List<Operation<I, O>>> entry : byKey.entrySet()) {
            List<Operation<I, O>> operations = entry.getValue();
            operations.sort(Comparator.comparingLong(Operation::invokedAt));
            switch (new OrderSearch<>(model, operations, maxConfigurations).run()) {
                case LINEARIZABLE -> {
                    // On to the next key.
                }
                case UNDECIDED -> undecided.add(entry.getKey());
                case NOT_LINEARIZABLE -> {
                    return refuted(entry.getKey(), operations);
                }
            }
        }
        if (!undecided.isEmpty()) {
            String key = undecided.get(0);
            return new Verdict<>(
                    Outcome.UNDECIDED,
                    key,
                    List.of(),
                    "undecided: key '" + key + "' needs more than " + maxConfigurations
                            + " configurations; record shorter histories, or fewer open operations on one key");
        }
        String explanation = "linearizable: " + history.size() + " operations on " + byKey.size() + " keys";
        return new Verdict<>(Outcome.LINEARIZABLE, "", List.of(), explanation);
    }

    private Verdict<I, O> refuted(String key, List<Operation<I, O>> operations) {
        Counterexample<S, I, O> counterexample = new Counterexample<>(model, maxConfigurations);
        List<Operation<I, O>> part = counterexample.within(operations);
        StringBuilder text = new StringBuilder("not linearizable: key '")
                .append(key)
                .append("': no order explains these ")
                .append(part.size())
                .append(" of ")
                .append(operations.size())
                .append(" operations, whatever the others did:");
        part.forEach(operation -> text.append("\n  ").append(operation));
        return new Verdict<>(Outcome.NOT_LINEARIZABLE, key, part, text.toString());
    }
}
