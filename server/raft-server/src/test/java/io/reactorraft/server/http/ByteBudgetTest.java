package io.reactorraft.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.reactorraft.server.api.Problem;
import io.reactorraft.server.api.ProblemType;
import org.junit.jupiter.api.Test;

class ByteBudgetTest {

    private final ByteBudget budget = new ByteBudget(100);

    @Test
    void sharesAddUpToTheBudgetAndNoFurther() {
        ByteBudget.Share one = budget.share();
        ByteBudget.Share two = budget.share();
        one.take(60);
        two.take(40);
        assertThatExceptionOfType(Problem.class)
                .isThrownBy(() -> two.take(1))
                .satisfies(problem -> assertThat(problem.type()).isEqualTo(ProblemType.OVERLOADED));
        assertThat(budget.taken()).as("what was refused is not counted").isEqualTo(100);

        one.close();
        assertThat(budget.taken()).isEqualTo(40);
        two.take(60);
        two.close();
        assertThat(budget.taken()).isZero();
    }

    @Test
    void aClosedShareGivesBackOnceAndTakesNoMore() {
        ByteBudget.Share share = budget.share();
        share.take(10);
        share.close();
        share.close();
        share.take(10); // the last bytes of a request that just timed out
        assertThat(budget.taken()).isZero();
    }
}
