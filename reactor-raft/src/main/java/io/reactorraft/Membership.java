package io.reactorraft;

import java.util.Collection;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Who belongs to the group, how they are, and how that changes (§6).
 *
 * <p>A change may be asked for at any member. It becomes the group's target, which whoever leads goes towards by itself: new
 * members first learn, and get their vote, in one joint step with everything else that concerns votes, once they have caught
 * up. So a change that is not done in time is not lost: it goes on, and asking again tells of it. Changes that are asked for
 * meanwhile build on it.
 *
 * <p>Errors: {@link RaftException.Rejected} with {@link RaftException.Rejected#membership}, and nothing has changed; {@link
 * RaftException.OutcomeUnknown} where it is not done within {@link RaftConfig#requestTimeout}, or the leader was lost;
 * {@link RaftException.NotLeader}, {@link RaftException.Overloaded}, {@link RaftException.Stopped}. A change after which no
 * majority of the voters could be reached is refused.
 */
public interface Membership {

    /** The members as applied here. Any thread. */
    List<Member> members();

    /**
     * Every member, this node included, and what this node knows of each: hot, the latest first, then where something
     * changed, at once if it is leadership and else about twice an election timeout; who is slow sees the latest alone.
     * Completes when the node ends; never fails.
     */
    Flux<List<Peer>> peers();

    /**
     * Adds a member, or has the one of this id be as it is given: moved to another address, promoted, demoted. A new voter
     * learns until it has caught up: this completes once it learns.
     */
    Mono<List<Member>> add(Member member);

    /** Gives a learner its vote, once it has caught up. */
    Mono<List<Member>> promote(String id);

    /** Removes a member; who is none needs no removal. Its id may be added again, its data directory never comes back. */
    Mono<List<Member>> remove(String id);

    /**
     * As {@link #remove(String)}, where the member has this very data directory: asked again once the id has come back with
     * another one, it changes nothing.
     *
     * @param dataId as {@link #dataId} tells it
     */
    Mono<List<Member>> remove(String id, String dataId);

    /**
     * Expects the member, whose disk was lost, to come back with an empty one under the same id and address. Completes once
     * the old one counts no more.
     */
    Mono<List<Member>> replace(String id);

    /**
     * As {@link #replace(String)}, of this very data directory: asked again once another one is known, it changes nothing.
     *
     * @param dataId as {@link #dataId} tells it
     */
    Mono<List<Member>> replace(String id, String dataId);

    /**
     * By which data directory the group knows the member, as applied here: hexadecimal; empty: there is no such member, or
     * it has not been met yet. Any thread.
     */
    String dataId(String id);

    /** Has the group be exactly these, by as many steps as it takes. A newer target takes the place of an older one. */
    Mono<List<Member>> reconcile(Collection<Member> target);
}
