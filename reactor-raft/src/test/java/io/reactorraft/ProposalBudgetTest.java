package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;

class ProposalBudgetTest {

    @Test
    void overTheCountItRefusesAndRoomComesBack() {
        ProposalBudget budget = new ProposalBudget(RaftConfig.defaults().withMaxPendingProposals(2));
        assertThat(budget.reserve(1, 1)).isNull();
        assertThat(budget.reserve(1, 1)).isNull();
        assertThat(budget.reserve(1, 1)).hasMessageContaining("maxPendingProposals=2");
        budget.release(1, 1);
        assertThat(budget.reserve(1, 1)).isNull();
        assertThat(budget.count()).isEqualTo(2);
    }

    @Test
    void overTheBytesItRefusesAndSaysWhenToComeBack() {
        ProposalBudget budget = new ProposalBudget(
                RaftConfig.defaults().withMaxProposalBytes(100).withMaxPendingBytes(100));
        assertThat(budget.reserve(1, 60)).isNull();
        RaftException.Overloaded refused = Objects.requireNonNull(budget.reserve(1, 60));
        assertThat(refused).hasMessageContaining("maxPendingBytes=100");
        assertThat(refused.retryAfter()).isEqualTo(RaftConfig.defaults().heartbeatInterval());
        assertThat(RaftException.retryable(refused)).isTrue();
        assertThat(budget.reserve(1, 40)).isNull();
    }
}
