package io.reactorraft.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.reactorraft.server.api.Problem;
import io.reactorraft.server.api.ProblemType;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QueryTest {

    @Test
    void namesAndValuesAreDecodedOnce() {
        Query query = Query.parse("a=1&b%20c=%C3%BC&d=x%2526y&e=a+b&f&g=h=i");
        assertThat(query.one("a")).isEqualTo("1");
        assertThat(query.one("b c")).isEqualTo("ü");
        assertThat(query.one("d")).isEqualTo("x%26y");
        assertThat(query.one("e")).as("a plus is a plus").isEqualTo("a+b");
        assertThat(query.one("f")).isEmpty();
        assertThat(query.one("g")).isEqualTo("h=i");
        assertThat(query.one("z")).isNull();
    }

    @Test
    void emptyPartsAreNothing() {
        Query.parse("").only(Set.of());
        Query.parse("&&").only(Set.of());
        assertThat(Query.parse("a=1&&a=2&").all("a")).containsExactly("1", "2");
    }

    @Test
    void whatIsUnknownOrDoubleIsRefusedByName() {
        Query query = Query.parse("a=1&a=2&b=3");
        assertThatExceptionOfType(Problem.class)
                .isThrownBy(() -> query.only(Set.of("a")))
                .withMessageContaining("'b'");
        assertThatExceptionOfType(Problem.class)
                .isThrownBy(() -> query.one("a"))
                .withMessageContaining("2 times");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a=%", "a=%1", "a=%1g", "%=1", "a=%FF", "a=ü", "a=\u0001"})
    void whatIsEncodedWrongIsRefused(String text) {
        assertThatExceptionOfType(Problem.class)
                .isThrownBy(() -> Query.parse(text))
                .satisfies(problem -> assertThat(problem.type()).isEqualTo(ProblemType.INVALID));
    }
}
