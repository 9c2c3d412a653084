package io.reactorraft.server.kv;

import com.google.protobuf.ByteString;
import io.reactorraft.server.kv.proto.Command;
import io.reactorraft.server.kv.proto.Remembered;
import io.reactorraft.server.kv.proto.Result;
import io.reactorraft.server.kv.proto.Result.Outcome;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Answers a retry with what the first attempt came to. A result is remembered for a window of the log's time, never less,
 * and a full table refuses new keys.
 *
 * <p>Behind the window a key of its own time (UUID version 7) is told from a new one: it is older than the window, or no
 * younger than something forgotten, which holds even if the window was changed in between. So nothing is applied twice,
 * however late it comes. Other UUIDs have no time, and are new once forgotten.
 *
 * <p>Apply thread only, but for {@link #size}; a function of the log alone.
 */
final class Retries {

    private static final int REMEMBERED_DOMAIN = 4;
    private static final int FINGERPRINT_DOMAIN = 5;
    private static final Comparator<Remembered> SOONEST_FORGOTTEN = Comparator.comparingLong(Remembered::getTimeMillis);

    private volatile SortedTree<Remembered> byKey = SortedTree.empty();
    private final PriorityQueue<Remembered> byTime = new PriorityQueue<>(SOONEST_FORGOTTEN);
    private long forgottenUntilMillis = -1;
    private long hash;

    /** How many results are remembered. Any thread. */
    int size() {
        return byKey.size();
    }

    /** What is remembered, in the order of keys; immutable. */
    SortedTree<Remembered> remembered() {
        return byKey;
    }

    /** The latest time of anything forgotten; -1: nothing was. */
    long forgottenUntilMillis() {
        return forgottenUntilMillis;
    }

    long hash() {
        return hash + Digest.of(REMEMBERED_DOMAIN).add(forgottenUntilMillis).value();
    }

    void reset(long forgottenUntil) {
        byKey = SortedTree.empty();
        byTime.clear();
        forgottenUntilMillis = forgottenUntil;
        hash = 0;
    }

    /** The log has come to {@code now}: forgets what is older than the window. */
    void forget(long now, long windowMillis) {
        Remembered oldest = byTime.peek();
        while (oldest != null && oldest.getTimeMillis() + windowMillis < now) {
            byTime.remove();
            byKey = byKey.without(oldest.getKey().toByteArray());
            hash -= hash(oldest);
            forgottenUntilMillis = Math.max(forgottenUntilMillis, oldest.getTimeMillis());
            oldest = byTime.peek();
        }
    }

    /** What to answer instead of applying the command, as of {@code now}; null: apply it. */
    @Nullable
    Result answer(Command command, long now, long windowMillis, long maxRemembered) {
        Remembered known = byKey.get(command.getIdempotencyKey().toByteArray());
        if (known != null) {
            return known.getFingerprint() == fingerprint(command)
                    ? known.getResult()
                    : refused(Outcome.IDEMPOTENCY_KEY_REUSED);
        }
        long made = IdempotencyKey.timeMillis(command.getIdempotencyKey());
        if (made >= 0 && (made + windowMillis < now || made <= forgottenUntilMillis)) {
            return refused(Outcome.IDEMPOTENCY_KEY_EXPIRED);
        }
        if (made > now + windowMillis) {
            return refused(Outcome.IDEMPOTENCY_KEY_AHEAD); // it would have to be remembered for too long
        }
        return size() >= maxRemembered ? refused(Outcome.IDEMPOTENCY_TABLE_FULL) : null;
    }

    private static Result refused(Outcome why) {
        return Result.newBuilder().setOutcome(why).build();
    }

    /** Remembers what the command came to at {@code now}. */
    void remember(Command command, Result result, long now) {
        ByteString key = command.getIdempotencyKey();
        add(Remembered.newBuilder()
                .setKey(key)
                .setFingerprint(fingerprint(command))
                .setTimeMillis(Math.max(now, IdempotencyKey.timeMillis(key)))
                .setResult(result)
                .build());
    }

    void add(Remembered remembered) {
        byKey = byKey.with(remembered.getKey().toByteArray(), remembered);
        byTime.add(remembered);
        hash += hash(remembered);
    }

    private static long hash(Remembered remembered) {
        Result result = remembered.getResult();
        return Digest.of(REMEMBERED_DOMAIN)
                .add(remembered.getKey())
                .add(remembered.getFingerprint())
                .add(remembered.getTimeMillis())
                .add(result.getOutcomeValue())
                .add(result.getRevision())
                .add(result.getDeleted())
                .add(result.getTerm())
                .add(result.getIndex())
                .value();
    }

    /** Equal for the same change under the same condition, so that a key that is used again for another is found out. */
    private static long fingerprint(Command command) {
        Digest digest =
                Digest.of(FINGERPRINT_DOMAIN).add(command.getChangeCase().getNumber());
        if (command.hasPut()) {
            digest.add(command.getPut().getKey()).add(command.getPut().getValue());
        } else {
            digest.add(command.getDelete().getKey());
        }
        digest.add(command.getCondition().getKindValue());
        command.getCondition().getRevisionsList().forEach(digest::add);
        return digest.value();
    }
}
