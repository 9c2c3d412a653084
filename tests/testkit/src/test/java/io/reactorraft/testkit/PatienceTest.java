package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** A client that is never answered is noticed; one whose node stood still, or is gone, is not. */
class PatienceTest {
    private final VirtualTime time = new VirtualTime();
    private final Incarnation process = new Incarnation(time, 0, 0);
    private final AtomicBoolean settled = new AtomicBoolean();
    private final AtomicBoolean excused = new AtomicBoolean();
    private final AtomicBoolean overdue = new AtomicBoolean();

    @Test
    void noOutcomeInTimeIsOverdue() {
        await();
        pass(101);
        assertThat(overdue).isTrue();
    }

    @Test
    void anOutcomeInTimeIsNot() {
        await();
        pass(99);
        settled.set(true);
        pass(10);
        assertThat(overdue).isFalse();
    }

    @Test
    void whileTheProcessStandsStillNoTimeCounts() {
        await();
        pass(50);
        process.pause(30);
        process.pause(70);
        pass(119);
        assertThat(overdue).isFalse();
        pass(2);
        assertThat(overdue).isTrue();
    }

    @Test
    void nobodyWaitsAtAProcessThatIsGoneOrStops() {
        await();
        excused.set(true);
        pass(101);
        assertThat(overdue).isFalse();
        excused.set(false);
        await();
        process.kill();
        pass(101);
        assertThat(overdue).isFalse();
    }

    private void await() {
        new Patience(time, process, 100, excused::get).await(settled::get, () -> overdue.set(true));
    }

    private void pass(long nanos) {
        long limit = time.now() + nanos;
        while (time.next(limit)) {
            assertThat(time.now()).isLessThanOrEqualTo(limit);
        }
    }
}
