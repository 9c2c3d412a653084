package io.reactorraft.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.reactorraft.server.Durations;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class DurationsTest {

    private final DurationOption durations = new DurationOption();

    @ParameterizedTest
    @CsvSource({"1ms,PT0.001S", "1500ms,PT1.5S", "1s,PT1S", "2m,PT2M", "24h,PT24H"})
    void areANumberAndAUnit(String text, Duration expected) {
        assertThat(durations.convert(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s", "1", "1 s", "1.5s", "-1s", "PT1S", "1d", "0ms", "25h", "9999999999s"})
    void anythingElseIsRefused(String text) {
        assertThatExceptionOfType(TypeConversionException.class)
                .isThrownBy(() -> durations.convert(text))
                .withMessageContaining("'" + text + "'");
    }

    @Test
    void areShownAsTheyWouldBeWritten() {
        assertThat(Durations.text(Duration.ofMillis(100))).isEqualTo("100ms");
        assertThat(Durations.text(Duration.ofSeconds(61))).isEqualTo("61s");
    }
}
