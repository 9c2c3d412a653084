package io.reactorraft.examples.leadership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import io.reactorraft.testkit.FreePorts;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.web.reactive.function.client.WebClientResponseException;

/** Three instances on one machine, each a process of its own. */
class LeadershipApplicationTest {
    private static final Duration SOON = Duration.ofMinutes(2);

    /** The bar is 3 s; a machine that is busy gets more, but not as much as a web server waits for open streams here. */
    private static final Duration LONGEST_SHUT_DOWN = Instance.HELD_UP.dividedBy(2);

    @TempDir
    Path directory;

    private final List<Instance> instances = new ArrayList<>();

    @AfterEach
    void endAll() {
        instances.forEach(Instance::close);
    }

    @Test
    void streamsJobAndWritesMoveToTheNextLeaderAndNoStreamHoldsAShutDownUp() throws Exception {
        startThree();
        Instance somebody = settled(instances);
        counted(somebody, 5, 5);
        for (Instance each : instances) {
            assertThat(soon(() -> each.get("/counter")).asLong())
                    .as("read on " + each.id())
                    .isEqualTo(5);
        }
        await(
                "a job on the leader, and there alone",
                () -> isSettled(instances)
                        && instances.stream()
                                .allMatch(
                                        each -> each.get("/job").path("running").asBoolean() == each.leads()));
        assertThatExceptionOfType(WebClientResponseException.class)
                .isThrownBy(() -> soon(() -> somebody.add(-1)))
                .satisfies(
                        refused -> assertThat(refused.getStatusCode().value()).isEqualTo(422));

        Instance first = settled(instances);
        long term = first.get("/job").path("term").asLong();
        first.kill();
        List<Instance> left = instances.stream().filter(each -> each != first).toList();
        Instance second = settled(left);
        Instance follower =
                left.stream().filter(each -> each != second).findFirst().orElseThrow();
        assertThat(second.get("/job").path("term").asLong()).isGreaterThan(term);
        counted(follower, 2, 7);
        assertThat(soon(() -> second.get("/counter")).asLong()).isEqualTo(7);
        for (Instance each : left) {
            assertThat(each.shown())
                    .as("terms shown by " + each.id())
                    .isSortedAccordingTo((one, other) -> Long.compare(
                            one.path("term").asLong(), other.path("term").asLong()));
        }

        shutsDownQuickly(second);
        shutsDownQuickly(follower);
    }

    /** Leading or following, with a quorum or without, with streams open. */
    private static void shutsDownQuickly(Instance instance) {
        assertThat(instance.terminate()).as(instance::said).isLessThan(LONGEST_SHUT_DOWN);
        instance.awaitCompletion();
    }

    private void startThree() throws IOException {
        List<Integer> ports = FreePorts.find(6);
        String members = IntStream.range(0, 3)
                .mapToObj(i -> "n" + (i + 1) + "=localhost:" + ports.get(i))
                .collect(Collectors.joining(","));
        for (int i = 0; i < 3; i++) {
            instances.add(Instance.start("n" + (i + 1), directory, members, ports.get(3 + i)));
        }
        for (Instance each : instances) {
            await(each.id() + " answers", each::answers);
            each.listen();
        }
    }

    /** Adds to the counter, once: on a busy machine an election may be under way, and only 504 leaves open whether it was done. */
    private void counted(Instance at, long amount, long total) {
        long[] counted = new long[1];
        await("the counter at " + total, () -> {
            try {
                JsonNode written = at.add(amount);
                assertThat(written.path("index").asLong()).isPositive();
                assertThat(written.path("term").asLong()).isPositive();
                counted[0] = written.path("result").asLong();
            } catch (WebClientResponseException notNow) {
                assertThat(notNow.getStatusCode().value()).isIn(503, 504);
                counted[0] = notNow.getStatusCode().value() == 503
                        ? 0
                        : soon(() -> at.get("/counter")).asLong();
            }
            return counted[0] >= total;
        });
        assertThat(counted[0]).isEqualTo(total);
    }

    /** An answer that is none of an election. */
    private static JsonNode soon(Supplier<JsonNode> asked) {
        long end = System.nanoTime() + SOON.toNanos();
        while (true) {
            try {
                return asked.get();
            } catch (WebClientResponseException answer) {
                boolean notNow = answer.getStatusCode().value() == 503
                        || answer.getStatusCode().value() == 504;
                if (!notNow || System.nanoTime() > end) {
                    throw answer;
                }
                pause();
            }
        }
    }

    /** Whom all of them show as leader, and whose job runs. */
    private Instance settled(List<Instance> running) {
        List<Instance> leader = new ArrayList<>();
        await("one leader on every stream, whose job runs", () -> {
            if (isSettled(running)) {
                running.stream().filter(Instance::leads).forEach(leader::add);
            }
            return !leader.isEmpty();
        });
        return leader.get(0);
    }

    private static boolean isSettled(List<Instance> running) {
        String leader = running.get(0).leaderShown();
        return running.stream().allMatch(each -> each.leaderShown().equals(leader))
                && running.stream()
                        .filter(Instance::leads)
                        .anyMatch(each -> each.id().equals(leader)
                                && each.get("/job").path("running").asBoolean());
    }

    /** Waiting for other processes can only be done by looking again. */
    private void await(String what, BooleanSupplier reached) {
        long end = System.nanoTime() + SOON.toNanos();
        while (!reached.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("not within " + SOON + ": " + what + "\n"
                        + instances.stream()
                                .map(each -> each.id() + " showed " + each.shown() + "\n" + each.said())
                                .collect(Collectors.joining("\n")));
            }
            pause();
        }
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(50);
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }
}
