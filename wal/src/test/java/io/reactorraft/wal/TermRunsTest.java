package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.core.LogView;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TermRunsTest {

    @Test
    void indexZeroHasTermZeroInANewLog() {
        TermRuns runs = new TermRuns();

        assertThat(runs.term(0)).isZero();
        assertThat(runs.term(1)).isEqualTo(LogView.UNKNOWN_TERM);
        assertThat(runs.last()).isZero();
    }

    @Test
    void theTermOfTheCompactionPointStaysKnown() {
        TermRuns runs = new TermRuns();
        for (long term : List.of(1, 1, 2, 5, 5)) {
            runs.append(term);
        }

        runs.compact(3);

        assertThat(runs.term(2)).isEqualTo(LogView.UNKNOWN_TERM);
        assertThat(runs.term(3)).isEqualTo(2);
        assertThat(runs.term(4)).isEqualTo(5);
        assertThat(runs.lastTerm()).isEqualTo(5);
    }

    @Test
    void whatIsNotHeldCanNeitherBeTruncatedNorCompacted() {
        TermRuns runs = new TermRuns();
        runs.reset(10, 3);

        assertThatThrownBy(() -> runs.truncate(9)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> runs.truncate(11)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> runs.compact(11)).isInstanceOf(IllegalArgumentException.class);
        assertThat(runs).hasToString("log (10, 10]");
    }

    @Test
    void runsAgreeWithAPlainListOfTerms() {
        for (long seed = 1; seed <= 200; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            TermRuns runs = new TermRuns();
            List<Long> terms = new ArrayList<>(List.of(0L)); // by index; those before the base are not asked for
            int base = 0;
            for (int step = 0; step < 200; step++) {
                int last = terms.size() - 1;
                int dice = random.nextInt(10);
                if (dice < 7) {
                    long term = Math.max(1, terms.get(last)) + random.nextInt(2);
                    terms.add(term);
                    runs.append(term);
                } else if (dice < 9) {
                    int after = random.nextInt(base, last + 1);
                    terms.subList(after + 1, terms.size()).clear();
                    runs.truncate(after);
                } else {
                    base = random.nextInt(base, last + 1);
                    runs.compact(base);
                }
                for (int index = base; index < terms.size(); index++) {
                    assertThat(runs.term(index))
                            .as("seed %d, step %d, index %d", seed, step, index)
                            .isEqualTo(terms.get(index));
                }
                assertThat(runs.last()).isEqualTo(terms.size() - 1);
                assertThat(runs.lastTerm()).isEqualTo(terms.get(terms.size() - 1));
            }
        }
    }
}
