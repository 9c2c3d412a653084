package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class HistoryTest {

    @Test
    void recordsEventsInTheOrderInWhichTheyHappen() {
        History<String, Integer> history = new History<>();
        var slow = history.invoke(1, "slow");
        history.invoke(2, "quick").returned(20);
        slow.returned(10);
        history.invoke(3, "lost");

        assertThat(history.operations())
                .containsExactly(
                        new Operation<>(1, "slow", 10, 0, 3),
                        new Operation<>(2, "quick", 20, 1, 2),
                        new Operation<>(3, "lost", null, 4, Operation.NEVER));
    }

    @Test
    void anOutcomeIsRecordedOnce() {
        History<String, Integer> history = new History<>();
        var call = history.invoke(1, "a");
        call.returned(1);

        assertThatThrownBy(() -> call.returned(2)).hasMessage("the outcome was recorded already: a");
        assertThatThrownBy(call::neverHappened).hasMessage("the outcome was recorded already: a");
    }

    @Test
    void isBounded() {
        History<String, Integer> history = new History<>(2);
        history.invoke(1, "a");
        history.invoke(1, "b");

        assertThatThrownBy(() -> history.invoke(1, "c"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the history is full: 2 operations");
    }

    @Test
    void takesNotesForManyClientsAtOnce() throws InterruptedException, ExecutionException, TimeoutException {
        History<Integer, Integer> history = new History<>();
        ExecutorService clients = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> done = new ArrayList<>();
            for (int client = 0; client < 4; client++) {
                int id = client;
                done.add(clients.submit(() -> {
                    for (int i = 0; i < 1_000; i++) {
                        history.invoke(id, i).returned(i);
                    }
                }));
            }
            for (Future<?> each : done) {
                each.get(60, TimeUnit.SECONDS);
            }
        } finally {
            clients.shutdownNow();
        }

        List<Operation<Integer, Integer>> operations = history.operations();
        assertThat(operations).hasSize(4_000).isSortedAccordingTo((a, b) -> Long.compare(a.invokedAt(), b.invokedAt()));
        assertThat(operations.stream()
                        .flatMap(operation -> List.of(operation.invokedAt(), operation.returnedAt()).stream())
                        .distinct())
                .as("every event has an instant of its own")
                .hasSize(8_000);
    }

    @Test
    void anOperationReturnsAfterItsInvocationAndWithAnAnswer() {
        assertThatThrownBy(() -> new Operation<>(1, "a", 1, 5, 5))
                .hasMessage("returned at 5, not after its invocation at 5: a");
        assertThatThrownBy(() -> new Operation<>(1, "a", null, 5, 6))
                .hasMessage("an operation has an output exactly if it returned: a, null");
        assertThatThrownBy(() -> new Operation<>(1, "a", 1, 5, Operation.NEVER))
                .hasMessage("an operation has an output exactly if it returned: a, 1");
    }

    @Test
    void anOperationReadsLikeASentence() {
        assertThat(new Operation<>(1, KeyValueCall.put("k", "v"), KeyValueAnswer.DONE, 5, 6))
                .hasToString("client 1: put(k, v) -> done, from 5 to 6");
        assertThat(new Operation<>(2, KeyValueCall.get("k"), KeyValueAnswer.found("v"), 5, 6))
                .hasToString("client 2: get(k) -> 'v', from 5 to 6");
        assertThat(new Operation<KeyValueCall, KeyValueAnswer>(
                        3, KeyValueCall.append("k", "v"), null, 5, Operation.NEVER))
                .hasToString("client 3: append(k, v) -> unknown, from 5");
        assertThat(new Operation<>(4, KeyValueCall.compareAndSet("k", null, "v"), KeyValueAnswer.NOTHING, 5, 6))
                .hasToString("client 4: compareAndSet(k, null, v) -> nothing, from 5 to 6");
        assertThat(new Operation<>(5, KeyValueCall.delete("k"), KeyValueAnswer.DONE, 5, 6))
                .hasToString("client 5: delete(k) -> done, from 5 to 6");
    }
}
