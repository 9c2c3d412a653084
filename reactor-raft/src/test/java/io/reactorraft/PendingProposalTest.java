package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.Payload;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PendingProposalTest {

    private final List<String> told = new ArrayList<>();
    private final PendingProposal<String> proposal =
            new PendingProposal<>(List.of(Payload.getDefaultInstance()), 1_000, false, new PendingProposal.Outcome<>() {
                @Override
                public void applied(long term, long index, @Nullable String result) {
                    told.add("applied " + result);
                }

                @Override
                public void failed(RaftException failure) {
                    told.add(failure.getMessage());
                }

                @Override
                public void withdrawn() {
                    told.add("withdrawn");
                }
            });

    @Test
    void withdrawnBeforeTheAppendItIsNeverAppended() {
        proposal.withdraw();
        assertThat(proposal.markAppended()).isFalse();
        assertThat(told).containsExactly("withdrawn");
    }

    @Test
    void leavingAfterTheAppendOnlyDetaches() {
        assertThat(proposal.markAppended()).isTrue();
        proposal.withdraw();
        assertThat(proposal.isDone()).isFalse();
        proposal.applied(1, 1, "yes");
        assertThat(told).containsExactly("applied yes");
    }

    @Test
    void whoLeftWhileTheLeaderWasAskedIsNotProposedAgain() {
        proposal.markAppended();
        proposal.withdraw();
        proposal.markNotAppended();
        assertThat(proposal.markAppended()).isFalse();
        assertThat(told).containsExactly("withdrawn");
    }

    @Test
    void whatWasAppendedCannotBeRefused() {
        proposal.markAppended();
        assertThat(proposal.refuse(new RaftException.Stopped("stopped", null))).isFalse();
        proposal.applied(1, 1, "yes");
        assertThat(told).containsExactly("applied yes");
    }

    @Test
    void whatWasNotAppendedIsRefusedOnce() {
        assertThat(proposal.refuse(new RaftException.Stopped("stopped", null))).isTrue();
        assertThat(proposal.refuse(new RaftException.Stopped("again", null))).isFalse();
        assertThat(told).containsExactly("stopped");
    }

    @Test
    void theFirstOutcomeIsTheOnlyOne() {
        proposal.markAppended();
        proposal.fail(new RaftException.OutcomeUnknown("late"));
        proposal.applied(1, 1, "yes");
        proposal.fail(new RaftException.OutcomeUnknown("later"));
        proposal.withdraw();
        assertThat(told).containsExactly("late");
    }

    @Test
    void timeWithoutALeaderCountsFromTheFirstTimeItWasMissed() {
        assertThat(proposal.leaderlessForNanos(100)).isZero();
        assertThat(proposal.leaderlessForNanos(350)).isEqualTo(250);
        assertThat(proposal.remainingNanos(400)).isEqualTo(600);
    }
}
