package io.reactorraft.server.http;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.reactorraft.server.api.Problem;
import io.reactorraft.server.api.ProblemType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EntityTagsTest {

    @Test
    void aRevisionMatchesItsOwnTag() {
        EntityTags tags = parse(EntityTags.tag(12));
        assertThat(tags.matchStrongly(12L)).isTrue();
        assertThat(tags.matchWeakly(12L)).isTrue();
        assertThat(tags.matchStrongly(1L)).isFalse();
        assertThat(tags.matchStrongly(null)).as("no value").isFalse();
    }

    @Test
    void weakTagsMatchWeaklyOnly() {
        EntityTags tags = parse("W/\"12\"");
        assertThat(tags.matchStrongly(12L)).isFalse();
        assertThat(tags.matchWeakly(12L)).isTrue();
    }

    @Test
    void theStarMatchesWhateverIsThere() {
        EntityTags tags = parse("*");
        assertThat(tags.matchStrongly(1L)).isTrue();
        assertThat(tags.matchWeakly(99L)).isTrue();
        assertThat(tags.matchWeakly(null)).isFalse();
    }

    @Test
    void linesAndCommasMakeOneList() {
        EntityTags tags = requireNonNull(EntityTags.parse("If-Match", List.of("\"1\" , W/\"2\"", "\"3,4\",\"5\"")));
        assertThat(tags.strong()).containsExactly(1L, 5L);
        assertThat(tags.weak()).containsExactly(2L);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"\"\"", "\"01\"", "\"+1\"", "\"-1\"", "\"0\"", "\"1234567890123456789\"", "\"abc\"", "\"1 2\""})
    void tagsThatAreNotOursAreFineAndMatchNothing(String foreign) {
        EntityTags tags = parse(foreign);
        assertThat(tags.strong()).isEmpty();
        assertThat(tags.any()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", ",", "1", "\"1", "1\"", "\"1\" \"2\"", "w/\"1\"", "*, \"1\""})
    void whatIsNoTagIsRefused(String wrong) {
        assertThatExceptionOfType(Problem.class)
                .isThrownBy(() -> parse(wrong))
                .satisfies(problem -> assertThat(problem.type()).isEqualTo(ProblemType.INVALID));
    }

    @Test
    void noHeaderIsNoCondition() {
        assertThat(EntityTags.parse("If-Match", List.of())).isNull();
    }

    private static EntityTags parse(String line) {
        return requireNonNull(EntityTags.parse("If-Match", List.of(line)));
    }
}
