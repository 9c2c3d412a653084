package io.reactorraft.simulation;

import io.reactorraft.testkit.FaultMode;
import io.reactorraft.testkit.Happening;
import io.reactorraft.testkit.SimulationReport;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import reactor.core.publisher.Hooks;

/**
 * Many seeds, some at a time, each on one thread, and what they held all together.
 *
 * <p>Safe for the threads it starts itself; {@link #run} returns when all of them are done.
 */
final class Campaign {
    private final FaultMode mode;
    private final List<Layer> layers;
    private final int nodes;
    private final BiConsumer<Layer, SimulationReport> onViolation;
    private final Map<Happening, Long> counts = new EnumMap<>(Happening.class);
    private final List<String> faults = new ArrayList<>();
    private long runs;
    private long events;
    private long violations;
    private long tooShort;

    /**
     * Nothing has run yet.
     *
     * @param nodes how many in each cluster; 0: three and five in turn
     */
    Campaign(FaultMode mode, List<Layer> layers, int nodes, BiConsumer<Layer, SimulationReport> onViolation) {
        this.mode = mode;
        this.layers = layers;
        this.nodes = nodes;
        this.onViolation = onViolation;
    }

    /** How many nodes the cluster of a seed has. */
    static int nodesOf(long seed, int nodes) {
        return nodes != 0 ? nodes : seed % 3 == 0 ? 5 : 3;
    }

    void run(SeedRange seeds, int jobs) throws InterruptedException {
        // An error that nobody was there to hear is lost to the node's user, too.
        Hooks.onErrorDropped(error -> broke("an error was dropped: " + error));
        Hooks.onNextDropped(value -> broke("a value was dropped: " + value));
        try {
            runAll(seeds, jobs);
        } finally {
            Hooks.resetOnErrorDropped();
            Hooks.resetOnNextDropped();
        }
    }

    private void runAll(SeedRange seeds, int jobs) throws InterruptedException {
        AtomicLong next = new AtomicLong(seeds.first());
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < jobs; i++) {
            Thread thread = new Thread(() -> work(next, seeds.last()), "explore-" + i);
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private void work(AtomicLong next, long last) {
        long seed;
        while ((seed = next.getAndIncrement()) <= last) {
            for (Layer layer : layers) {
                try {
                    add(layer, layer.run(mode, nodesOf(seed, nodes), seed, null));
                } catch (RuntimeException
                        | Error broken) { // a fault of the simulation itself: a seed that proves nothing
                    broke("seed " + seed + " (" + layer + ") could not be run: " + broken);
                }
            }
        }
    }

    synchronized void add(Layer layer, SimulationReport report) {
        runs++;
        events += report.events();
        report.counts().forEach((happening, count) -> counts.merge(happening, count, Long::sum));
        if (report.violation() != null) {
            violations++;
            onViolation.accept(layer, report);
        } else if (report.events() < Layer.LEAST_EVENTS) {
            tooShort++;
            faults.add("seed " + report.seed() + " had " + report.events() + " events, and proves nothing with fewer"
                    + " than " + Layer.LEAST_EVENTS);
        }
    }

    private synchronized void broke(String what) {
        violations++;
        faults.add(what);
    }

    long violations() {
        return violations;
    }

    long events() {
        return events;
    }

    /** Whether nothing was violated and enough happened. */
    boolean holds() {
        return violations == 0 && tooShort == 0 && missing().isEmpty();
    }

    /** What went wrong beside violations, a line each. */
    List<String> faults() {
        List<String> all = new ArrayList<>(faults);
        all.addAll(missing());
        return all;
    }

    /** What happened, with the minima, a line each. */
    List<String> counted() {
        Map<Happening, Long> least = leastAltogether();
        List<String> lines = new ArrayList<>();
        for (Happening happening : Happening.values()) {
            long count = counts.getOrDefault(happening, 0L);
            long minimum = least.getOrDefault(happening, 0L);
            if (count > 0 || minimum > 0) {
                lines.add(Minima.name(happening) + " " + count + (minimum > 0 ? " (at least " + minimum + ")" : ""));
            }
        }
        return lines;
    }

    private List<String> missing() {
        List<String> lines = new ArrayList<>();
        leastAltogether().forEach((happening, minimum) -> {
            long count = counts.getOrDefault(happening, 0L);
            if (count < minimum) {
                lines.add("too few: " + Minima.name(happening) + " " + count + ", at least " + minimum
                        + " were to be seen: the faults do not reach what they are meant for");
            }
        });
        return lines;
    }

    private Map<Happening, Long> leastAltogether() {
        Map<Happening, Long> least = new EnumMap<>(Happening.class);
        for (Layer layer : layers) {
            Minima.of(mode, layer)
                    .forEach((happening, permille) ->
                            least.merge(happening, runs / layers.size() * permille / 1000, Long::sum));
        }
        return least;
    }
}
