package io.reactorraft.testkit;

import java.util.List;
import java.util.concurrent.TimeUnit;

/** Random faults at random times, each mended after a random while: finds what nobody thought of. */
final class UniformFaults {
    private final Arena arena;
    private final Dice dice;

    UniformFaults(Arena arena) {
        this.arena = arena;
        this.dice = arena.dice();
    }

    void run(long untilNanos, long leastEvents) {
        arena.network().weather(Weather.any(dice));
        long slowest = dice.permille(500) ? dice.between(1, 10) : dice.between(10, 80);
        arena.members().forEach(id -> arena.disk(id).slowestSync(millis(slowest)));
        long calm = dice.between(100, 2_500);
        while (arena.story().violation() == null
                && (arena.time().now() < untilNanos || arena.time().happened() < leastEvents)) {
            arena.pass(millis(dice.between(10, calm)));
            oneFault();
        }
    }

    private void oneFault() {
        String id = dice.oneOf(arena.members());
        switch ((int) dice.below(16)) {
            case 0, 1 -> partition(id);
            case 2, 3 -> crash(id);
            case 4 -> arena.network().weather(Weather.any(dice));
            case 5 -> slowDisk(id);
            case 6 -> failDisk(id);
            case 7 -> arena.pause(id, millis(dice.between(1, 3_000)));
            case 8 -> {
                arena.lagApplier(id, millis(dice.between(1, 400)));
                later(() -> arena.lagApplier(id, 0));
            }
            case 9 -> arena.network().reset(id, dice.oneOf(arena.members()));
            case 10 -> stop(id);
            case 11 -> {
                if (dice.permille(400)) {
                    crashSeveral();
                }
            }
            default -> arena.special();
        }
    }

    private void partition(String id) {
        List<String> members = arena.members();
        switch ((int) dice.below(4)) {
            case 0 -> arena.isolate(id);
            case 1 -> arena.halfIsolate(id, dice.permille(500));
            case 2 -> arena.part(id, dice.oneOf(members));
            default -> {
                int size = (int) dice.below(members.size());
                for (String one : members.subList(0, size)) {
                    members.subList(size, members.size()).forEach(other -> arena.part(one, other));
                }
            }
        }
        later(arena::heal);
    }

    private void crash(String id) {
        if (arena.running().contains(id)) {
            arena.crash(id);
            later(() -> restart(id));
        }
    }

    private void crashSeveral() {
        long how = dice.between(2, arena.members().size());
        for (String id : List.copyOf(arena.running())) {
            if (how-- > 0) {
                crash(id);
            }
        }
    }

    private void restart(String id) {
        if (arena.members().contains(id) && !arena.running().contains(id)) {
            arena.crash(id); // where it ended by itself, its process is still there
            arena.restart(id);
        }
    }

    private void stop(String id) {
        if (arena.running().contains(id)) {
            arena.stop(id);
            arena.time().after(millis(dice.between(8_000, 10_000)), () -> restart(id));
        }
    }

    private void slowDisk(String id) {
        SimulatedDisk disk = arena.disk(id);
        if (dice.permille(300)) {
            disk.full(true);
            later(() -> disk.full(false));
        } else if (dice.permille(500)) {
            disk.slowestSync(millis(dice.between(10, 1_500)));
            later(() -> disk.slowestSync(millis(2)));
        } else {
            disk.stalled(true);
            later(() -> disk.stalled(false));
        }
    }

    private void failDisk(String id) {
        arena.disk(id).failNextSync();
        later(() -> restart(id));
    }

    private void later(Runnable mend) {
        arena.time().after(millis(dice.permille(500) ? dice.between(20, 800) : dice.between(800, 6_000)), mend);
    }

    private static long millis(long count) {
        return TimeUnit.MILLISECONDS.toNanos(count);
    }
}
