package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** One thread of a simulated process keeps the rules of Reactor's schedulers, in virtual time. */
class VirtualSchedulerTest {
    private final VirtualTime time = new VirtualTime();
    private final Incarnation process = new Incarnation(time, 0, 0);
    private final VirtualScheduler scheduler = new VirtualScheduler(time, process, new Dice(5));
    private final List<Object> seen = new ArrayList<>();

    @Test
    void tasksOfOneWorkerKeepTheirOrderHoweverLongEachTakes() {
        Scheduler.Worker worker = scheduler.createWorker();
        IntStream.range(0, 100).forEach(i -> worker.schedule(() -> seen.add(i)));
        pass(Duration.ofMillis(10));
        assertThat(seen).isEqualTo(IntStream.range(0, 100).boxed().toList());
    }

    @Test
    void operatorsOfReactorRunInVirtualTime() {
        Flux.interval(Duration.ofMillis(10), scheduler).take(5).subscribe(seen::add);
        Mono.never().timeout(Duration.ofHours(1), scheduler).subscribe(x -> {}, error -> seen.add("late"));
        pass(Duration.ofMillis(60));
        assertThat(seen).containsExactly(0L, 1L, 2L, 3L, 4L);
        pass(Duration.ofHours(2));
        assertThat(seen).endsWith("late");
    }

    @Test
    void aFastClockIsEarly() {
        VirtualScheduler fast = new VirtualScheduler(time, new Incarnation(time, 20_000, 0), new Dice(5));
        fast.schedule(() -> seen.add("fast"), 1, TimeUnit.SECONDS);
        scheduler.schedule(() -> seen.add("right"), 1, TimeUnit.SECONDS);
        pass(Duration.ofMillis(990));
        assertThat(seen).containsExactly("fast");
        pass(Duration.ofMillis(20));
        assertThat(seen).containsExactly("fast", "right");
        assertThat(fast.now(TimeUnit.MILLISECONDS)).isEqualTo(1030);
    }

    @Test
    void nothingHappensWhileTheProcessStandsStillAndAllOfItAfterwards() {
        Scheduler.Worker worker = scheduler.createWorker();
        process.pause(Duration.ofSeconds(1).toNanos());
        worker.schedule(() -> seen.add("first"));
        worker.schedule(() -> seen.add("second"));
        pass(Duration.ofMillis(900));
        assertThat(seen).isEmpty();
        pass(Duration.ofMillis(200));
        assertThat(seen).containsExactly("first", "second");
    }

    @Test
    void nothingOfADeadProcessHappens() {
        scheduler.schedule(() -> seen.add("ghost"));
        process.kill();
        pass(Duration.ofSeconds(1));
        assertThat(seen).isEmpty();
    }

    @Test
    void whatWasCancelledOrDisposedDoesNotRunAndNothingMoreIsTaken() {
        Scheduler.Worker worker = scheduler.createWorker();
        Disposable cancelled = worker.schedule(() -> seen.add("cancelled"));
        cancelled.dispose();
        worker.schedule(() -> seen.add("kept"));
        pass(Duration.ofMillis(1));
        worker.schedule(() -> seen.add("too late"), 1, TimeUnit.MILLISECONDS);
        worker.dispose();
        pass(Duration.ofSeconds(1));
        assertThat(seen).containsExactly("kept");
        assertThatThrownBy(() -> worker.schedule(() -> {})).isInstanceOf(RejectedExecutionException.class);
    }

    @Test
    void aPeriodEndsWhenItIsDisposed() {
        Disposable period = scheduler.schedulePeriodically(() -> seen.add("tick"), 10, 10, TimeUnit.MILLISECONDS);
        pass(Duration.ofMillis(35));
        period.dispose();
        pass(Duration.ofMillis(100));
        assertThat(seen).hasSize(3);
    }

    @Test
    void timeRefusesToHoldEventsWithoutEnd() {
        IntStream.range(0, VirtualTime.MAX_WAITING).forEach(i -> time.after(1, () -> {}));
        assertThatThrownBy(() -> time.after(1, () -> {})).hasMessageContaining("events wait");
    }

    private void pass(Duration duration) {
        long limit = time.now() + duration.toNanos();
        boolean more = true;
        while (more) {
            more = time.next(limit);
        }
    }
}
