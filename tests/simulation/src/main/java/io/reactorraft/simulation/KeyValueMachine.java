package io.reactorraft.simulation;

import com.google.protobuf.ByteString;
import io.reactorraft.Codec;
import io.reactorraft.Committed;
import io.reactorraft.RaftException;
import io.reactorraft.StateMachine;
import io.reactorraft.testkit.KeyValueAnswer;
import io.reactorraft.testkit.KeyValueCall;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The key-value store that {@code explore} replicates: few keys, so that clients meet, and enough of them that a history
 * can be judged key by key.
 */
final class KeyValueMachine implements StateMachine<KeyValueCall, KeyValueAnswer> {
    private static final int KEYS = 12;
    private static final int VALUES = 6;

    /** Longer ones are refused, so that clients meet refusals, and streams end in the middle. */
    private static final int LONGEST_VALUE = 2;

    private final Map<String, String> store = new TreeMap<>();

    /** What clients propose: reads through the log, too. */
    static KeyValueCall command(RandomGenerator random) {
        String key = key(random);
        return switch (random.nextInt(6)) {
            case 0 -> KeyValueCall.get(key);
            case 1, 2 -> KeyValueCall.put(key, value(random));
            case 3 -> KeyValueCall.append(key, value(random));
            case 4 -> KeyValueCall.delete(key);
            default -> KeyValueCall.compareAndSet(key, random.nextBoolean() ? value(random) : null, value(random));
        };
    }

    /** What clients ask without the log. */
    static KeyValueCall query(RandomGenerator random) {
        return KeyValueCall.get(key(random));
    }

    /** Answers a query from this replica. */
    static KeyValueAnswer answer(StateMachine<KeyValueCall, KeyValueAnswer> machine, KeyValueCall query) {
        return KeyValueAnswer.found(((KeyValueMachine) machine).store.get(query.key()));
    }

    private static String key(RandomGenerator random) {
        return "k" + random.nextInt(KEYS);
    }

    private static String value(RandomGenerator random) {
        return Integer.toString(random.nextInt(VALUES));
    }

    @Override
    public Codec<KeyValueCall> commandCodec() {
        return Codec.of(
                call -> written(out -> {
                    out.writeUTF(call.kind().name());
                    out.writeUTF(call.key());
                    writeNullable(out, call.value());
                    writeNullable(out, call.expected());
                }),
                bytes -> {
                    try (DataInputStream in = reader(bytes)) {
                        return new KeyValueCall(
                                KeyValueCall.Kind.valueOf(in.readUTF()),
                                in.readUTF(),
                                readNullable(in),
                                readNullable(in));
                    } catch (IOException truncated) {
                        throw new UncheckedIOException("a command cannot be read", truncated);
                    }
                });
    }

    @Override
    public Codec<KeyValueAnswer> resultCodec() {
        return Codec.of(
                answer -> written(out -> {
                    out.writeBoolean(answer.done());
                    writeNullable(out, answer.value());
                }),
                bytes -> {
                    try (DataInputStream in = reader(bytes)) {
                        return new KeyValueAnswer(in.readBoolean(), readNullable(in));
                    } catch (IOException truncated) {
                        throw new UncheckedIOException("an answer cannot be read", truncated);
                    }
                });
    }

    @Override
    public KeyValueAnswer apply(Committed<KeyValueCall> entry) {
        KeyValueCall call = entry.command();
        @Nullable String old = store.get(call.key());
        String value = Objects.requireNonNullElse(call.value(), "");
        return switch (call.kind()) {
            case GET -> KeyValueAnswer.found(old);
            case PUT -> {
                store.put(call.key(), value);
                yield KeyValueAnswer.DONE;
            }
            case APPEND -> {
                String appended = Objects.requireNonNullElse(old, "") + value;
                if (appended.length() > LONGEST_VALUE) {
                    throw new RaftException.Rejected("'" + appended + "' is longer than " + LONGEST_VALUE);
                }
                store.put(call.key(), appended);
                yield KeyValueAnswer.DONE;
            }
            case DELETE -> store.remove(call.key()) == null ? KeyValueAnswer.NOTHING : KeyValueAnswer.DONE;
            case COMPARE_AND_SET -> {
                if (!Objects.equals(old, call.expected())) {
                    yield KeyValueAnswer.NOTHING;
                }
                store.put(call.key(), value);
                yield KeyValueAnswer.DONE;
            }
        };
    }

    @Override
    public Flux<ByteBuffer> snapshot() {
        return Flux.fromIterable(store.entrySet().stream()
                .map(each -> written(out -> {
                    out.writeUTF(each.getKey());
                    out.writeUTF(each.getValue());
                }))
                .toList());
    }

    @Override
    public Mono<Void> restore(Flux<ByteBuffer> snapshot) {
        store.clear();
        return snapshot.doOnNext(buffer -> {
                    try (DataInputStream in = reader(buffer)) {
                        store.put(in.readUTF(), in.readUTF());
                    } catch (IOException truncated) {
                        throw new UncheckedIOException("a snapshot cannot be read", truncated);
                    }
                })
                .then();
    }

    @FunctionalInterface
    private interface Writing {
        void to(DataOutputStream out) throws IOException;
    }

    private static ByteBuffer written(Writing writing) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            writing.to(out);
        } catch (IOException impossible) {
            throw new UncheckedIOException("memory does not fail", impossible);
        }
        return ByteBuffer.wrap(bytes.toByteArray());
    }

    private static DataInputStream reader(ByteBuffer bytes) {
        return new DataInputStream(
                new ByteArrayInputStream(ByteString.copyFrom(bytes).toByteArray()));
    }

    private static void writeNullable(DataOutputStream out, @Nullable String text) throws IOException {
        out.writeBoolean(text != null);
        if (text != null) {
            out.writeUTF(text);
        }
    }

    private static @Nullable String readNullable(DataInputStream in) throws IOException {
        return in.readBoolean() ? in.readUTF() : null;
    }
}
