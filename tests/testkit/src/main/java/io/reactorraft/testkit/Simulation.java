package io.reactorraft.testkit;

import io.reactorraft.RaftNode;
import io.reactorraft.StateMachine;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One run of a simulated cluster, in the hands of a test: real nodes with their whole runtime, on one thread, over a
 * simulated network and simulated disks. Nothing happens unless {@link #advance} lets time pass; a seed gives one run.
 *
 * <p>The invariants of {@link SimulatedCluster} are checked at every step; a violation is an {@link AssertionError} of
 * {@link #advance} that names the seed.
 *
 * <p><b>Threads.</b> One. Publishers of the nodes signal inside of {@link #advance}; never wait for them.
 *
 * @param <C> commands of the state machine
 * @param <R> its results
 */
public final class Simulation<C, R> {
    private static final long FOR_A_LEADER_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final Duration STEP = Duration.ofMillis(10);

    private final long seed;
    private final SimulatedGroup<C, R> group;

    Simulation(long seed, SimulatedGroup<C, R> group) {
        this.seed = seed;
        this.group = group;
    }

    /** What this run began with. */
    public long seed() {
        return seed;
    }

    /** The ids of all members: {@code n1}, {@code n2} and so on. */
    public List<String> members() {
        return group.members();
    }

    /**
     * The node of this member.
     *
     * @throws IllegalStateException where it was crashed and not restarted
     */
    public RaftNode<C, R> node(String id) {
        return group.member(id).node();
    }

    /** The state machine of this member's node, to be looked at between two calls of {@link #advance}. */
    public StateMachine<C, R> stateMachine(String id) {
        return group.member(id).replica().machine();
    }

    /**
     * Lets time pass, up to half a minute, until a node shows itself as leader; which one.
     *
     * @throws AssertionError where nobody does
     */
    public RaftNode<C, R> leader() {
        long limit = group.time().now() + FOR_A_LEADER_NANOS;
        String leader = group.leader();
        while (leader == null && group.time().now() < limit) {
            advance(STEP);
            leader = group.leader();
        }
        if (leader == null) {
            throw new AssertionError("seed " + seed + ": no leader within 30 s of virtual time");
        }
        return node(leader);
    }

    /**
     * Lets this much virtual time pass.
     *
     * @throws AssertionError as soon as an invariant is violated
     */
    public void advance(Duration duration) {
        group.pass(duration.toNanos());
        String violation = group.story().violation();
        if (violation != null) {
            throw new AssertionError("seed " + seed + ": " + violation);
        }
    }

    /** Cuts the member off from all others, in both directions. */
    public void isolate(String id) {
        group.isolate(group.member(id).id());
    }

    /** Undoes every {@link #isolate}. */
    public void heal() {
        group.heal();
    }

    /** Kills the process; what its disk had not synced is lost. Its clients get no answer any more. */
    public void crash(String id) {
        group.crash(id);
    }

    /**
     * Starts the member again on what its disk holds.
     *
     * @throws IllegalStateException where it runs
     */
    public void restart(String id) {
        if (group.member(id).isRunning()) {
            throw new IllegalStateException(id + " runs already; crash(\"" + id + "\") it first");
        }
        group.restart(id);
    }
}
