package io.reactorraft.rsocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The configuration of the transport")
class RSocketTransportConfigTest {

    private final RSocketTransportConfig defaults = RSocketTransportConfig.defaults();

    @Test
    void hasTheDefaultsThatItsDocumentationNames() {
        assertThat(defaults.maxMessageBytes()).isEqualTo(16 << 20);
        assertThat(defaults.maxQueuedMessages()).isEqualTo(4_096);
        assertThat(defaults.maxQueuedBytes()).isEqualTo(64L << 20);
        assertThat(defaults.maxConcurrentRequests()).isEqualTo(16_384);
        assertThat(defaults.maxConnections()).isEqualTo(1_024);
        assertThat(defaults.ioThreads()).isBetween(1, 2);
        assertThat(defaults.requestTimeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(defaults.keepAliveTimeout()).isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void isNotChangedByItsWithers() {
        RSocketTransportConfig changed = defaults.withMaxQueuedMessages(7).withMaxConnections(8);

        assertThat(changed.maxQueuedMessages()).isEqualTo(7);
        assertThat(changed.maxConnections()).isEqualTo(8);
        assertThat(defaults.maxQueuedMessages()).isEqualTo(4_096);
    }

    @Test
    void refusesWhatMakesNoSenseAndNamesIt() {
        refuses(() -> defaults.withIoThreads(0), "ioThreads must be 1 to 64, got 0");
        refuses(() -> defaults.withMaxMessageBytes(1_000), "maxMessageBytes must be 1 MiB to 1 GiB, got 1000");
        refuses(() -> defaults.withMaxQueuedMessages(0), "maxQueuedMessages");
        refuses(() -> defaults.withMaxQueuedBytes(1 << 20), "maxQueuedBytes must be at least maxMessageBytes");
        refuses(() -> defaults.withMaxConcurrentRequests(0), "maxConcurrentRequests");
        refuses(() -> defaults.withMaxConnections(0), "maxConnections");
        refuses(() -> defaults.withRequestTimeout(Duration.ZERO), "requestTimeout must be 1 ms to 1 h");
        refuses(() -> defaults.withConnectTimeout(Duration.ofHours(2)), "connectTimeout");
        refuses(() -> defaults.withHandshakeTimeout(Duration.ofMillis(-1)), "handshakeTimeout");
        refuses(() -> defaults.withCloseGrace(Duration.ZERO), "closeGrace");
        refuses(() -> defaults.withKeepAlive(Duration.ofSeconds(3), Duration.ofSeconds(1)), "keepAlive");
        refuses(() -> defaults.withRedialDelay(Duration.ofSeconds(2), Duration.ofSeconds(1)), "maxRedialDelay");
    }

    private static void refuses(ThrowingCallable change, String rule) {
        assertThatThrownBy(change).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(rule);
    }
}
