package io.reactorraft.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class InflightsTest {

    @Test
    void aWindowIsFullAtItsNumberOfMessages() {
        Inflights window = new Inflights(3, 0);
        for (int index = 1; index <= 3; index++) {
            assertThat(window.isFull()).isFalse();
            window.add(index, 1_000_000);
        }
        assertThat(window.isFull()).isTrue();
        assertThat(window.count()).isEqualTo(3);
        assertThatThrownBy(() -> window.add(4, 1))
                .isInstanceOf(BrokenInvariantException.class)
                .hasMessageContaining("window of 3 messages");
    }

    @Test
    void aWindowIsFullOnceItsBytesAreReachedAndTheLastMessageMayCrossTheLimit() {
        Inflights window = new Inflights(100, 10);
        window.add(1, 9);
        assertThat(window.isFull()).isFalse();
        window.add(2, 50);
        assertThat(window.isFull()).isTrue();
        window.freeUpTo(1);
        assertThat(window.isFull()).as("50 bytes are still on their way").isTrue();
        window.freeUpTo(2);
        assertThat(window.isFull()).isFalse();
    }

    @Test
    void anAcknowledgementSettlesAllUpToIt() {
        Inflights window = new Inflights(10, 0);
        for (long index : new long[] {3, 6, 9}) {
            window.add(index, 1);
        }
        window.freeUpTo(2);
        assertThat(window.count()).isEqualTo(3);
        window.freeUpTo(6);
        assertThat(window.count())
                .as("exactly the last index of a message settles it")
                .isEqualTo(1);
        window.freeUpTo(100);
        assertThat(window.count()).isZero();
    }

    @Test
    void resetForgetsMessagesAndBytes() {
        Inflights window = new Inflights(2, 5);
        window.add(1, 5);
        window.reset();
        assertThat(window.isFull()).isFalse();
        assertThat(window.count()).isZero();
        window.add(1, 1);
        window.add(2, 1);
        assertThat(window.isFull()).isTrue();
    }

    /** The ring wraps around and grows at every position of its start. */
    @Test
    void itCountsLikeAQueue() {
        SplittableRandom random = new SplittableRandom(3);
        for (int round = 0; round < 200; round++) {
            int limit = 1 + random.nextInt(100);
            Inflights window = new Inflights(limit, 0);
            ArrayDeque<Long> expected = new ArrayDeque<>();
            long index = 0;
            for (int step = 0; step < 300; step++) {
                if (random.nextInt(5) < 3 && !window.isFull()) {
                    index += 1 + random.nextInt(3);
                    window.add(index, 1);
                    expected.add(index);
                } else {
                    long acknowledged = Math.max(0, index - random.nextInt(40));
                    window.freeUpTo(acknowledged);
                    expected.removeIf(each -> each <= acknowledged);
                }
                assertThat(window.count()).as("round %s, step %s", round, step).isEqualTo(expected.size());
                assertThat(window.isFull()).isEqualTo(expected.size() == limit);
            }
        }
    }
}
