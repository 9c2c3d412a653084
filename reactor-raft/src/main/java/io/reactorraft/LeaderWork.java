package io.reactorraft;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;

/**
 * What runs only while this node leads. Begun and cancelled on the signal worker, ahead of what {@link
 * RaftNode#leadership} shows: {@code cancel()} has returned before anybody sees FOLLOWER.
 *
 * <p>What the work emits arrives where the work emits it.
 */
final class LeaderWork {
    private static final long NOT_LEADING = -1;

    private final MemberDirectory members;
    private final Flux<Leadership> terms;

    LeaderWork(LeadershipBroadcaster broadcaster, MemberDirectory members) {
        this.members = members;
        // One change a leadership: gained, lost, and gained again in another term even where nobody saw the loss.
        this.terms = broadcaster
                .ahead()
                .distinctUntilChanged(seen -> seen.leading() ? (Long) seen.term() : (Long) NOT_LEADING);
    }

    <T> Flux<T> whileLeader(Function<? super Leadership, ? extends Publisher<? extends T>> work) {
        return terms.switchMap(seen -> seen.leading() ? Flux.from(work.apply(seen)) : Flux.empty());
    }

    <T> Mono<T> leaderOnly(Function<? super Leadership, ? extends Mono<? extends T>> work) {
        return Mono.defer(() -> {
            AtomicBoolean begun = new AtomicBoolean();
            Flux<Signal<T>> told = terms.switchMap(seen -> {
                if (begun.getAndSet(true)) {
                    return Flux.error(new RaftException.OutcomeUnknown(
                            "leadership was lost and the work cancelled; what it had begun may have taken effect"));
                }
                return seen.leading() ? Flux.<T>from(work.apply(seen)).materialize() : Flux.error(notLeader(seen));
            });
            return told.takeUntil(signal -> !signal.isOnNext())
                    .<T>dematerialize()
                    .singleOrEmpty();
        });
    }

    private RaftException.NotLeader notLeader(Leadership seen) {
        String leader = seen.leaderId();
        return leader == null
                ? new RaftException.NotLeader("this node does not lead, and nobody is known to", null)
                : new RaftException.NotLeader("this node does not lead; " + leader + " does", members.find(leader));
    }
}
