package io.reactorraft;

import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
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
     * Work that runs only while this node leads: subscribed once a leadership, on the signal worker, and cancelled when
     * leadership is lost; begun again when it is regained, in a later term. Emits what the work emits, where the work emits
     * it.
     *
     * <p>When leadership is lost, {@code cancel()} of the work has <em>returned</em> before {@link #leadership} shows it.
     * Work on other threads may outlive that, and this node may learn of its loss late: whoever acts on the outside hands
     * {@link Leadership#term} along as a fencing token.
     *
     * <p>An error of the work, or of {@code work} itself, ends this Flux and leaves leadership as it is. Work that completes
     * is not begun again within the same leadership. Completes when the node stops, which cancels the work first.
     */
    <T> Flux<T> whileLeader(Function<? super Leadership, ? extends Publisher<? extends T>> work);

    /**
     * Work that is done here and now, or not at all, because this node leads.
     *
     * <p>Errors: {@link RaftException.NotLeader} at once where it does not, with the leader and its tags; {@link
     * RaftException.OutcomeUnknown} where leadership is lost midway: the work has been cancelled; {@link
     * RaftException.Stopped}; or the work's own.
     */
    <T> Mono<T> leaderOnly(Function<? super Leadership, ? extends Mono<? extends T>> work);

    /**
     * Hands leadership to a voter, from any member (thesis §3.10). Completes once this node sees {@code toId} lead, at once
     * where it does. Proposals meanwhile are {@link RaftException.Overloaded}.
     *
     * <p>Errors: {@link RaftException.Rejected} where there is no such voter; {@link RaftException.NotLeader} where nobody
     * is known to lead, or another one took over; {@link RaftException.OutcomeUnknown} after two election timeouts: the old
     * leader goes on, unless the other takes over yet.
     */
    Mono<Leadership> transferLeadership(String toId);

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
     * Replicates a stream of commands, with backpressure from end to end: in flight are at most {@link
     * RaftConfig#proposeAllWindow} commands, 16 MiB of them, and no more than were asked for. Where a queue is full it
     * waits, up to {@link RaftConfig#requestTimeout}. Results come in the order of the commands.
     *
     * <p>What is applied is a prefix of the stream: nothing behind a command that was not appended, or that the state
     * machine rejected, is applied. After an error the results that came are certain; of the commands behind them,
     * {@link RaftException.Rejected} and those that say "not appended" mean that none was applied, and {@link
     * RaftException.OutcomeUnknown} that those in flight may have been.
     *
     * <p>Cancelling cancels the source, and withdraws what was not appended.
     */
    Flux<Applied<R>> proposeAll(Publisher<? extends C> commands);

    /** Opens a session, in which proposals may be retried and are applied once. Errors: as {@link #propose}. */
    Mono<Session<C, R>> session();

    /**
     * For operators: has every replica pass over the entry at {@code index}, which the state machine cannot apply and at
     * which the appliers halted ({@link Alarm.Kind#APPLIER_HALTED}). Completes once the leader goes on.
     *
     * <p>Errors: {@link RaftException.Rejected} where the leader did not halt there: then the entry is no poison to all, and
     * the member that did is to be restarted or replaced. Otherwise as {@link #propose}.
     */
    Mono<Void> skip(long index);

    /** Who belongs to the group, and how that changes. */
    Membership membership();

    /**
     * Takes a snapshot of this node's state now, and lets go of the log behind it as far as slow followers allow; the node
     * does so by itself, too ({@link RaftConfig#snapshotLogBytes}). Proposals and reads go on meanwhile. One at a time: who
     * asks while one is being taken is told of that one, and where nothing was applied since the last one, of the last one.
     * Completes once it is durable; cancelling does not stop it.
     *
     * <p>Errors: {@link RaftException.Overloaded} where it could not be written now, with the reason: nothing has changed;
     * {@link RaftException.Stopped}.
     */
    Mono<SnapshotMeta> snapshot();

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
