package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.spi.ILoggingEvent;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

class SignalWatchdogTest {

    private static final long LIMIT = SignalWatchdog.LIMIT.toNanos();

    @Test
    void aSubscriberThatBlocksIsNoticedAndOneThatIsOnlyBusyIsNot() throws InterruptedException {
        Scheduler scheduler = Schedulers.newSingle("watched", true);
        SerialQueue signals = new SerialQueue(scheduler);
        SignalWatchdog watchdog = new SignalWatchdog("default/n1", signals);
        CountDownLatch blocked = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        assertThat(watchdog.look(0)).isFalse();
        assertThat(watchdog.look(2 * LIMIT)).as("idle").isFalse();
        AtomicReference<Thread> blocker = new AtomicReference<>(Thread.currentThread());
        signals.post(() -> {
            blocker.set(Thread.currentThread());
            blocked.countDown();
            try {
                release.await();
            } catch (InterruptedException interrupted) {
                throw new AssertionError(interrupted);
            }
        });
        signals.post(released::countDown);
        assertThat(blocked.await(60, TimeUnit.SECONDS)).isTrue();
        while (Objects.requireNonNull(blocker.get()).getState() != Thread.State.WAITING) {
            Thread.onSpinWait(); // it is still on its way
        }
        assertThat(watchdog.look(2 * LIMIT + 1)).isFalse();
        assertThat(watchdog.look(3 * LIMIT)).isFalse();
        List<ILoggingEvent> said = LogLines.of(SignalWatchdog.class, () -> {
            assertThat(watchdog.look(3 * LIMIT + 2)).isTrue();
            assertThat(watchdog.look(4 * LIMIT)).as("it still does").isTrue();
        });
        assertThat(said)
                .singleElement()
                .satisfies(line -> assertThat(line.getFormattedMessage()).contains("watched-", "CountDownLatch.await"));
        release.countDown();
        assertThat(released.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(watchdog.look(4 * LIMIT + 1)).isFalse();
        scheduler.disposeGracefully().block(Duration.ofSeconds(60));
    }
}
