package io.reactorraft.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.RaftConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * However often a group of three starts and stops in one JVM, nothing is left of it: no thread, file, mapped segment or
 * direct memory. {@code -Draft.cycles=1000} says how often; 100 unless given.
 */
class CyclesTest {
    private static final int CYCLES = Integer.getInteger("raft.cycles", 100);

    private static final RaftConfig HURRIED =
            RaftConfig.defaults().withTimeouts(Duration.ofMillis(10), Duration.ofMillis(200));

    /** Of them, until pools and caches have the size that they keep. */
    private static final int WARM_UP = 10;

    private static final Duration SOON = Duration.ofMinutes(3);

    /** What pools may have grown by chance after they were warm; a buffer a cycle would show. */
    private static final long SLACK_BYTES = 8L << 20;

    private static final long SLACK_DESCRIPTORS = 8;

    @TempDir
    Path directory;

    @Test
    void nothingIsLeftOfNodesThatHaveStopped() throws IOException {
        for (int i = 0; i < WARM_UP; i++) {
            cycle(i);
        }
        Leftovers before = collected();
        for (int i = WARM_UP; i < CYCLES; i++) {
            cycle(i);
        }
        Leftovers after = collected();
        for (long end = System.nanoTime() + SOON.toNanos(); !fits(before, after) && System.nanoTime() < end; ) {
            after = collected();
        }
        System.out.printf(
                "%d cycles: %d threads, %d descriptors and %,d direct bytes before, %d, %d and %,d after%n",
                CYCLES,
                before.allThreads().size(),
                before.descriptors(),
                before.directBytes(),
                after.allThreads().size(),
                after.descriptors(),
                after.directBytes());
        assertThat(fits(before, after))
                .as("%s%nand not more than%n%s", after, before)
                .isTrue();
    }

    private static boolean fits(Leftovers before, Leftovers after) {
        return after.allThreads().size() <= before.allThreads().size()
                && after.descriptors() <= before.descriptors() + SLACK_DESCRIPTORS
                && after.directBytes() <= before.directBytes() + SLACK_BYTES;
    }

    /** What is left once garbage has gone, with the direct memory that hangs on it. */
    private Leftovers collected() {
        Leftovers now = Leftovers.under(directory);
        long less;
        do {
            less = now.directBytes();
            System.gc();
            pause();
            now = Leftovers.under(directory);
        } while (now.directBytes() < less);
        return now;
    }

    private void cycle(int number) throws IOException {
        Path folder = directory.resolve("cycle-" + number);
        Trio trio = new Trio(folder, HURRIED);
        trio.start();
        assertThat(trio.nodes()
                        .get(number % 3)
                        .propose(1L)
                        .retryWhen(Trio.patiently())
                        .block(SOON))
                .isNotNull();
        trio.stop();
        awaitNothing(folder, number);
        Folders.delete(folder);
    }

    /** Threads end, and segments are unmapped, shortly after the stop has said that it is done. */
    private static void awaitNothing(Path folder, int number) {
        long end = System.nanoTime() + SOON.toNanos();
        Leftovers left = Leftovers.under(folder);
        while (!left.areNone() && System.nanoTime() < end) {
            pause();
            left = Leftovers.under(folder);
        }
        assertThat(left.threads()).as("threads after cycle %d", number).isEmpty();
        assertThat(left.files()).as("open files after cycle %d", number).isEmpty();
        assertThat(left.mapped()).as("mapped segments after cycle %d", number).isEmpty();
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(5);
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }
}
