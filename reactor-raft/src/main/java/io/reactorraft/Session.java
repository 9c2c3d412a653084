package io.reactorraft;

import reactor.core.publisher.Mono;

/**
 * Commands that are applied exactly once however often they are tried; made by {@link RaftNode#session}, best as {@code
 * Flux.usingWhen(node.session(), ..., Session::close)}.
 *
 * <p>The group remembers what became of the session's commands, in every replica's state and in snapshots. It forgets a
 * session that was not used for {@link RaftConfig#sessionTimeout}, by the time that the log carries.
 *
 * @param <C> commands of the state machine
 * @param <R> its results
 */
public interface Session<C, R> {

    /**
     * Replicates a command: <em>one</em> entry is applied for each Mono that this returns, so {@code retry()} is safe, after
     * {@link RaftException.OutcomeUnknown} too. Who subscribes again after the outcome hears the same outcome.
     *
     * <p>At most 256 commands of one session may be in question at a time; one more is {@link RaftException.Overloaded}.
     *
     * <p>Errors: as {@link RaftNode#propose}. After the session has expired: {@link RaftException.Rejected} where the command
     * was certainly not applied, {@link RaftException.OutcomeUnknown} where an earlier try may have been.
     */
    Mono<Applied<R>> propose(C command);

    /** Ends the session; its commands are forgotten. Closing what is closed or expired completes. */
    Mono<Void> close();
}
