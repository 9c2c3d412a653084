package io.reactorraft.server.kv;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.reactorraft.Codec;
import io.reactorraft.Committed;
import io.reactorraft.StateMachine;
import io.reactorraft.server.kv.proto.Command;
import io.reactorraft.server.kv.proto.Condition;
import io.reactorraft.server.kv.proto.HashReports;
import io.reactorraft.server.kv.proto.Result;
import io.reactorraft.server.kv.proto.Result.Outcome;
import io.reactorraft.server.kv.proto.Settings;
import io.reactorraft.server.kv.proto.SettingsChange;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The replicated store: keys with values, and a revision that counts changes. Whatever does not come about, a condition
 * that fails or a full store, is a result like any other, for it must come out alike on every replica.
 *
 * <p>Lives on the node's apply thread, as {@link StateMachine} says; {@link #view} and {@link #settings} too, so ask them
 * through {@link io.reactorraft.RaftNode#read}. What they answer is immutable and may leave that thread. What may be asked
 * on any thread says so.
 */
public final class KeyValueStore implements StateMachine<Command, Result> {

    private static final Codec<Command> COMMANDS = codec(Command.parser());
    private static final Codec<Result> RESULTS = codec(Result.parser());

    private final Contents contents = new Contents();
    private final Retries retries = new Retries();
    private final Hashes hashes = new Hashes();
    private volatile Settings settings = StoreSettings.AT_FIRST;
    private volatile Runnable listener = () -> {};

    /** Is told, on the apply thread, that {@link #history} went on; it must be quick. Set before the node starts. */
    void onChange(Runnable told) {
        listener = told;
    }

    /** The changes that are kept, to be followed on any thread. */
    History history() {
        return contents.history();
    }

    /** The store as it is. */
    public StoreView view() {
        return new StoreView(contents.revision(), contents.tree());
    }

    /**
     * The store as it was.
     *
     * @throws RevisionException where that revision is forgotten, or not yet made
     */
    public StoreView view(long revision) {
        return new StoreView(revision, contents.at(revision));
    }

    /** What applying depends on. Any thread. */
    public Settings settings() {
        return settings;
    }

    /** How many changes the store has seen. Any thread. */
    public long revision() {
        return contents.revision();
    }

    /** The oldest revision that can be read; watches resume behind it. Any thread. */
    public long compactedRevision() {
        return contents.history().compacted();
    }

    /** What counts against the quota. Any thread. */
    public long bytes() {
        return contents.bytes();
    }

    /** How many results are remembered for retries. Any thread; a moment old. */
    public int remembered() {
        return retries.size();
    }

    /** Whose state was found to differ from that of others; null: nobody's. Any thread. */
    public @Nullable Divergence divergence() {
        return hashes.divergence();
    }

    /** What this replica noted when an entry last asked for its hash; null: nothing since it started. */
    public @Nullable Command hashReport(String member) {
        return hashes.noted() == 0 ? null : Commands.hashReport(member, hashes.index(), hashes.noted());
    }

    /** The hash of all that a snapshot holds; equal on replicas that applied the same entries. */
    public long hash() {
        return contents.history().hash()
                + retries.hash()
                + hashes.hash()
                + Snapshots.hash(contents.revision(), contents.history().compacted(), settings);
    }

    @Override
    public Codec<Command> commandCodec() {
        return COMMANDS;
    }

    @Override
    public Codec<Result> resultCodec() {
        return RESULTS;
    }

    @Override
    public Result apply(Committed<Command> entry) {
        long now = entry.time().toEpochMilli();
        retries.forget(now, settings.getIdempotencyWindowMillis());
        Command command = entry.command();
        return switch (command.getChangeCase()) {
            case PUT, DELETE -> command.getIdempotencyKey().isEmpty() ? change(entry) : once(entry, now);
            case SETTINGS -> set(entry, command.getSettings());
            case HASH_REQUEST -> {
                hashes.requested(entry.index(), hash());
                yield done(entry).build();
            }
            case HASH_REPORT -> {
                hashes.reported(command.getHashReport());
                yield done(entry).build();
            }
            // Not Rejected: another replica may know it, and then the two would differ from here on.
            default ->
                throw new IllegalStateException("the entry at index " + entry.index()
                        + " is a command that this version does not know: run the version of the other members");
        };
    }

    /** A change that may be a retry: known ones are answered before their conditions are looked at. */
    private Result once(Committed<Command> entry, long now) {
        Result answer = retries.answer(
                entry.command(), now, settings.getIdempotencyWindowMillis(), StoreSettings.maxRemembered(settings));
        if (answer != null) {
            return answer;
        }
        Result result = change(entry);
        if (result.getOutcome() != Outcome.OVER_QUOTA) { // nothing came of it, and it is worth another try
            retries.remember(entry.command(), result, now);
        }
        return result;
    }

    private Result change(Committed<Command> entry) {
        Command command = entry.command();
        ByteString key = command.hasPut()
                ? command.getPut().getKey()
                : command.getDelete().getKey();
        byte[] keyBytes = key.toByteArray();
        Versioned current = contents.get(keyBytes);
        if (!holds(command.getCondition(), current)) {
            return Result.newBuilder()
                    .setOutcome(Outcome.CONDITION_FAILED)
                    .setRevision(current == null ? 0 : current.revision())
                    .build();
        }
        if (command.hasPut()) {
            ByteString value = command.getPut().getValue();
            long growth = contents.growth(keyBytes, value);
            if (growth > 0 && contents.bytes() + growth > settings.getQuotaBytes()) {
                return Result.newBuilder().setOutcome(Outcome.OVER_QUOTA).build();
            }
            changed(key, value);
            return done(entry).build();
        }
        if (current != null) {
            changed(key, null);
        }
        return done(entry).setDeleted(current == null ? 0 : 1).build();
    }

    private void changed(ByteString key, @Nullable ByteString value) {
        contents.change(key, value);
        trim();
        listener.run();
    }

    private void trim() {
        contents.history().trim(settings.getHistory(), StoreSettings.maxHistoryBytes(settings));
    }

    private static boolean holds(Condition condition, @Nullable Versioned current) {
        return switch (condition.getKind()) {
            case NONE -> true;
            case ABSENT -> current == null;
            case PRESENT -> current != null;
            case REVISION -> current != null && condition.getRevisionsList().contains(current.revision());
            default ->
                throw new IllegalStateException("condition " + condition.getKindValue()
                        + " is unknown to this version: run the version of the other members");
        };
    }

    private Result set(Committed<Command> entry, SettingsChange change) {
        StoreSettings.Refusal refusal = StoreSettings.refusal(settings, change);
        if (refusal != null) {
            return Result.newBuilder()
                    .setOutcome(Outcome.SETTING_REFUSED)
                    .setField(refusal.field())
                    .setDetail(refusal.detail())
                    .build();
        }
        settings = StoreSettings.changed(settings, change);
        trim();
        return done(entry).build();
    }

    private Result.Builder done(Committed<Command> entry) {
        return Result.newBuilder()
                .setRevision(contents.revision())
                .setTerm(entry.term())
                .setIndex(entry.index());
    }

    @Override
    public Flux<ByteBuffer> snapshot() {
        return Snapshots.write(new Snapshots.Capture(
                contents.history().oldest(),
                contents.history().capture(),
                retries.remembered(),
                Snapshots.header(contents, retries)
                        .setSettings(settings)
                        .setHashReports(hashes.reports())
                        .setHash(hash())
                        .build()));
    }

    /** Discards first, so that no two states are in memory; one that is damaged leaves a store that is not to be used. */
    @Override
    public Mono<Void> restore(Flux<ByteBuffer> snapshot) {
        return Mono.defer(() -> {
            contents.reset(0, SortedTree.empty(), 0, 0);
            retries.reset(-1);
            Snapshots.Loader loader = new Snapshots.Loader(contents, retries);
            return snapshot.doOnNext(loader::add).then(Mono.fromRunnable(() -> {
                settings = loader.whole().getSettings();
                hashes.restore(loader.whole().getHashReports());
                loader.requireHash(hash());
                listener.run();
            }));
        });
    }

    /**
     * Has what was restored be the beginning of another time line: whoever saw revisions that are not in it sees none of
     * them again, because they go on so much further, and all before counts as compacted. Before any node has the store.
     */
    public void leap(long revisions) {
        contents.history().trim(0, 0);
        contents.history().skip(revisions);
        hashes.restore(HashReports.getDefaultInstance());
    }

    private static <M extends MessageLite> Codec<M> codec(Parser<M> parser) {
        return Codec.of(message -> ByteBuffer.wrap(message.toByteArray()), bytes -> {
            try {
                return parser.parseFrom(bytes);
            } catch (InvalidProtocolBufferException damaged) {
                throw new UncheckedIOException(
                        "a command or result that cannot be read: " + damaged.getMessage(), damaged);
            }
        });
    }
}
