package io.reactorraft.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

class LoadDriverTest {
    private static final Duration SETTLE = Duration.ofSeconds(2);
    private static final Duration WINDOW = Duration.ofSeconds(15);

    private final FakeOperations operations = new FakeOperations();
    private final List<String> told = new ArrayList<>();

    @Test
    void keepsSoManyOperationsInFlightAndNeverMore() throws InterruptedException {
        LoadDriver driver = new LoadDriver(operations::next, stages(() -> refill(8, 100), () -> refill(8, 100)));
        driver.run(8, SETTLE, WINDOW, () -> told.add("measuring"));
        assertThat(operations.mostAtOnce()).isEqualTo(8);
        assertThat(operations.issued()).isGreaterThanOrEqualTo(200);
        assertThat(operations.inFlight()).isZero();
        assertThat(told).containsExactly("measuring");
    }

    @Test
    void countsWhatCompletesWithinTheWindowAlone() throws InterruptedException {
        LoadDriver driver = new LoadDriver(operations::next, stages(() -> refill(4, 50), () -> refill(4, 7)));
        LoadResult result = driver.run(4, SETTLE, WINDOW, () -> {});
        assertThat(result.operations()).isEqualTo(7);
        assertThat(result.latencies().getTotalCount()).isEqualTo(7);
        assertThat(result.errors()).isZero();
        assertThat(result.firstError()).isEqualTo("-");
        assertThat(result.nanos()).isPositive();
    }

    @Test
    void failuresAreCountedApartAndTheFirstIsNamed() throws InterruptedException {
        LoadDriver driver = new LoadDriver(operations::next, stages(() -> operations.awaitInFlight(2), () -> {
            operations.fail(new IllegalStateException("first"));
            operations.awaitInFlight(2);
            operations.fail(new IllegalStateException("second"));
            refill(2, 3);
        }));
        LoadResult result = driver.run(2, SETTLE, WINDOW, () -> {});
        assertThat(result.operations()).isEqualTo(3);
        assertThat(result.errors()).isEqualTo(2);
        assertThat(result.firstError()).contains("first");
        assertThat(result.latencies().getTotalCount()).isEqualTo(3);
    }

    @Test
    void anOperationThatCannotEvenBeMadeIsAFailureToo() throws InterruptedException {
        int[] made = {0};
        LoadDriver driver = new LoadDriver(
                () -> {
                    if (made[0]++ == 0) {
                        throw new IllegalStateException("not now");
                    }
                    return operations.next();
                },
                stages(() -> operations.awaitInFlight(1), () -> refill(1, 2)));
        LoadResult result = driver.run(1, SETTLE, WINDOW, () -> {});
        assertThat(result.operations()).isEqualTo(2);
        assertThat(result.errors()).as("it failed before the window began").isZero();
        assertThat(result.firstError()).contains("not now");
    }

    @Test
    void anEmptyCompletionIsACompletion() throws InterruptedException {
        CountDownLatch fifty = new CountDownLatch(50);
        LoadDriver driver = new LoadDriver(
                () -> Mono.<Long>empty().doOnTerminate(fifty::countDown),
                stages(
                        () -> {},
                        () -> assertThat(fifty.await(60, TimeUnit.SECONDS)).isTrue()));
        LoadResult result = driver.run(1, SETTLE, WINDOW, () -> {});
        assertThat(result.errors()).isZero();
        assertThat(result.firstError()).isEqualTo("-");
    }

    @Test
    void whatNeverCompletesIsReportedAndNotWaitedForForEver() {
        LoadDriver driver = new LoadDriver(operations::next, duration -> operations.awaitInFlight(3));
        assertThatThrownBy(() -> driver.run(3, SETTLE, WINDOW, () -> {}))
                .isInstanceOf(BenchmarkException.class)
                .hasMessageContaining("3 of 3 operations had no outcome 20 s after the last was issued");
    }

    @Test
    void aDriverMayRunAgain() throws InterruptedException {
        operations.completeAtOnce();
        LoadDriver driver = new LoadDriver(operations::next, duration -> Thread.onSpinWait());
        driver.run(64, SETTLE, WINDOW, () -> told.add("first"));
        driver.run(1, SETTLE, WINDOW, () -> told.add("second"));
        assertThat(told).containsExactly("first", "second");
        assertThat(operations.inFlight()).isZero();
    }

    @Test
    void percentilesAreGivenInMicroseconds() throws InterruptedException {
        LoadDriver driver = new LoadDriver(operations::next, stages(() -> {}, () -> refill(1, 1)));
        LoadResult result = driver.run(1, SETTLE, WINDOW, () -> {});
        ResultLine line = result.line();
        assertThat(line.pairs().keySet())
                .containsExactly("ops", "secs", "errors", "mean", "p50", "p90", "p99", "p999", "max", "firstError");
        assertThat(line.number("p50")).isEqualTo(line.number("max"));
        assertThat(line.number("max")).isPositive();
    }

    @Test
    void percentilesOfNothingAreNotZero() throws InterruptedException {
        LoadDriver driver = new LoadDriver(operations::next, stages(() -> {}, () -> operations.awaitInFlight(1)));
        LoadResult result = driver.run(1, SETTLE, WINDOW, () -> {});
        assertThat(result.line().number("p50")).isNaN();
        assertThat(result.line().number("ops")).isZero();
    }

    /** What happens during the settle time, then during the window; all that is left completes while draining. */
    private Pause stages(Stage settle, Stage window) {
        int[] stage = {0};
        return duration -> {
            switch (stage[0]++) {
                case 0 -> {
                    assertThat(duration).isEqualTo(SETTLE);
                    settle.run();
                }
                case 1 -> {
                    assertThat(duration).isEqualTo(WINDOW);
                    window.run();
                }
                default -> operations.completeAll();
            }
        };
    }

    /** Completes one after the other, always with all others in flight. */
    private void refill(int inFlight, int completions) throws InterruptedException {
        for (int i = 0; i < completions; i++) {
            operations.awaitInFlight(inFlight);
            operations.complete(1);
        }
    }

    @FunctionalInterface
    private interface Stage {
        void run() throws InterruptedException;
    }
}
