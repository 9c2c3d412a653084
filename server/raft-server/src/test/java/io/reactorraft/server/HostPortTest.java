package io.reactorraft.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostPortTest {

    @ParameterizedTest
    @ValueSource(strings = {"localhost:0", "db.example.org:65535", "127.0.0.1:8001", "[::1]:8001"})
    void readsWhatItShows(String text) {
        assertThat(HostPort.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "8001",
                ":8001",
                "localhost",
                "localhost:",
                "localhost:65536",
                "localhost:-1",
                "::1:80",
                "localhost:http",
                "[]:1"
            })
    void showsWhatItCannotRead(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HostPort.parse(text))
                .withMessageContaining("'" + text + "'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost:1", "127.0.0.1:1", "127.3.2.1:1", "[::1]:1"})
    void knowsLoopback(String text) {
        assertThat(HostPort.parse(text).isLoopback()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0:1", "[::]:1", "*:1", "192.0.2.1:1", "no-such-host.invalid:1"})
    void andWhatIsNot(String text) {
        assertThat(HostPort.parse(text).isLoopback()).isFalse();
    }

    @Test
    void aWildcardIsNobodysAddress() {
        assertThat(HostPort.parse("0.0.0.0:1").isWildcard()).isTrue();
        assertThat(HostPort.parse("[::]:1").isWildcard()).isTrue();
        assertThat(HostPort.parse("127.0.0.1:1").isWildcard()).isFalse();
        assertThat(HostPort.parse("127.0.0.1:0").withPort(7)).hasToString("127.0.0.1:7");
    }
}
