package io.reactorraft.server;

import io.reactorraft.Role;
import io.reactorraft.server.api.Replica;
import io.reactorraft.server.kv.Commands;
import io.reactorraft.server.kv.Divergence;
import io.reactorraft.server.kv.proto.Command;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Has the replicas compare their states now and then: the leader asks by an entry of the log, every member reports what it
 * noted there, and whoever differs is named by all. A quiet store is not asked about twice.
 */
final class ReplicaCheck {

    private static final Logger LOG = LoggerFactory.getLogger(ReplicaCheck.class);

    /** Between two questions of a leader. */
    static final Duration INTERVAL = Duration.ofMinutes(1);

    /** Between two looks of a member at whether it was asked. */
    private static final Duration LOOK = Duration.ofSeconds(5);

    private final Replica replica;
    private long askedAtRevision = -1;
    private long reportedIndex = -1;
    private @Nullable Divergence told;

    private ReplicaCheck(Replica replica) {
        this.replica = replica;
    }

    /** Until it is cancelled; never fails. A question or report that does not get through is made again. */
    static Mono<Void> run(Replica replica, Scheduler scheduler) {
        ReplicaCheck check = new ReplicaCheck(replica);
        Flux<Void> asking = Flux.interval(INTERVAL, scheduler)
                .onBackpressureDrop()
                .concatMap(tick -> check.ask().onErrorComplete(), 1);
        Flux<Void> reporting = Flux.interval(LOOK, scheduler)
                .onBackpressureDrop()
                .concatMap(tick -> check.report().onErrorComplete(), 1);
        return Flux.merge(asking, reporting).then().onErrorComplete(); // stopped before it began
    }

    /** Where this member leads, and the store moved since it last asked. */
    private Mono<Void> ask() {
        long revision = replica.store().revision();
        boolean leads = replica.node().status().leadership().role() == Role.LEADER;
        if (!leads || revision == askedAtRevision) {
            return Mono.empty();
        }
        return replica.node()
                .propose(Commands.requestHashes())
                .doOnNext(applied -> askedAtRevision = revision)
                .then();
    }

    /** Where it was asked for and not yet reported. */
    private Mono<Void> report() {
        tell();
        return replica.node()
                .read(
                        io.reactorraft.Consistency.STALE,
                        () -> replica.store().hashReport(replica.node().id()))
                .filter(report -> report.getHashReport().getIndex() != reportedIndex)
                .flatMap(this::report);
    }

    private Mono<Void> report(Command report) {
        return replica.node()
                .propose(report)
                .doOnNext(applied -> reportedIndex = report.getHashReport().getIndex())
                .then();
    }

    private void tell() {
        Divergence found = replica.store().divergence();
        if (found != null && !found.equals(told)) {
            LOG.error(
                    "The states of the replicas differ at index {}: {} is not like the others; replace it",
                    found.index(),
                    String.join(", ", found.members()));
        }
        told = found;
    }
}
