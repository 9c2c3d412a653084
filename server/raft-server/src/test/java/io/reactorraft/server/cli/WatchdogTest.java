package io.reactorraft.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The clock is the test's own: the timer behind it never gets to look. */
class WatchdogTest {
    private static final Duration PATIENCE = Duration.ofHours(1);

    private final AtomicLong nanos = new AtomicLong();

    @Test
    void whatTheReaderDoesBetweenTwoReadsIsNotTheServersFault() throws IOException {
        AtomicBoolean closed = new AtomicBoolean();
        InputStream server = new ByteArrayInputStream(new byte[] {1, 2}) {
            @Override
            public void close() {
                closed.set(true);
            }
        };
        try (Watchdog watched = new Watchdog(server, PATIENCE, nanos::get)) {
            assertThat(watched.read()).isEqualTo(1);
            nanos.addAndGet(PATIENCE.multipliedBy(10).toNanos()); // a disk that is slow
            watched.look();
            assertThat(closed).isFalse();
            assertThat(watched.read(new byte[8], 0, 8)).isEqualTo(1);
        }
    }

    @Test
    void aServerThatSendsNothingIsGivenUp() throws IOException {
        AtomicBoolean closed = new AtomicBoolean();
        Runnable[] meanwhile = {() -> {}};
        InputStream server = new InputStream() {
            @Override
            public int read() {
                throw new AssertionError("read in bulk");
            }

            @Override
            public int read(byte[] bytes, int from, int length) throws IOException {
                nanos.addAndGet(PATIENCE.toNanos() + 1);
                meanwhile[0].run();
                if (closed.get()) {
                    throw new IOException("closed");
                }
                return 1;
            }

            @Override
            public void close() {
                closed.set(true);
            }
        };
        try (Watchdog watched = new Watchdog(server, PATIENCE, nanos::get)) {
            meanwhile[0] = watched::look;
            assertThatThrownBy(() -> watched.orStalled(() -> watched.read(new byte[8], 0, 8)))
                    .isInstanceOf(RequestFailedException.class)
                    .hasMessageContaining("nothing came for");
        }
    }
}
