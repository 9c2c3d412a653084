package io.reactorraft.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/** Which segments are made ahead, with a background whose tasks run when the test says. */
class SegmentSupplyTest {
    private final Queue<Runnable> background = new ArrayDeque<>();
    private final List<Path> made = new ArrayList<>();
    private final SegmentSupply supply = new SegmentSupply(
            cycle -> Path.of(cycle + SegmentName.SUFFIX), 1, 1 << 20, (file, bytes) -> made.add(file), background::add);

    @Test
    void theSegmentBehindIsMadeOnceHoweverOftenItIsAskedFor() {
        supply.order(1);
        supply.order(1);
        runBackground();

        assertThat(made).containsExactly(Preallocation.file(Path.of("2" + SegmentName.SUFFIX)));
        assertThat(supply.ready()).isEqualTo(2);
    }

    /** The log looks, the background gets done, the log asks: a second file would take room that the stated bound has not. */
    @Test
    void aSegmentThatGotReadyMeanwhileIsNotMadeAgainOrWaitedFor() {
        int last = supply.ready();
        supply.order(last);
        runBackground();

        supply.order(last);
        assertThat(supply.await(last)).isTrue();
        runBackground();

        assertThat(made).hasSize(1);
        assertThat(supply.claimed()).isEqualTo(2);
    }

    private void runBackground() {
        Runnable task = background.poll();
        while (task != null) {
            task.run();
            task = background.poll();
        }
    }
}
