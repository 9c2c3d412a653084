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
import io.reactorraft.server.kv.proto.Result;
import io.reactorraft.server.kv.proto.Result.Outcome;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The replicated store: keys with values, and a revision that counts changes. A condition that fails is a result like
 * any other, for it must come out alike on every replica.
 *
 * <p>Lives on the node's apply thread, as {@link StateMachine} says; {@link #get} and {@link #revision} too, so ask them
 * through {@link io.reactorraft.RaftNode#read}. What they answer is immutable and may leave that thread.
 */
public final class KeyValueStore implements StateMachine<Command, Result> {

    private static final Codec<Command> COMMANDS = codec(Command.parser());
    private static final Codec<Result> RESULTS = codec(Result.parser());

    private SortedTree<Versioned> tree = SortedTree.empty();
    private long revision;

    /** The key's value; null where it has none. */
    public @Nullable Versioned get(Key key) {
        return tree.get(key.bytes());
    }

    /** How many changes the store has seen. */
    public long revision() {
        return revision;
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
        Command command = entry.command();
        return switch (command.getChangeCase()) {
            case PUT ->
                put(command.getPut().getKey().toByteArray(), command.getPut().getValue(), command);
            case DELETE -> delete(command.getDelete().getKey().toByteArray(), command);
            // Not Rejected: another replica may know it, and then the two would differ from here on.
            default ->
                throw new IllegalStateException("the entry at index " + entry.index()
                        + " is a command that this version does not know: run the version of the other members");
        };
    }

    private Result put(byte[] key, ByteString value, Command command) {
        Versioned current = tree.get(key);
        if (!holds(command.getCondition(), current)) {
            return conditionFailed(current);
        }
        revision++;
        tree = tree.with(key, new Versioned(value, revision));
        return done(0);
    }

    private Result delete(byte[] key, Command command) {
        Versioned current = tree.get(key);
        if (!holds(command.getCondition(), current)) {
            return conditionFailed(current);
        }
        if (current == null) {
            return done(0);
        }
        revision++;
        tree = tree.without(key);
        return done(1);
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

    private Result done(int deleted) {
        return Result.newBuilder().setRevision(revision).setDeleted(deleted).build();
    }

    private static Result conditionFailed(@Nullable Versioned current) {
        return Result.newBuilder()
                .setOutcome(Outcome.CONDITION_FAILED)
                .setRevision(current == null ? 0 : current.revision())
                .build();
    }

    @Override
    public Flux<ByteBuffer> snapshot() {
        return Snapshots.write(tree, revision);
    }

    @Override
    public Mono<Void> restore(Flux<ByteBuffer> snapshot) {
        return Mono.defer(() -> {
            Snapshots.Loader loader = new Snapshots.Loader();
            return snapshot.doOnNext(loader::add).then(Mono.fromRunnable(() -> {
                tree = loader.tree();
                revision = loader.revision();
            }));
        });
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
