package io.reactorraft.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ApplyingTest {

    @Test
    void severalBatchesMayBeOnTheirWayUntilTheBytesAreUsedUp() {
        Applying applying = new Applying(100, 5);
        applying.handOut(7, 60, false);
        assertThat(applying.isPaused()).isFalse();
        assertThat(applying.budget()).isEqualTo(40);
        applying.handOut(9, 40, false);
        assertThat(applying.isPaused()).isTrue();

        applying.completed(7);
        assertThat(applying.applied()).isEqualTo(7);
        assertThat(applying.isPaused()).isFalse();
        assertThat(applying.budget()).isEqualTo(60);
    }

    @Test
    void aBatchThatWasCutShortPausesEvenBelowTheLimit() {
        Applying applying = new Applying(100, 0);
        applying.handOut(1, 60, true);
        assertThat(applying.isPaused()).isTrue();
        applying.completed(1);
        assertThat(applying.isPaused()).isFalse();
    }

    @Test
    void aRangeUsesUpTheWholeBudgetUntilItIsReported() {
        Applying applying = new Applying(100, 0);
        applying.handOut(3, 30, false);
        applying.handOutRange(4_000);
        assertThat(applying.isPaused()).isTrue();
        assertThat(applying.handedOut()).isEqualTo(4_000);
        applying.completed(3);
        assertThat(applying.isPaused())
                .as("what was handed out before it says nothing about it")
                .isTrue();
        applying.completed(4_000);
        assertThat(applying.isPaused()).isFalse();
        assertThat(applying.budget()).isEqualTo(100);
    }

    @Test
    void aSnapshotBehindTheRangeEndsTheWait() {
        Applying applying = new Applying(100, 0);
        applying.handOut(3, 30, false);
        applying.handOutRange(4_000);
        applying.appliedTo(5_000);
        assertThat(applying.isPaused()).as("the bytes are still in use").isTrue();
        applying.completed(4_000);
        assertThat(applying.isPaused()).isFalse();
    }

    @Test
    void onlyWhatWasHandedOutIsOutstanding() {
        Applying applying = new Applying(100, 0);
        applying.handOut(3, 30, false);
        assertThat(applying.isOutstanding(3)).isTrue();
        assertThat(applying.isOutstanding(2)).isFalse();
        applying.completed(3);
        assertThat(applying.isOutstanding(3)).isFalse();
    }

    @Test
    void aSnapshotMovesTheStateMachineWithoutABatch() {
        Applying applying = new Applying(100, 0);
        applying.handOut(3, 30, false);
        applying.appliedTo(50);
        assertThat(applying.applied()).isEqualTo(50);
        assertThat(applying.handedOut()).isEqualTo(50);
        applying.completed(3);
        assertThat(applying.applied()).as("never back").isEqualTo(50);
        assertThat(applying.budget()).isEqualTo(100);
    }
}
