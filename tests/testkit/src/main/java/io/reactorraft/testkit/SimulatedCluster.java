package io.reactorraft.testkit;

import io.reactorraft.RaftConfig;
import io.reactorraft.StateMachine;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

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

    private final Plan<C, R> plan;

    private SimulatedCluster(Plan<C, R> plan) {
        this.plan = plan;
    }

    /** A cluster of three. {@code replica} makes an empty state machine, for each start of each node a new one. */
    public static <C, R> SimulatedCluster<C, R> of(Supplier<? extends StateMachine<C, R>> replica) {
        return new SimulatedCluster<>(Plan.of(replica));
    }

    /** Where commands come from. Use nothing but the generator that is given, or a seed is not the same run twice. */
    public SimulatedCluster<C, R> commands(Function<? super RandomGenerator, ? extends C> next) {
        return new SimulatedCluster<>(plan.withCommands(next));
    }

    /**
     * Clients also ask these, linearizably, on any node.
     *
     * @param next calls that change nothing
     * @param answer what your state machine answers; runs on the apply thread
     */
    public SimulatedCluster<C, R> queries(
            Function<? super RandomGenerator, ? extends C> next,
            BiFunction<? super StateMachine<C, R>, ? super C, ? extends R> answer) {
        return new SimulatedCluster<>(plan.withQueries(new Plan.Queries<>(next, answer)));
    }

    /**
     * The history of all clients, commands and queries, must be linearizable with respect to this model. That the order
     * of the log explains it is checked without any model; this checks the answers themselves, and trusts no index.
     */
    public SimulatedCluster<C, R> model(SequentialModel<?, C, R> single) {
        return new SimulatedCluster<>(plan.withModel(single));
    }

    /** How many nodes; 1 to 9. */
    public SimulatedCluster<C, R> nodes(int count) {
        if (count < 1 || count > 9) {
            throw new IllegalArgumentException("a simulated cluster has 1 to 9 nodes, got " + count);
        }
        return new SimulatedCluster<>(plan.withNodes(count));
    }

    /**
     * Members come and go while all else happens: they are added, removed, promoted, demoted and replaced with empty disks,
     * and the whole group is told what to be. Also checked then: that each such request is answered in time and truly, that
     * who is a member stays one, and that in the end the group is what it was told to be.
     */
    public SimulatedCluster<C, R> changingMembers() {
        return new SimulatedCluster<>(plan.withChangingMembers());
    }

    /** Times and limits of each node. */
    public SimulatedCluster<C, R> config(RaftConfig changed) {
        return new SimulatedCluster<>(plan.withConfig(changed));
    }

    /** Which faults; unless set, even seeds meet the one kind and odd seeds the other. */
    public SimulatedCluster<C, R> faults(FaultMode kind) {
        return new SimulatedCluster<>(plan.withMode(kind));
    }

    /** Is told, line by line, what happens. */
    public SimulatedCluster<C, R> tellingTo(Consumer<String> lines) {
        return new SimulatedCluster<>(plan.withListener(lines));
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
                throw new AssertionError("seed " + seed + " (" + plan.modeOf(seed) + ", " + plan.nodes() + " nodes): "
                        + report.violation() + "\n  replay: check(" + seed + ", " + seed
                        + "), with tellingTo(System.out::println) for the whole story");
            }
        }
    }

    /**
     * Runs one seed to its end, or to its first violation.
     *
     * @throws IllegalStateException where nothing says where {@link #commands} come from
     */
    public SimulationReport run(long seed) {
        Function<? super RandomGenerator, ? extends C> unused = plan.requireCommands();
        SimulatedGroup<C, R> group = new SimulatedGroup<>(plan, seed);
        new Trial<>(group, plan, CLIENTS).run(plan.modeOf(seed), FAULTS_NANOS, LEAST_EVENTS);
        return new SimulationReport(
                seed,
                group.time().happened(),
                group.story().digest(),
                group.story().counts(),
                group.story().violation());
    }

    /** Starts a cluster that meets no faults but those the test makes. */
    public Simulation<C, R> start(long seed) {
        return new Simulation<>(seed, new SimulatedGroup<>(plan, seed));
    }
}
