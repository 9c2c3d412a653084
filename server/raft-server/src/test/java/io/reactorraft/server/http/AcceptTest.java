package io.reactorraft.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AcceptTest {

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "application/json | 1",
                "APPLICATION/JSON | 1",
                "application/json;q=0.3 | 0.3",
                "application/json; charset=utf-8; q=0.3 | 0.3",
                "application/json;q=0.3;x=y | 0.3",
                "application/* | 1",
                "*/* | 1",
                "*/*;q=0.9, application/json;q=0.1 | 0.1",
                "application/json;q=0.1, */*;q=0.9 | 0.1",
                "application/*;q=0.2, */* | 0.2",
                "text/html | 0",
                "application/json;q=0 | 0",
                "application/json;q=high | 0",
                "json | 0",
                ", ,application/json, | 1",
            })
    void theMostPreciseRangeCounts(String header, double quality) {
        assertThat(Accept.parse(List.of(header)).quality("application", "json")).isEqualTo(quality);
    }

    @Test
    void severalLinesAreOneHeaderAndNoneWantsNothing() {
        Accept accept = Accept.parse(List.of("text/html", "application/json;q=0.5"));
        assertThat(accept.quality("application", "json")).isEqualTo(0.5);
        assertThat(Accept.parse(List.of()).quality("application", "json")).isZero();
    }
}
