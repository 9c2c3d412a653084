package io.reactorraft.torture;

import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * When a victim is to be struck: some time after its start, or shortly after the n-th time that it says something.
 *
 * @param line how what it says begins; empty: the start itself
 * @param count how often it must have said that
 * @param thenMicros how long after that
 */
record Aim(String line, int count, long thenMicros) {
    private static final long PATIENCE_SECONDS = 15;

    static Aim any(SplittableRandom random) {
        int dice = random.nextInt(100);
        if (dice < 20) {
            return new Aim("", 0, random.nextLong(1_200_000));
        } else if (dice < 40) {
            return new Aim("opening", 1, random.nextLong(random.nextBoolean() ? 60_000 : 500_000));
        } else if (dice < 50) {
            return new Aim("opened", 1, random.nextLong(20_000));
        }
        long shortly = random.nextLong(random.nextBoolean() ? 500 : 8_000);
        return switch (random.nextInt(8)) {
            case 0 -> new Aim("saving", 1 + random.nextInt(4), shortly);
            case 1 -> new Aim("saved", 1 + random.nextInt(4), shortly);
            case 2 -> new Aim("compacting", 1 + random.nextInt(4), shortly);
            case 3 -> new Aim("restoring", 1 + random.nextInt(2), shortly);
            case 4 -> new Aim("closing", 1, random.nextLong(40_000));
            default -> new Aim("done", 1 + random.nextInt(400), shortly);
        };
    }

    /** How many calls a victim is to make: without end, unless its end is aimed at. */
    long operations(SplittableRandom random) {
        return line.equals("closing") ? 1 + random.nextInt(200) : Long.MAX_VALUE;
    }

    /** Waits until it is time. */
    void await(CountDownLatch said) throws InterruptedException {
        boolean inTime = line.isEmpty() || said.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        long until = System.nanoTime() + (inTime ? TimeUnit.MICROSECONDS.toNanos(thenMicros) : 0);
        for (long left = until - System.nanoTime(); left > 0; left = until - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
