package io.reactorraft.rsocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

@DisplayName("The quiet log")
class QuietLogTest {

    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5);
    private final LogCapture capture = LogCapture.of("quiet");
    private final QuietLog log = new QuietLog(LoggerFactory.getLogger("quiet"), clock::get);

    @AfterEach
    void endCapture() {
        capture.close();
    }

    @Test
    void saysTheFirstOfAKindAtOnceAndThenOneAMinuteWithACount() {
        for (int i = 0; i < 1_000; i++) {
            log.warn("junk", "junk " + i);
        }
        clock.addAndGet(Duration.ofMinutes(1).toNanos());
        log.warn("junk", "junk again");
        log.warn("junk", "and again");

        assertThat(capture.lines()).containsExactly("WARN junk 0", "WARN junk again (and 999 like it before)");
    }

    @Test
    void tellsKindsApart() {
        log.warn("junk", "junk");
        log.warn("forgery", "forgery");

        assertThat(capture.lines()).containsExactly("WARN junk", "WARN forgery");
    }

    @Test
    void saysAForgottenKindAtOnce() {
        log.warn("lost b", "lost");
        log.forget("lost b");
        log.warn("lost b", "lost once more");

        assertThat(capture.lines()).hasSize(2);
    }

    @Test
    void remembersABoundedNumberOfKinds() {
        for (int i = 0; i < 10 * QuietLog.MAX_KINDS; i++) {
            log.warn("kind " + i, "of kind " + i);
        }

        assertThat(capture.lines()).hasSize(QuietLog.MAX_KINDS + 1);
    }
}
