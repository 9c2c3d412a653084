package io.reactorraft.testkit;

import io.reactorraft.StateMachine;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Connections under fire, while no process dies: firewalls reject, proxies close what they accepted, connections are reset.
 * As long as the leader and a quorum stay connected, which resets do not change, no member may see another term, whoever takes
 * whom for gone. Then leaders are killed in fair weather, and their successors must not wait for anybody's patience.
 *
 * <p>Whole nodes, with clients on them; a seed gives one run. Immutable; runs on the caller's thread.
 *
 * @param <C> commands of the state machine
 * @param <R> its results
 */
public final class SimulatedConnections<C, R> {

    /** Time after a change of who is spared, in which everybody hears the leader again. */
    private static final long CALM_NANOS = TimeUnit.MILLISECONDS.toNanos(1_500);

    private static final long HALF_ELECTION_TIMEOUT_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final int CLIENTS = 3;
    private static final int PHASES = 4;
    private static final int FAULTS_A_PHASE = 25;
    private static final int KILLS = 3;

    private final Plan<C, R> plan;
    private final boolean spareQuorum;

    private SimulatedConnections(Plan<C, R> plan, boolean spareQuorum) {
        this.plan = plan;
        this.spareQuorum = spareQuorum;
    }

    /** Three nodes around this machine. Commands come from nothing but the generator. */
    public static <C, R> SimulatedConnections<C, R> of(
            Supplier<? extends StateMachine<C, R>> replica, Function<? super RandomGenerator, ? extends C> commands) {
        return new SimulatedConnections<>(Plan.<C, R>of(replica).withCommands(commands), true);
    }

    /** With so many nodes, at least three. */
    public SimulatedConnections<C, R> nodes(int count) {
        return new SimulatedConnections<>(plan.withNodes(count), spareQuorum);
    }

    /** Is told, line by line, what happens. */
    public SimulatedConnections<C, R> tellingTo(@Nullable Consumer<String> lines) {
        return lines == null ? this : new SimulatedConnections<>(plan.withListener(lines), spareQuorum);
    }

    /** Breaks connections to a quorum, too: then terms do change, and the check has to see it. */
    SimulatedConnections<C, R> sparingNobody() {
        return new SimulatedConnections<>(plan, false);
    }

    /** Runs the seed to its end, or to its first violation. */
    public SimulationReport run(long seed) {
        SimulatedGroup<C, R> group = new SimulatedGroup<>(plan, seed);
        new Run(group).run();
        return new SimulationReport(
                seed,
                group.time().happened(),
                group.story().digest(),
                group.story().counts(),
                group.story().violation());
    }

    private final class Run {
        private final SimulatedGroup<C, R> group;

        Run(SimulatedGroup<C, R> group) {
            this.group = group;
        }

        void run() {
            group.clients().start(CLIENTS);
            group.network().weather(Weather.FAIR);
            for (int phase = 0; phase < PHASES && goesOn(); phase++) {
                String leader = settledLeader();
                if (leader != null) {
                    breakConnectionsUnder(leader);
                }
            }
            for (int kill = 0; kill < KILLS && goesOn(); kill++) {
                String leader = settledLeader();
                if (leader != null) {
                    killInFairWeather(leader);
                }
            }
            group.clients().stop();
        }

        private boolean goesOn() {
            return group.story().violation() == null;
        }

        private @Nullable String settledLeader() {
            group.heal();
            String leader = awaitLeader(PATIENCE_NANOS);
            group.pass(CALM_NANOS);
            String settled = goesOn() ? group.leader() : null;
            if (goesOn() && (leader == null || !leader.equals(settled))) {
                group.story().violation("no lasting leader in fair weather: first " + leader + ", then " + settled);
            }
            return settled;
        }

        private void breakConnectionsUnder(String leader) {
            List<String> exposed = group.members();
            exposed.remove(leader);
            Dice dice = group.dice();
            int spared = spareQuorum ? group.members().size() / 2 : 0;
            for (int i = 0; i < spared; i++) {
                exposed.remove(dice.oneOf(exposed));
            }
            long term = termOf(leader);
            for (int i = 0; i < FAULTS_A_PHASE && goesOn(); i++) {
                breakOne(leader, exposed, dice);
                group.pass(TimeUnit.MILLISECONDS.toNanos(dice.between(1, 250)));
                checkTerms(leader, term);
            }
        }

        /** Between the leader and those that are spared only resets happen; between followers anything may. */
        private void breakOne(String leader, List<String> exposed, Dice dice) {
            String one = dice.oneOf(group.members());
            String other = dice.oneOf(group.members());
            boolean vital = (one.equals(leader) && !exposed.contains(other))
                    || (other.equals(leader) && !exposed.contains(one));
            if (one.equals(other)) {
                group.heal();
            } else if (vital || dice.permille(300)) {
                group.story().tell(one, -21, other.hashCode(), () -> "and " + other + " lose their connections");
                group.network().reset(one, other);
            } else if (dice.permille(500)) {
                group.story().tell(one, -22, other.hashCode(), () -> "and " + other + " are rejected by a firewall");
                group.network().reject(one, other);
            } else {
                group.story().tell(one, -23, other.hashCode(), () -> "and " + other + " meet a proxy that closes");
                group.network().flicker(one, other);
            }
        }

        private void checkTerms(String leader, long term) {
            for (String id : group.members()) {
                if (goesOn() && termOf(id) != term) {
                    group.story()
                            .violation(id + " is in term " + termOf(id) + ", while " + leader + ", the leader of term "
                                    + term + ", and a quorum stayed connected");
                }
            }
        }

        private long termOf(String id) {
            return group.member(id).node().status().leadership().term();
        }

        private void killInFairWeather(String leader) {
            group.crash(leader);
            String next = awaitLeader(HALF_ELECTION_TIMEOUT_NANOS);
            if (next != null) {
                group.story().count(Happening.FAST_FAILOVER);
            } else if (goesOn()) {
                group.story()
                        .violation("nobody leads half an election timeout after " + leader
                                + " was killed, though the others noticed that it is gone");
            }
            group.restart(leader);
        }

        private @Nullable String awaitLeader(long patienceNanos) {
            long limit = group.time().now() + patienceNanos;
            while (group.leader() == null && group.time().now() < limit && goesOn()) {
                group.pass(STEP_NANOS);
            }
            return group.leader();
        }
    }
}
