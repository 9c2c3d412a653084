package io.reactorraft.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ComparisonTest {

    @Test
    void equalTextsDoNotDiffer() {
        assertThat(difference(List.of("a", "  b"), List.of("a", "  b"))).isEmpty();
    }

    @Test
    void linesOfALogAreDroppedOnBothSides() {
        assertThat(difference(
                        List.of("INFO 1 became leader", "a", "  DEBUG x", "b"),
                        List.of("a", "WARN y", "b", "ERROR z", "  FATAL z")))
                .isEmpty();
    }

    @Test
    void onlyWholeLevelsMakeALogLine() {
        assertThat(difference(List.of("INFORM a"), List.of())).isPresent();
        assertThat(difference(List.of("a INFO b"), List.of())).isPresent();
    }

    @Test
    void okIsTheSameAsNothing() {
        assertThat(difference(List.of("ok"), List.of())).isEmpty();
        assertThat(difference(List.of(), List.of("ok"))).isEmpty();
        assertThat(difference(List.of("ok"), List.of("INFO a"))).isEmpty();
        assertThat(difference(List.of("ok", "a"), List.of("a")))
                .as("but not beside other lines")
                .isPresent();
    }

    @Test
    void everythingElseIsComparedToTheLetter() {
        assertThat(difference(List.of("a"), List.of("a "))).isPresent();
        assertThat(difference(List.of("a"), List.of(" a"))).isPresent();
        assertThat(difference(List.of("a", "", "b"), List.of("a", "b"))).isPresent();
    }

    @Test
    void theFirstDifferingLineStandsBesideTheExpectedOne() {
        assertThat(difference(List.of("a", "INFO x", "b", "c"), List.of("a", "B", "c")))
                .hasValueSatisfying(difference ->
                        assertThat(difference).hasToString("line 2 of the output\n    expected: b\n    got:      B"));
        assertThat(difference(List.of("a", "b"), List.of("a")))
                .hasValueSatisfying(difference -> assertThat(difference)
                        .hasToString("line 2 of the output\n    expected: b\n    got:      (no more)"));
        assertThat(difference(List.of("a"), List.of("a", "b")))
                .contains(new Comparison.Difference(2, Optional.empty(), Optional.of("b")));
    }

    private static Optional<Comparison.Difference> difference(List<String> expected, List<String> actual) {
        return Comparison.firstDifference(expected, actual);
    }
}
