package io.reactorraft.testkit;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A nemesis that knows where Raft hurts: each phase brings the group into one hard situation, lets clients propose and
 * read on every side of it, and mends it.
 */
final class PhasedFaults {
    private static final long ELECTION_NANOS = TimeUnit.SECONDS.toNanos(4);

    private final Arena arena;
    private final Dice dice;

    PhasedFaults(Arena arena) {
        this.arena = arena;
        this.dice = arena.dice();
    }

    void run(long untilNanos, long leastEvents) {
        while (!over() && (arena.time().now() < untilNanos || arena.time().happened() < leastEvents)) {
            String leader = awaitLeader();
            if (leader != null) {
                burstEverywhere();
                phase(leader);
                mend();
                burstEverywhere();
            }
        }
    }

    private void phase(String leader) {
        switch ((int) dice.below(18)) {
            case 0 -> isolateLeader(leader);
            case 1 -> killLeader(leader);
            case 2 -> crashMajority();
            case 3 -> slowLeaderDisk(leader);
            case 4 -> deafLeader(leader, dice.permille(500));
            case 5 -> pauseLeader(leader);
            case 6 -> loseQuorum(leader);
            case 7 -> stopLeader(leader);
            case 8 -> crashEverybody();
            case 9 -> bridge(leader);
            case 10 -> competingTails(leader);
            case 11 -> failLeaderDisk(leader);
            case 12 -> fillLeaderDisk(leader);
            default -> {
                for (long n = dice.between(1, 4); n > 0 && !over(); n--) {
                    arena.special();
                    burst(dice.oneOf(arena.members()));
                    pass(5, 900);
                }
            }
        }
    }

    /** Both sides go on as if they were right; only one of them is. */
    private void isolateLeader(String leader) {
        arena.isolate(leader);
        burstEverywhere();
        pass(10, 3_500);
        burstEverywhere();
        pass(10, 500);
        arena.heal();
        burst(leader); // it has not heard yet that it was deposed
    }

    private void killLeader(String leader) {
        burst(leader);
        pass(0, 3);
        arena.crash(leader);
        awaitLeader();
        burstEverywhere();
        arena.restart(leader);
        pass(0, 1_000);
    }

    private void crashMajority() {
        burstEverywhere();
        pass(0, 4);
        int majority = arena.members().size() / 2 + 1;
        for (String id : List.copyOf(arena.running())) {
            if (majority-- > 0) {
                arena.crash(id);
            }
        }
        burstEverywhere();
        pass(0, 2_000);
        arena.members().stream().filter(id -> !arena.running().contains(id)).forEach(arena::restart);
    }

    private void crashEverybody() {
        burstEverywhere();
        pass(0, 5);
        List.copyOf(arena.running()).forEach(arena::crash);
        pass(0, 100);
        arena.members().stream().filter(id -> !arena.running().contains(id)).forEach(arena::restart);
    }

    private void slowLeaderDisk(String leader) {
        arena.disk(leader).slowestSync(TimeUnit.MILLISECONDS.toNanos(dice.between(100, 3_000)));
        burstEverywhere();
        pass(100, 4_000);
        if (dice.permille(500)) {
            arena.crash(leader);
            pass(0, 2_000);
            arena.restart(leader);
        }
    }

    /** It hands over, follows, and may be needed as a voter before there is room again. */
    private void fillLeaderDisk(String leader) {
        burst(leader);
        pass(0, 5);
        if (dice.permille(500)) { // with entries that others replace meanwhile
            arena.isolate(leader);
            burst(leader);
            pass(5, 100);
            arena.disk(leader).full(true);
            burstEverywhere();
            pass(10, 4_000);
            burstEverywhere();
            arena.heal();
        }
        arena.disk(leader).full(true);
        burstEverywhere();
        pass(10, 3_000);
        burstEverywhere();
        if (dice.permille(500)) {
            arena.crash(dice.oneOf(arena.running()));
            burstEverywhere();
            pass(10, 3_000);
            arena.members().stream().filter(id -> !arena.running().contains(id)).forEach(arena::restart);
        }
        arena.disk(leader).full(false);
        pass(0, 500);
        burstEverywhere();
    }

    private void failLeaderDisk(String leader) {
        arena.disk(leader).failNextSync();
        burstEverywhere();
        pass(100, 3_000);
        burstEverywhere();
    }

    /** A leader that is not heard, or hears nothing, must not stay in office, nor answer reads. */
    private void deafLeader(String leader, boolean hears) {
        arena.halfIsolate(leader, hears);
        burstEverywhere();
        pass(100, 4_000);
        burstEverywhere();
        pass(10, 500);
    }

    /** It wakes up and still believes that it leads, and finds answers that were given before it was deposed. */
    private void pauseLeader(String leader) {
        burst(leader);
        arena.pass(TimeUnit.MICROSECONDS.toNanos(dice.below(1_000)));
        long wakes = arena.time().now() + TimeUnit.MILLISECONDS.toNanos(dice.between(900, 5_000));
        arena.pause(leader, wakes - arena.time().now());
        while (arena.time().now() < wakes && !over()) {
            arena.running().stream().filter(id -> !id.equals(leader)).forEach(this::burst);
            arena.pass(Math.min(wakes - arena.time().now(), TimeUnit.MILLISECONDS.toNanos(dice.between(50, 800))));
        }
        for (int i = 0; i < 4; i++) {
            arena.pass(TimeUnit.MICROSECONDS.toNanos(dice.below(3_000)));
            burst(leader);
        }
        pass(10, 1_500);
    }

    private void loseQuorum(String leader) {
        List<String> others =
                arena.running().stream().filter(id -> !id.equals(leader)).toList();
        int spared = arena.members().size() - arena.members().size() / 2 - 2;
        for (String other : others.subList(Math.min(Math.max(spared, 0), others.size()), others.size())) {
            if (dice.permille(500)) {
                arena.part(leader, other);
            } else {
                arena.disk(other).stalled(true);
            }
        }
        burstEverywhere();
        pass(100, 4_000);
        burst(leader);
    }

    private void stopLeader(String leader) {
        burst(leader);
        arena.stop(leader);
        pass(10, 3_000);
        burstEverywhere();
        pass(8_000, 9_000);
    }

    /** Two that cannot hear one another, and somebody who hears both. */
    private void bridge(String leader) {
        List<String> others =
                arena.running().stream().filter(id -> !id.equals(leader)).toList();
        if (!others.isEmpty()) {
            arena.part(leader, dice.oneOf(others));
            burstEverywhere();
            pass(500, 5_000);
            burstEverywhere();
        }
    }

    /** Leader after leader is cut off with entries that nobody else has (figure 8 begins like this). */
    private void competingTails(String first) {
        String leader = first;
        for (int round = 0; round < 4 && leader != null && !over(); round++) {
            arena.isolate(leader);
            burst(leader);
            pass(0, 30);
            if (dice.permille(500)) {
                arena.crash(leader);
                arena.heal();
                String old = leader;
                leader = awaitLeader();
                arena.restart(old);
            } else {
                pass(1_000, 3_000);
                arena.heal();
                leader = awaitLeader();
            }
            if (leader != null) {
                burst(leader);
                pass(0, 5);
            }
        }
    }

    private void mend() {
        arena.mend();
        if (dice.permille(300)) {
            arena.network().weather(Weather.any(dice));
        }
    }

    private void burstEverywhere() {
        arena.members().forEach(this::burst);
    }

    private void burst(String id) {
        if (arena.running().contains(id)) {
            arena.burst(id);
        }
    }

    private @Nullable String awaitLeader() {
        long limit = arena.time().now() + ELECTION_NANOS;
        String leader = arena.leader();
        while (leader == null && arena.time().now() < limit && !over()) {
            pass(50, 50);
            leader = arena.leader();
        }
        return leader;
    }

    private void pass(long shortestMillis, long longestMillis) {
        arena.pass(TimeUnit.MILLISECONDS.toNanos(dice.between(shortestMillis, longestMillis)));
    }

    private boolean over() {
        return arena.story().violation() != null;
    }
}
