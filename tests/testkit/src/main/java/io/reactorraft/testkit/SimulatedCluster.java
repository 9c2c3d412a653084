package io.reactorraft.testkit;

import io.reactorraft.RaftConfig;
import io.reactorraft.StateMachine;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Runs <em>your</em> state machine on whole clusters under every fault we know, from a seed: lost, late, doubled and
 * overtaking messages, partitions in both directions and in one, crashes that lose all that was not synced, slow,
 * stalled and failing disks, processes that stand still, drifting clocks, slow appliers.
 *
 * <pre>{@code
 * @Test void survivesEveryFault() {
 *   SimulatedCluster.of(Counter::new).commands(random -> random.nextLong(1, 10)).check(1, 200);
 * }
 * }</pre>
 *
 * <p>Checked at every step: the properties of the paper's figure 3; that nothing acknowledged is lost, nothing refused is
 * applied and nothing is applied twice; that reads and writes are linearizable; that replicas agree on every result, and
 * in the end on their snapshots; that leadership is shown at most once a term, and only when caught up; and that the
 * group gets to work again once the faults are over.
 *
 * <p>Immutable: each method answers a changed copy. {@link #check} runs on the caller's thread and takes no real time to
 * wait; a seed is a few ten milliseconds of work.
 *
 * @param <C> commands of the state machine
 * @param <R> its results
 */
public final class SimulatedCluster<C, R> {
    private static final long FAULTS_NANOS = TimeUnit.SECONDS.toNanos(12);
    private static final int CLIENTS = 4;

    /** A seed with fewer events proves nothing. */
    public static final long LEAST_EVENTS = 5_000;

    private final Supplier<? extends StateMachine<C, R>> machines;
    private final @Nullable Function<? super RandomGenerator, ? extends C> commands;
    private final int nodes;
    private final RaftConfig config;
    private final @Nullable FaultMode mode;
    private final @Nullable Consumer<String> listener;

    private SimulatedCluster(
            Supplier<? extends StateMachine<C, R>> machines,
            @Nullable Function<? super RandomGenerator, ? extends C> commands,
            int nodes,
            RaftConfig config,
            @Nullable FaultMode mode,
            @Nullable Consumer<String> listener) {
        this.machines = machines;
        this.commands = commands;
        this.nodes = nodes;
        this.config = config;
        this.mode = mode;
        this.listener = listener;
    }

    /** A cluster of three. {@code replica} makes an empty state machine, for each start of each node a new one. */
    public static <C, R> SimulatedCluster<C, R> of(Supplier<? extends StateMachine<C, R>> replica) {
        return new SimulatedCluster<>(replica, null, 3, RaftConfig.defaults(), null, null);
    }

    /** Where commands come from. Use nothing but the generator that is given, or a seed is not the same run twice. */
    public SimulatedCluster<C, R> commands(Function<? super RandomGenerator, ? extends C> next) {
        return new SimulatedCluster<>(machines, next, nodes, config, mode, listener);
    }

    /** How many nodes; 1 to 9. */
    public SimulatedCluster<C, R> nodes(int count) {
        if (count < 1 || count > 9) {
            throw new IllegalArgumentException("a simulated cluster has 1 to 9 nodes, got " + count);
        }
        return new SimulatedCluster<>(machines, commands, count, config, mode, listener);
    }

    /** Times and limits of each node. */
    public SimulatedCluster<C, R> config(RaftConfig changed) {
        return new SimulatedCluster<>(machines, commands, nodes, changed, mode, listener);
    }

    /** Which faults; unless set, even seeds meet the one kind and odd seeds the other. */
    public SimulatedCluster<C, R> faults(FaultMode kind) {
        return new SimulatedCluster<>(machines, commands, nodes, config, kind, listener);
    }

    /** Is told, line by line, what happens. */
    public SimulatedCluster<C, R> tellingTo(Consumer<String> lines) {
        return new SimulatedCluster<>(machines, commands, nodes, config, mode, lines);
    }

    /**
     * Runs these seeds, both ends included.
     *
     * @throws AssertionError at the first violation, with its seed
     */
    public void check(long fromSeed, long toSeed) {
        for (long seed = fromSeed; seed <= toSeed; seed++) {
            SimulationReport report = run(seed);
            if (report.violation() != null) {
                throw new AssertionError("seed " + seed + " (" + modeOf(seed) + ", " + nodes + " nodes): "
                        + report.violation() + "\n  replay: check(" + seed + ", " + seed
                        + "), with tellingTo(System.out::println) for the whole story");
            }
        }
    }

    /** Runs one seed to its end, or to its first violation. */
    public SimulationReport run(long seed) {
        SimulatedGroup<C, R> group = group(seed);
        new Trial<>(group, CLIENTS).run(modeOf(seed), FAULTS_NANOS, LEAST_EVENTS);
        return new SimulationReport(
                seed,
                group.time().happened(),
                group.story().digest(),
                group.story().counts(),
                group.story().violation());
    }

    /** Starts a cluster that meets no faults but those the test makes. */
    public Simulation<C, R> start(long seed) {
        return new Simulation<>(seed, group(seed));
    }

    private SimulatedGroup<C, R> group(long seed) {
        Function<? super RandomGenerator, ? extends C> next = commands;
        Function<? super RandomGenerator, ? extends C> given = next != null
                ? next
                : random -> {
                    throw new IllegalStateException("say where commands come from: commands(random -> ...)");
                };
        return new SimulatedGroup<>(new SimulatedGroup.Plan<>(machines, given, nodes, config), seed, listener);
    }

    private FaultMode modeOf(long seed) {
        return mode != null ? mode : seed % 2 == 0 ? FaultMode.UNIFORM : FaultMode.PHASED;
    }
}
