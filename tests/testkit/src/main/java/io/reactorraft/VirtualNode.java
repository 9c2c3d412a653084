package io.reactorraft;

import io.reactorraft.spi.LogStore;
import io.reactorraft.spi.RaftMetrics;
import io.reactorraft.spi.SnapshotStore;
import io.reactorraft.spi.Transport;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.function.LongSupplier;
import reactor.core.scheduler.Scheduler;

/**
 * Makes a node, with its whole runtime, on threads and clocks that are given: for simulations, in which the same seed
 * must give the same run. Programs use {@link RaftNode#builder}.
 */
public final class VirtualNode {

    private VirtualNode() {}

    /**
     * What a node works with, beside its state machine.
     *
     * @param members those that start the group; {@code self} is none of them where it joins
     * @param joinVia where to ask to be let in
     */
    public record Place(
            Member self,
            List<Member> members,
            List<String> joinVia,
            RaftConfig config,
            Transport transport,
            LogStore log,
            SnapshotStore snapshots) {}

    /**
     * What decides when something happens.
     *
     * @param loop runs the core
     * @param apply runs the state machine
     * @param signals runs subscribers
     * @param nanoTime the monotonic clock
     * @param seed of randomised election timeouts
     */
    public record Clockwork(
            Scheduler loop,
            Scheduler apply,
            Scheduler signals,
            InstantSource wallClock,
            LongSupplier nanoTime,
            long seed) {}

    /** The node, not yet started. */
    public static <C, R> RaftNode<C, R> create(Place place, StateMachine<C, R> stateMachine, Clockwork clockwork) {
        Member self = place.self();
        return new LocalNode<>(
                new NodeSettings(
                        "simulated",
                        "default",
                        self,
                        self.address(),
                        place.members(),
                        Path.of("simulated", self.id()),
                        place.config(),
                        place.joinVia().isEmpty() ? null : new NodeSettings.Join(place.joinVia(), self.learner()),
                        null),
                new NodeServices(place.transport(), true, place.log(), true, place.snapshots(), true, RaftMetrics.NONE),
                stateMachine,
                new NodeThreads(
                        clockwork.loop(),
                        clockwork.apply(),
                        clockwork.signals(),
                        clockwork.signals(),
                        false,
                        false,
                        clockwork.wallClock(),
                        clockwork.nanoTime(),
                        clockwork.seed()));
    }
}
