package io.reactorraft.server.api;

import com.google.protobuf.ByteString;
import io.reactorraft.Consistency;
import io.reactorraft.Leadership;
import io.reactorraft.Member;
import io.reactorraft.RaftException;
import io.reactorraft.SnapshotMeta;
import io.reactorraft.server.backup.BackupStream;
import io.reactorraft.server.kv.Commands;
import io.reactorraft.server.kv.IdempotencyKey;
import io.reactorraft.server.kv.Key;
import io.reactorraft.server.kv.StoreSettings;
import io.reactorraft.server.kv.StoreView;
import io.reactorraft.server.kv.WatchEvent;
import io.reactorraft.server.kv.proto.Command;
import io.reactorraft.server.kv.proto.Result;
import io.reactorraft.server.kv.proto.Settings;
import io.reactorraft.server.kv.proto.SettingsChange;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * What may be asked of a replica, on whichever face. Fails with a {@link Problem}, or with an error that {@link Problems}
 * knows; within the time it is given.
 */
public final class Operations {

    /** A full table of idempotency keys empties with the log's time; until then a retry is of no use. */
    private static final Duration TABLE_FULL_RETRY = Duration.ofSeconds(5);

    /** A node that is asked for changes it does not have yet gets this long to hear of them before it answers. */
    private static final Duration CATCH_UP = Duration.ofSeconds(1);

    private Operations() {}

    /**
     * Which state a read is about.
     *
     * @param revision null: the latest
     */
    public record At(Consistency consistency, @Nullable Long revision) {}

    /** The key of this text, which is checked. */
    public static Key key(byte[] bytes) {
        try {
            return Key.of(bytes);
        } catch (IllegalArgumentException refused) {
            throw Problem.invalid("key", String.valueOf(refused.getMessage()));
        }
    }

    /** How fresh a read has to be; linearizable unless said. */
    public static Consistency consistency(@Nullable String asked) {
        if (asked == null) {
            return Consistency.LINEARIZABLE;
        }
        for (Consistency each : Consistency.values()) {
            if (each.name().toLowerCase(Locale.ROOT).equals(asked)) {
                return each;
            }
        }
        throw Problem.invalid("consistency", "'" + asked + "' is not linearizable, lease or stale");
    }

    /** The change, to be made once, where a key is given. */
    public static Command once(@Nullable String idempotencyKey, Command change) {
        if (idempotencyKey == null) {
            return change;
        }
        try {
            return Commands.once(IdempotencyKey.parse(idempotencyKey), change);
        } catch (IllegalArgumentException refused) {
            throw Problem.invalid("Idempotency-Key", String.valueOf(refused.getMessage()));
        }
    }

    /** The store, as fresh or as old as asked for. */
    public static Mono<StoreView> view(Replica replica, At at, Duration timeout) {
        Long revision = at.revision();
        return replica.node()
                .read(
                        at.consistency(),
                        () -> revision == null
                                ? replica.store().view()
                                : replica.store().view(revision))
                .timeout(timeout, late("the read"));
    }

    /** Makes a change, and answers what came of it where anything did. */
    public static Mono<Result> change(Replica replica, Command command, Duration timeout) {
        return replica.node()
                .propose(command)
                .timeout(timeout, late("the change"))
                .map(applied -> done(applied.result()));
    }

    private static Result done(Result result) {
        switch (result.getOutcome()) {
            case DONE -> {
                return result;
            }
            case CONDITION_FAILED -> throw Problem.precondition(result.getRevision());
            case OVER_QUOTA ->
                throw Problem.of(
                        ProblemType.QUOTA,
                        "the store has reached its quota: delete keys, or raise it with raft-server settings quota=SIZE");
            case IDEMPOTENCY_KEY_REUSED ->
                throw Problem.at(
                        ProblemType.IDEMPOTENCY_KEY_REUSED,
                        "Idempotency-Key",
                        "the key was used for another change: take a new one for each");
            case IDEMPOTENCY_KEY_EXPIRED ->
                throw Problem.at(
                        ProblemType.IDEMPOTENCY_KEY_EXPIRED,
                        "Idempotency-Key",
                        "the key is older than the window: whether its change was made is forgotten, so look first");
            case IDEMPOTENCY_KEY_AHEAD ->
                throw Problem.invalid(
                        "Idempotency-Key", "the key's time is further ahead than the window: set the client's clock");
            case IDEMPOTENCY_TABLE_FULL ->
                throw Problem.overloaded(
                        "no more idempotency keys can be remembered for now: come back, or raise the quota",
                        TABLE_FULL_RETRY);
            case SETTING_REFUSED -> throw Problem.invalid(result.getField(), result.getDetail());
            default -> throw new IllegalStateException("an outcome of a later version: " + result.getOutcomeValue());
        }
    }

    /** What the store depends on, now. */
    public static Mono<Settings> settings(Replica replica, Duration timeout) {
        return replica.node()
                .read(Consistency.LINEARIZABLE, () -> replica.store().settings())
                .timeout(timeout, late("the read"));
    }

    /** Sets what is present, and answers all that holds from then on. */
    public static Mono<Settings> set(Replica replica, SettingsChange change, Duration timeout) {
        StoreSettings.Refusal refusal = StoreSettings.refusal(replica.store().settings(), change);
        if (refusal != null) {
            return Mono.error(Problem.invalid(refusal.field(), refusal.detail()));
        }
        return change(replica, Commands.set(change), timeout).then(settings(replica, timeout));
    }

    /** Has the members change; what is not done in time goes on by itself. */
    public static Mono<List<Member>> change(Mono<List<Member>> members, Duration timeout) {
        return members.timeout(timeout, late("the change of the members"));
    }

    /** Hands leadership over; completes once that member is seen to lead. */
    public static Mono<Leadership> transfer(Replica replica, String toId, Duration timeout) {
        return replica.node()
                .transferLeadership(toId)
                .onErrorMap(
                        RaftException.Rejected.class,
                        refused -> Problem.at(ProblemType.REFUSED, "to", String.valueOf(refused.getMessage())))
                .timeout(timeout, late("the transfer"));
    }

    /** All of the store, as it is at one revision that holds everything acknowledged before; the stream may take its time. */
    public static Mono<Flux<ByteBuffer>> backup(Replica replica, long nowMillis, Duration timeout) {
        return replica.node()
                .read(
                        Consistency.LINEARIZABLE,
                        () -> BackupStream.of(
                                BackupStream.header(
                                        replica.clusterId(), replica.store().revision(), nowMillis),
                                replica.store().snapshot()))
                .timeout(timeout, late("the backup"));
    }

    /** Takes a snapshot of this replica's state now. */
    public static Mono<SnapshotMeta> snapshot(Replica replica, Duration timeout) {
        return replica.node()
                .snapshot()
                .timeout(
                        timeout,
                        Mono.error(() -> Problem.of(
                                ProblemType.TIMEOUT,
                                "the snapshot is not done yet; it goes on, and asking again tells of it")));
    }

    private static <T> Mono<T> late(String what) {
        return Mono.error(() -> new TimeoutException(what + " was not done within the request timeout"));
    }

    /**
     * Checks that a watch from this revision on can be served, as far as it can be told at once: forgotten changes are a
     * {@link Problem}, and so is a revision that the leader does not know either. A replica that is merely behind, or cannot
     * ask a leader, serves the watch once it gets there.
     */
    public static Mono<Void> checkWatch(Replica replica, long from) {
        return Mono.defer(() -> {
            if (from != 0 && !replica.watches().reaches(from)) {
                return Mono.error(Problem.at(
                        ProblemType.COMPACTED,
                        "from",
                        "changes up to revision " + replica.store().compactedRevision() + " are forgotten: read anew"));
            }
            return isAhead(replica, from) ? refuseAhead(replica, from) : Mono.empty();
        });
    }

    /** Only whoever is caught up knows that a revision was never made. */
    private static Mono<Void> refuseAhead(Replica replica, long from) {
        return caughtUp(replica)
                .timeout(CATCH_UP)
                .filter(index -> isAhead(replica, from))
                .flatMap(index -> Mono.<Void>error(Problem.at(
                        ProblemType.REVISION_AHEAD,
                        "from",
                        "the latest revision is " + replica.store().revision() + ": read anew")))
                .onErrorResume(error -> error instanceof Problem ? Mono.error(error) : Mono.empty());
    }

    private static Mono<Long> caughtUp(Replica replica) {
        return replica.node().readIndex(Consistency.LINEARIZABLE);
    }

    private static boolean isAhead(Replica replica, long from) {
        return from > replica.store().revision() + 1;
    }

    /**
     * Changes of keys that begin with {@code prefix}, from the revision {@code from} on; 0: from now on. Completes where it
     * turns out that there is no such revision, so that the client asks again and is told.
     */
    public static Flux<WatchEvent> watch(Replica replica, ByteString prefix, long from) {
        Flux<WatchEvent> events = replica.watches().watch(prefix, from);
        if (!isAhead(replica, from)) {
            return events;
        }
        Mono<Long> neverMade = caughtUp(replica)
                .retryWhen(Retry.fixedDelay(Long.MAX_VALUE, CATCH_UP))
                .filter(index -> isAhead(replica, from))
                .switchIfEmpty(Mono.never());
        return events.takeUntilOther(neverMade);
    }
}
