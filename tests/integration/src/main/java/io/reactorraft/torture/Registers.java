package io.reactorraft.torture;

import io.reactorraft.testkit.History;
import io.reactorraft.testkit.KeyValueAnswer;
import io.reactorraft.testkit.KeyValueCall;
import io.reactorraft.testkit.KeyValueModel;
import io.reactorraft.testkit.LinearizabilityChecker;
import io.reactorraft.testkit.Operation;
import io.reactorraft.testkit.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * The keys that clients use, and what was asked and answered of each. A few are in use at a time, each for some hundred calls:
 * then another one takes its place, so that no history is longer than can be checked. Thread-safe.
 */
final class Registers {
    private static final int IN_USE = 5;
    private static final int CALLS_A_KEY = 400;
    private static final int MAX_CONFIGURATIONS = 1_000_000;

    private final LinearizabilityChecker<KeyValueModel.Slot, KeyValueCall, KeyValueAnswer> checker =
            new LinearizabilityChecker<>(KeyValueModel.startingEmpty(), MAX_CONFIGURATIONS);
    private final List<Register> all = new ArrayList<>();
    private final List<Register> inUse = new ArrayList<>();

    /** One key. */
    static final class Register {
        private final String key;
        private final History<KeyValueCall, KeyValueAnswer> history = new History<>();
        private final Map<String, Long> revisions = new ConcurrentHashMap<>();
        private int calls;
        private int pending;
        private boolean checkedToTheEnd;
        private boolean undecided;

        Register(String key) {
            this.key = key;
        }

        String key() {
            return key;
        }

        History<KeyValueCall, KeyValueAnswer> history() {
            return history;
        }

        /** A value is written once, so it has one revision. */
        void seen(String value, long revision) {
            Long before = revisions.putIfAbsent(value, revision);
            if (before != null && before != revision) {
                throw new ViolationException(
                        "key '" + key + "': " + value + " has revision " + revision + ", and had " + before);
            }
        }
    }

    Registers() {
        for (int i = 0; i < IN_USE; i++) {
            inUse.add(another());
        }
    }

    private Register another() {
        Register register = new Register("r" + all.size());
        all.add(register);
        return register;
    }

    /** A key to make one call on; {@link #release} it. */
    synchronized Register acquire(SplittableRandom random) {
        int place = random.nextInt(IN_USE);
        Register register = inUse.get(place);
        if (++register.calls >= CALLS_A_KEY) {
            inUse.set(place, another());
        }
        register.pending++;
        return register;
    }

    /** One of all, to make one more call on; {@link #release} it. */
    synchronized Register acquire(Register register) {
        register.pending++;
        register.checkedToTheEnd = false;
        return register;
    }

    synchronized void release(Register register) {
        register.pending--;
    }

    synchronized List<Register> all() {
        return List.copyOf(all);
    }

    /** How many keys could not be decided on. */
    synchronized long undecided() {
        return all.stream().filter(register -> register.undecided).count();
    }

    /** Checks what was not checked to its end. What is still pending may have taken effect or not. */
    void check() {
        for (Register register : all()) {
            boolean isLast;
            synchronized (this) {
                if (register.checkedToTheEnd) {
                    continue;
                }
                isLast = register.pending == 0 && !inUse.contains(register);
            }
            List<Operation<KeyValueCall, KeyValueAnswer>> operations = register.history.operations();
            Verdict<KeyValueCall, KeyValueAnswer> verdict = checker.check(operations);
            if (verdict.outcome() == Verdict.Outcome.NOT_LINEARIZABLE) {
                throw new ViolationException(verdict.explanation());
            }
            synchronized (this) {
                register.undecided = verdict.outcome() == Verdict.Outcome.UNDECIDED;
                register.checkedToTheEnd = isLast;
            }
        }
    }

    /** All that was asked and answered, for people. */
    String story() {
        return all().stream()
                .map(register -> register.history.operations().stream()
                        .map(Operation::toString)
                        .collect(Collectors.joining("\n", register.key + "\n", "\n")))
                .collect(Collectors.joining("\n"));
    }
}
