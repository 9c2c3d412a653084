package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.testkit.KeyValueModel.Slot;
import io.reactorraft.testkit.Verdict.Outcome;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The search against two others that cannot be wrong: a real object, and all orders one by one. */
class OrderSearchTest {

    private static final KeyValueModel MODEL = KeyValueModel.startingEmpty();
    private static final int LIMIT = 1_000_000;

    @Test
    void whatARealObjectAnswersIsLinearizable() {
        for (int seed = 0; seed < 300; seed++) {
            List<Operation<KeyValueCall, KeyValueAnswer>> history = historyOfARealObject(new Random(seed), 60, 5);

            assertThat(new OrderSearch<>(MODEL, history, LIMIT).run())
                    .as("seed %d: %s", seed, history)
                    .isEqualTo(Outcome.LINEARIZABLE);
        }
    }

    @Test
    void aLongHistoryWithHundredsOfOpenOperationsIsAffordable() {
        List<Operation<KeyValueCall, KeyValueAnswer>> history = historyOfARealObject(new Random(7), 30_000, 8);
        OrderSearch<Slot, KeyValueCall, KeyValueAnswer> search = new OrderSearch<>(MODEL, history, LIMIT);

        assertThat(history).hasSizeGreaterThan(9_000);
        assertThat(history).filteredOn(Operation::isOpen).hasSizeGreaterThan(250);
        assertThat(search.run()).isEqualTo(Outcome.LINEARIZABLE);
        assertThat(search.configurations()).isLessThan(LIMIT / 2);
    }

    @Test
    void agreesWithTryingAllOrdersOnSmallHistories() {
        int failing = 0;
        for (int seed = 0; seed < 3_000; seed++) {
            List<Operation<KeyValueCall, KeyValueAnswer>> history = arbitraryHistory(new Random(seed), 6);
            boolean explained = someOrderExplains(history, MODEL.initial());
            failing += explained ? 0 : 1;

            assertThat(new OrderSearch<>(MODEL, history, LIMIT).run())
                    .as("seed %d: %s", seed, history)
                    .isEqualTo(explained ? Outcome.LINEARIZABLE : Outcome.NOT_LINEARIZABLE);
        }
        assertThat(failing).as("both verdicts came up often").isBetween(500, 2_500);
    }

    @Test
    void everyAnswerOfACounterexampleIsNeeded() {
        int explained = 0;
        for (int seed = 0; seed < 300; seed++) {
            List<Operation<KeyValueCall, KeyValueAnswer>> history = arbitraryHistory(new Random(seed), 12);
            if (new OrderSearch<>(MODEL, history, LIMIT).run() == Outcome.NOT_LINEARIZABLE) {
                explained++;
                List<Operation<KeyValueCall, KeyValueAnswer>> part = new Counterexample<>(MODEL, LIMIT).within(history);
                assertThat(fails(history, part))
                        .as("seed %d: %s of %s", seed, part, history)
                        .isTrue();
                for (Operation<KeyValueCall, KeyValueAnswer> left : part) {
                    List<Operation<KeyValueCall, KeyValueAnswer>> less = new ArrayList<>(part);
                    less.remove(left);
                    assertThat(fails(history, less))
                            .as("seed %d: without %s of %s in %s", seed, left, part, history)
                            .isFalse();
                }
            }
        }
        assertThat(explained).isGreaterThan(100);
    }

    /** Whether the history fails up to the last of these answers if nothing but them is known. */
    private static boolean fails(
            List<Operation<KeyValueCall, KeyValueAnswer>> history,
            List<Operation<KeyValueCall, KeyValueAnswer>> answers) {
        List<Operation<KeyValueCall, KeyValueAnswer>> weakened = history.stream()
                .filter(operation -> answers.contains(operation) || !MODEL.isReadOnly(operation.input()))
                .map(operation -> answers.contains(operation) ? operation : operation.opened())
                .toList();
        return new OrderSearch<>(MODEL, weakened, LIMIT).run() == Outcome.NOT_LINEARIZABLE;
    }

    /** Each operation takes effect on a real slot at some instant between its call and its return. */
    private static List<Operation<KeyValueCall, KeyValueAnswer>> historyOfARealObject(
            Random random, int events, int clients) {
        History<KeyValueCall, KeyValueAnswer> history = new History<>();
        List<@Nullable Running> running = new ArrayList<>();
        for (int client = 0; client < clients; client++) {
            running.add(null);
        }
        Slot slot = MODEL.initial();
        for (int event = 0; event < events; event++) {
            int client = random.nextInt(clients);
            Running current = running.get(client);
            if (current == null) {
                KeyValueCall input = anyCall(random);
                running.set(client, new Running(input, history.invoke(client, input), null));
            } else if (current.answer == null) {
                Slot before = slot;
                slot = after(before, current.input);
                running.set(client, new Running(current.input, current.call, answer(before, current.input)));
            } else {
                // A lost answer leaves the outcome open.
                if (random.nextInt(10) > 0) {
                    current.call.returned(current.answer);
                }
                running.set(client, null);
            }
        }
        return history.operations();
    }

    private record Running(
            KeyValueCall input,
            History<KeyValueCall, KeyValueAnswer>.Call call,
            @Nullable KeyValueAnswer answer) {}

    private static Slot after(Slot slot, KeyValueCall input) {
        Slot after = MODEL.next(slot, input, null);
        return after == null ? slot : after;
    }

    private static KeyValueAnswer answer(Slot slot, KeyValueCall input) {
        return switch (input.kind()) {
            case GET -> KeyValueAnswer.found(slot.value());
            case PUT, APPEND -> KeyValueAnswer.DONE;
            case DELETE -> slot.value() == null ? KeyValueAnswer.NOTHING : KeyValueAnswer.DONE;
            case COMPARE_AND_SET ->
                new Slot(input.expected()).equals(slot) ? KeyValueAnswer.DONE : KeyValueAnswer.NOTHING;
        };
    }

    /** Calls at random with answers at random, many of which make no sense. */
    private static List<Operation<KeyValueCall, KeyValueAnswer>> arbitraryHistory(Random random, int operations) {
        List<Operation<KeyValueCall, KeyValueAnswer>> history = new ArrayList<>();
        for (int i = 0; i < operations; i++) {
            KeyValueCall input = anyCall(random);
            long invokedAt = random.nextInt(3 * operations);
            boolean isOpen = random.nextInt(5) == 0;
            KeyValueAnswer answer = answer(new Slot(random.nextInt(3) == 0 ? null : value(random)), input);
            history.add(
                    isOpen
                            ? new Operation<>(i, input, null, invokedAt, Operation.NEVER)
                            : new Operation<>(i, input, answer, invokedAt, invokedAt + 1 + random.nextInt(operations)));
        }
        history.sort(Comparator.comparingLong(Operation::invokedAt));
        return history;
    }

    private static KeyValueCall anyCall(Random random) {
        return switch (random.nextInt(5)) {
            case 0 -> KeyValueCall.put("k", value(random));
            case 1 -> KeyValueCall.delete("k");
            case 2 -> KeyValueCall.compareAndSet("k", random.nextBoolean() ? null : value(random), value(random));
            default -> KeyValueCall.get("k");
        };
    }

    private static String value(Random random) {
        return Integer.toString(random.nextInt(2));
    }

    /** Tries each operation that may come first, and then the rest in the same way. */
    private static boolean someOrderExplains(List<Operation<KeyValueCall, KeyValueAnswer>> left, Slot slot) {
        if (left.stream().allMatch(Operation::isOpen)) {
            return true;
        }
        long firstReturn = left.stream().mapToLong(Operation::returnedAt).min().orElseThrow();
        for (Operation<KeyValueCall, KeyValueAnswer> first : left) {
            Slot after = MODEL.next(slot, first.input(), first.output());
            if (first.invokedAt() <= firstReturn && after != null) {
                List<Operation<KeyValueCall, KeyValueAnswer>> rest = new ArrayList<>(left);
                rest.remove(first);
                if (someOrderExplains(rest, after)) {
                    return true;
                }
            }
        }
        return false;
    }
}
