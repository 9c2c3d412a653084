package io.reactorraft.testkit;

import io.reactorraft.testkit.Verdict.Outcome;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the smallest part of a history that still cannot be explained.
 *
 * <p>First the shortest beginning: an operation that returns after it counts as open, so that a beginning never fails
 * unless the whole does. Then answers are taken away, in halves, quarters and so on down to single ones: an operation
 * without an answer may have happened at any time after its call, or never, so what still fails without the answer fails
 * whatever that operation did. The operations that keep their answer are the part that is looked for.
 *
 * <p>Bounded: after a fixed multiple of the first search, what was found so far has to do; it fails all the same.
 */
final class Counterexample<S, I, O> {

    /** No single attempt searches longer than this many configurations for each operation. */
    private static final int ATTEMPT_FACTOR = 1_000;

    private static final int MIN_ATTEMPT = 100_000;

    private final SequentialModel<S, I, O> model;
    private final int maxConfigurations;
    private long budget;

    /** {@code maxConfigurations}: of the search that found the failure; all attempts together search as much again. */
    Counterexample(SequentialModel<S, I, O> model, int maxConfigurations) {
        this.model = model;
        this.maxConfigurations = maxConfigurations;
        this.budget = maxConfigurations;
    }

    /** The operations of a history of one key, sorted by invocation, that keep their answers. */
    List<Operation<I, O>> within(List<Operation<I, O>> failing) {
        List<Operation<I, O>> part = withoutNeedlessAnswers(shortestBeginning(failing));
        return part.stream().filter(operation -> !operation.isOpen()).toList();
    }

    private List<Operation<I, O>> shortestBeginning(List<Operation<I, O>> failing) {
        long[] returns = failing.stream()
                .filter(operation -> !operation.isOpen())
                .mapToLong(Operation::returnedAt)
                .sorted()
                .toArray();
        int shortest = returns.length - 1;
        int low = 0;
        while (low < shortest) {
            int middle = (low + shortest) >>> 1;
            if (fails(beginning(failing, returns[middle]))) {
                shortest = middle;
            } else {
                low = middle + 1;
            }
        }
        List<Operation<I, O>> found = beginning(failing, returns[shortest]);
        return fails(found) ? found : failing;
    }

    private List<Operation<I, O>> beginning(List<Operation<I, O>> operations, long end) {
        List<Operation<I, O>> beginning = new ArrayList<>();
        for (Operation<I, O> operation : operations) {
            if (operation.invokedAt() <= end) {
                addWeakened(beginning, operation, operation.returnedAt() <= end);
            }
        }
        return beginning;
    }

    private List<Operation<I, O>> withoutNeedlessAnswers(List<Operation<I, O>> failing) {
        List<Operation<I, O>> part = failing;
        for (int size = Math.max(1, part.size() / 2); size >= 1; size /= 2) {
            int from = 0;
            while (from < part.size()) {
                List<Operation<I, O>> weaker = withoutAnswers(part, from, from + size);
                boolean isWeaker = answers(weaker) < answers(part);
                if (isWeaker && fails(weaker)) {
                    // Reads are gone altogether, so the same position already holds what came after them.
                    from += size - (part.size() - weaker.size());
                    part = weaker;
                } else {
                    from += size;
                }
            }
        }
        return part;
    }

    private List<Operation<I, O>> withoutAnswers(List<Operation<I, O>> operations, int from, int to) {
        List<Operation<I, O>> weaker = new ArrayList<>();
        for (int i = 0; i < operations.size(); i++) {
            addWeakened(weaker, operations.get(i), i < from || i >= to);
        }
        return weaker;
    }

    private void addWeakened(List<Operation<I, O>> operations, Operation<I, O> operation, boolean keepAnswer) {
        if (keepAnswer) {
            operations.add(operation);
        } else if (!model.isReadOnly(operation.input())) {
            operations.add(operation.opened());
        }
    }

    private static <I, O> long answers(List<Operation<I, O>> operations) {
        return operations.stream().filter(operation -> !operation.isOpen()).count();
    }

    private boolean fails(List<Operation<I, O>> operations) {
        if (budget <= 0) {
            return false;
        }
        long attempt = Math.min(Math.max(MIN_ATTEMPT, (long) ATTEMPT_FACTOR * operations.size()), maxConfigurations);
        OrderSearch<S, I, O> search = new OrderSearch<>(model, operations, (int) attempt);
        Outcome outcome = search.run();
        budget -= Math.max(search.configurations(), operations.size());
        return outcome == Outcome.NOT_LINEARIZABLE;
    }
}
