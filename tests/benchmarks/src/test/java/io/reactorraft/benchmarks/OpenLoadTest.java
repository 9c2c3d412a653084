package io.reactorraft.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

class OpenLoadTest {

    @Test
    void eachOperationBelongsToThePhaseInWhichItWasDue() throws InterruptedException {
        AtomicInteger begun = new AtomicInteger();
        OpenLoad load = new OpenLoad(
                () -> begun.incrementAndGet() % 2 == 0 ? Mono.just("done") : Mono.error(new BenchmarkException("odd")),
                10_000,
                16);
        load.begin();
        while (begun.get() < 100) {
            Thread.onSpinWait();
        }
        OpenLoad.Phase first = load.leave("second");
        load.stop();
        OpenLoad.Phase second = load.enter("third");

        ResultLine line = first.line();
        assertThat(line.number("due")).isGreaterThanOrEqualTo(99);
        assertThat(line.number("failed") + line.number("inTime") + line.number("late"))
                .isEqualTo(line.number("due"));
        assertThat(line.text("firstError")).contains("odd");
        assertThat(load.acknowledged()).isEqualTo(begun.get() / 2);
        assertThat(second.isOver()).as("nothing was due").isTrue();
    }

    @Test
    void whatCannotBeBegunFails() throws InterruptedException {
        OpenLoad load = new OpenLoad(Mono::never, 10_000, 2);
        OpenLoad.Phase phase = load.enter("only");
        load.begin();
        while (phase.failed() == 0) {
            Thread.onSpinWait();
        }
        load.close();
        assertThat(phase.line().text("firstError")).contains("2_operations_are_outstanding");
    }
}
