package io.reactorraft.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.core.Status.ProgressState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProgressTest {

    private static Progress probing(long match, long next) {
        return new Progress(match, next, new Inflights(3, 0), false);
    }

    private static Progress replicating(long match) {
        Progress progress = probing(match, match + 1);
        progress.becomeReplicate();
        return progress;
    }

    @Test
    void aProbeIsOneMessageAtATime() {
        Progress progress = probing(0, 5);
        progress.sentEntries(0, 0);
        assertThat(progress.isPaused()).as("an empty one may be repeated").isFalse();
        progress.sentEntries(2, 10);
        assertThat(progress.isPaused()).isTrue();
        assertThat(progress.next()).as("a probe is no promise").isEqualTo(5);
    }

    @Test
    void replicationIsOptimisticUntilTheWindowIsFull() {
        Progress progress = replicating(4);
        for (int message = 0; message < 3; message++) {
            assertThat(progress.isPaused()).isFalse();
            progress.sentEntries(2, 10);
        }
        assertThat(progress.next()).isEqualTo(11);
        assertThat(progress.isPaused()).isTrue();
        assertThat(progress.inflightsFull()).isTrue();

        assertThat(progress.maybeUpdate(6)).isTrue();
        progress.freeInflightsUpTo(6);
        assertThat(progress.isPaused()).isFalse();
        assertThat(progress.match()).isEqualTo(6);
        assertThat(progress.next()).as("what was sent stays sent").isEqualTo(11);
    }

    @Test
    void nothingIsAppendedWhileASnapshotIsOnItsWay() {
        Progress progress = replicating(4);
        progress.becomeSnapshot(20);
        assertThat(progress.isPaused()).isTrue();
        assertThat(progress.next()).isEqualTo(21);
        assertThat(progress.view().pendingSnapshot()).isEqualTo(20);
        assertThatThrownBy(() -> progress.sentEntries(1, 1)).isInstanceOf(BrokenInvariantException.class);
    }

    @Test
    void afterASnapshotProbingBeginsBehindItButAfterALostOneWhereItWas() {
        Progress arrived = replicating(4);
        arrived.becomeSnapshot(20);
        arrived.becomeProbe();
        assertThat(arrived.next()).isEqualTo(21);
        assertThat(arrived.state()).isEqualTo(ProgressState.PROBE);

        Progress lost = replicating(4);
        lost.becomeSnapshot(20);
        lost.abandonSnapshot();
        lost.becomeProbe();
        assertThat(lost.next()).isEqualTo(5);
    }

    @Test
    void theMatchNeverGoesBack() {
        Progress progress = replicating(4);
        assertThat(progress.maybeUpdate(4)).isFalse();
        assertThat(progress.maybeUpdate(3)).isFalse();
        assertThat(progress.match()).isEqualTo(4);
        assertThat(progress.maybeUpdate(9)).isTrue();
        assertThat(progress.next()).as("match < next").isEqualTo(10);
    }

    @ParameterizedTest
    @CsvSource({
        // rejected, hint: taken?, next
        "9, 6, true, 7", // straight to where the logs can match
        "9, 20, true, 9", // a hint beyond the rejection gains nothing
        "9, 0, true, 3", // never below what is known to match
        "8, 6, false, 10", // an older probe's answer
        "10, 6, false, 10"
    })
    void aRejectedProbeGoesBackToTheHint(long rejected, long hint, boolean taken, long next) {
        Progress progress = probing(2, 10);
        progress.sentEntries(1, 1);
        assertThat(progress.maybeDecreaseTo(rejected, hint)).isEqualTo(taken);
        assertThat(progress.next()).isEqualTo(next);
        assertThat(progress.isPaused()).as("paused until a genuine answer").isEqualTo(!taken);
    }

    @ParameterizedTest
    @CsvSource({"4, false", "5, true", "9, true"})
    void aRejectionOfWhatIsKnownToMatchIsStale(long rejected, boolean taken) {
        Progress progress = replicating(4);
        progress.sentEntries(5, 1);
        assertThat(progress.maybeDecreaseTo(rejected, 0)).isEqualTo(taken);
        assertThat(progress.next()).isEqualTo(taken ? 5 : 10);
        assertThat(progress.match()).isEqualTo(4);
    }

    @Test
    void aCommitIndexIsWorthTellingUntilItWasToldUpToWhatWasSent() {
        Progress progress = replicating(4);
        progress.sentEntries(2, 1);
        assertThat(progress.canBumpCommit(5)).isTrue();
        progress.sentCommit(5);
        assertThat(progress.canBumpCommit(5)).isFalse();
        assertThat(progress.canBumpCommit(6)).isTrue();
        progress.sentCommit(6);
        assertThat(progress.canBumpCommit(7)).as("entry 7 was not sent yet").isFalse();
    }

    @Test
    void aCommitIndexThatMayBeLostIsToldAgain() {
        Progress progress = replicating(4);
        progress.sentEntries(2, 1);
        progress.sentCommit(6);
        progress.becomeProbe();
        progress.maybeUpdate(6);
        progress.becomeReplicate();
        assertThat(progress.canBumpCommit(6)).isTrue();
    }

    @Test
    void anotherRightToVoteKeepsAllThatIsKnown() {
        Progress voter = replicating(4);
        voter.recentActive(true);
        voter.sentEntries(2, 1);
        Progress learner = voter.as(true);
        assertThat(learner.isLearner()).isTrue();
        assertThat(learner.as(false).view()).isEqualTo(voter.view());
    }
}
