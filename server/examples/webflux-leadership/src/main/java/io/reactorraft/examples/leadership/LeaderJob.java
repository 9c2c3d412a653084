package io.reactorraft.examples.leadership;

import io.reactorraft.Leadership;
import io.reactorraft.RaftNode;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** A job that one instance does at a time: whichever leads. */
@Component
class LeaderJob {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderJob.class);
    private static final Duration PERIOD = Duration.ofMillis(200);
    private static final Standing IDLE = new Standing(false, 0, 0);

    private final AtomicReference<Standing> standing = new AtomicReference<>(IDLE);

    /** What the job of this instance is at. {@code term}: of the leadership it works, or last worked, for. */
    record Standing(boolean running, long term, long rounds) {
        Standing worked(long leadership) {
            return running && term == leadership ? new Standing(true, term, rounds + 1) : this;
        }

        Standing ended() {
            return new Standing(false, term, rounds);
        }
    }

    /** Begins with the member: its stop ends the stream, and with it the job. */
    LeaderJob(RaftNode<Long, Long> node) {
        node.whileLeader(this::job)
                .retryWhen(Retry.backoff(Long.MAX_VALUE, Duration.ofSeconds(1))) // a failed job begins again
                .subscribe(round -> {}, error -> LOG.error("the job ended", error));
    }

    Standing standing() {
        return Objects.requireNonNull(standing.get());
    }

    private Flux<Long> job(Leadership leadership) {
        return Flux.interval(Duration.ZERO, PERIOD)
                .onBackpressureDrop()
                .concatMap(round -> work(leadership.term(), round))
                .doOnSubscribe(subscription -> {
                    standing.set(new Standing(true, leadership.term(), 0));
                    LOG.info("the job begins, in term {}", leadership.term());
                })
                .doFinally(signal -> {
                    standing.updateAndGet(Standing::ended);
                    LOG.info("the job ends, of term {}", leadership.term());
                });
    }

    /** Here an application would do something outside, and hand the term along, so that an older one is refused there. */
    private Mono<Long> work(long term, long round) {
        return Mono.fromSupplier(() -> {
            standing.updateAndGet(now -> now.worked(term)); // a round that outlives its leadership counts for nothing
            return round;
        });
    }
}
