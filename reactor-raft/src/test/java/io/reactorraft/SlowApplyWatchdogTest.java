package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.spi.ILoggingEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SlowApplyWatchdogTest {

    private final SlowApplyWatchdog watchdog = new SlowApplyWatchdog(new NodeSettings(
            "test",
            "default",
            Member.voter("n1", "host1:7000"),
            "host1:7000",
            List.of(),
            Path.of("nowhere"),
            RaftConfig.defaults().withSlowApply(Duration.ofNanos(100))));

    @Test
    void aBatchIsSlowFromTheLimitUntilItsEnd() {
        watchdog.begin(1_000, 7);
        assertThat(watchdog.look(1_050)).isFalse();
        assertThat(watchdog.look(1_100)).isTrue();
        assertThat(watchdog.look(1_200)).isTrue();
        watchdog.end();
        assertThat(watchdog.look(1_300)).isFalse();
        watchdog.begin(2_000, 8);
        assertThat(watchdog.look(2_500)).isTrue();
    }

    @Test
    void oneLineABatchShowsWhereItsThreadIs() {
        List<ILoggingEvent> said = LogLines.of(SlowApplyWatchdog.class, () -> {
            watchdog.begin(1_000, 7);
            watchdog.look(1_050);
            watchdog.look(1_100);
            watchdog.look(1_200);
        });
        assertThat(said)
                .singleElement()
                .satisfies(line -> assertThat(line.getFormattedMessage())
                        .contains("begins at index 7", "oneLineABatchShowsWhereItsThreadIs"));
    }

    @Test
    void anIdleApplierIsNotSlow() {
        watchdog.begin(1_000, 7);
        watchdog.end();
        assertThat(watchdog.look(9_000)).isFalse();
    }
}
