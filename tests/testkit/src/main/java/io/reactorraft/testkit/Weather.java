package io.reactorraft.testkit;

import java.util.concurrent.TimeUnit;

/**
 * How a simulated network behaves.
 *
 * @param lossPermille of a thousand messages, how many vanish
 * @param duplicatePermille of a thousand messages, how many arrive twice
 * @param shortestNanos the least that a message takes
 * @param longestNanos the most that it takes
 * @param inOrder whether messages of one node to another arrive in the order in which they were sent
 */
record Weather(int lossPermille, int duplicatePermille, long shortestNanos, long longestNanos, boolean inOrder) {

    /** A quiet local network. */
    static final Weather FAIR = new Weather(0, 0, micros(50), micros(400), true);

    /** Any weather, from fair to one in which elections hardly succeed. */
    static Weather any(Dice dice) {
        int loss = dice.permille(500) ? 0 : (int) dice.below(200);
        int duplicate = dice.permille(500) ? 0 : (int) dice.below(200);
        long shortest = micros(50 + dice.below(1_000));
        long longest = shortest + micros(dice.permille(300) ? dice.below(120_000) : dice.below(3_000));
        return new Weather(loss, duplicate, shortest, longest, dice.permille(500));
    }

    private static long micros(long count) {
        return TimeUnit.MICROSECONDS.toNanos(count);
    }
}
