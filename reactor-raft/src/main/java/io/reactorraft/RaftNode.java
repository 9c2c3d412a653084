package io.reactorraft;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * This process's member of one Raft group.
 *
 * <p><b>Unless a method says otherwise:</b> publishers are cold; their signals arrive through one worker of {@link
 * RaftNodeBuilder#signalOn} (by default a thread of the node's own), in the order in which things happened, and never
 * on the loop's, the log's or the apply thread; cancelling only detaches; a failure is a {@link RaftException} in
 * {@code onError}, and misuse an {@link IllegalArgumentException} at once.
 *
 * @param <C> commands of the state machine
 * @param <R> its results
 */
public interface RaftNode<C, R> {

    /** A node that takes part in elections and has no state of its own. */
    static RaftNodeBuilder<Void, Void> builder(String id) {
        return new RaftNodeBuilder<>(id, new ElectionOnly());
    }

    /** A node that replicates {@code stateMachine}. */
    static <C, R> RaftNodeBuilder<C, R> builder(String id, StateMachine<C, R> stateMachine) {
        return new RaftNodeBuilder<>(id, stateMachine);
    }

    /** This member's id. */
    String id();

    /** The group's id; {@code default} unless set. */
    String groupId();

    /** The node at this moment; never blocks. Before {@link #start} all indices are 0. */
    RaftStatus status();

    /**
     * Recovers the log, binds the port and begins to take part. Waits for no peer. Starting again returns the same
     * result.
     *
     * <p>Errors: {@link RaftException.Stopped} with the cause where the node could not start, or was stopped before.
     */
    Mono<Void> start();

    /**
     * Completes once this node has, for the first time, caught up with a leader. Does not start the node.
     *
     * <p>Errors: {@link RaftException.Stopped} where the node ends before.
     */
    Mono<Void> ready();

    /**
     * Ends the node in order: new proposals are refused, waiting ones told, the log synced and closed. Completes within
     * {@link RaftConfig#stopGrace}; never fails; may be asked any number of times. A node that was stopped cannot be
     * started again.
     */
    Mono<Void> stop();

    /** How the node ended, once it has; or, as an error, what ended it. Does not stop the node. */
    Mono<Ending> closed();

    /**
     * Who leads, as this node sees it: hot, the current value first. A subscriber with demand sees every change, one
     * without sees the latest when it asks again. Completes when the node ends; never fails.
     */
    Flux<Leadership> leadership();

    /**
     * Replicates a command: each subscription appends one entry. Works on any member: a follower hands it to the leader.
     *
     * <p>Cancelling before it was appended withdraws it; afterwards it only detaches.
     *
     * <p>Errors: {@link RaftException.NotLeader}, {@link RaftException.Overloaded}, {@link RaftException.Rejected},
     * {@link RaftException.Stopped}: not applied and never will be. {@link RaftException.OutcomeUnknown}: may be applied.
     */
    Mono<Applied<R>> propose(C command);

    /**
     * Looks at the state, no older than anything acknowledged before the subscription. Runs on the apply thread: needs
     * no locks, and must be brief. A null result completes empty. What the query throws is the error.
     */
    default <T> Mono<T> read(Supplier<? extends @Nullable T> query) {
        return read(Consistency.LINEARIZABLE, query);
    }

    /** As {@link #read(Supplier)}, as fresh as asked for. */
    <T> Mono<T> read(Consistency consistency, Supplier<? extends @Nullable T> query);

    /**
     * The index up to which this node has applied everything that was acknowledged before the subscription; emitted
     * once it has. For state that may be read on other threads.
     */
    Mono<Long> readIndex(Consistency consistency);
}
