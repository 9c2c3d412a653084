package io.reactorraft.testkit;

import com.google.protobuf.ByteString;
import io.reactorraft.Codec;
import io.reactorraft.Committed;
import io.reactorraft.RaftException;
import io.reactorraft.StateMachine;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A user's state machine on one simulated node: numbers its commands, and reports what it applies. */
final class Replica<C, R> implements StateMachine<C, R> {
    private final String nodeId;
    private final StateMachine<C, R> machine;
    private final Safety safety;
    private final Outcomes outcomes;
    private final Story story;
    private final Codec<C> commands;
    private long decodedTag;
    private long lastIndex;

    Replica(String nodeId, StateMachine<C, R> machine, Safety safety, Outcomes outcomes, Story story) {
        this.nodeId = nodeId;
        this.machine = machine;
        this.safety = safety;
        this.outcomes = outcomes;
        this.story = story;
        this.commands = machine.commandCodec();
    }

    StateMachine<C, R> machine() {
        return machine;
    }

    /** The index of the last command applied; 0: none. */
    long lastIndex() {
        return lastIndex;
    }

    @Override
    public Codec<C> commandCodec() {
        return Codec.of(this::encode, this::decode);
    }

    private ByteBuffer encode(C command) {
        ByteBuffer bytes = commands.encode(command);
        return ByteBuffer.allocate(Long.BYTES + bytes.remaining())
                .putLong(outcomes.nextTag())
                .put(bytes)
                .flip();
    }

    private C decode(ByteBuffer bytes) {
        if (decodedTag != 0) {
            throw new IllegalStateException("a command was decoded and not applied before the next one was decoded");
        }
        decodedTag = bytes.getLong();
        return commands.decode(bytes.slice().asReadOnlyBuffer());
    }

    @Override
    public Codec<R> resultCodec() {
        return machine.resultCodec();
    }

    ByteString encoded(R result) {
        return ByteString.copyFrom(machine.resultCodec().encode(result));
    }

    @Override
    public R apply(Committed<C> entry) {
        long tag = decodedTag;
        decodedTag = 0;
        safety.applied(nodeId, entry.index(), entry.term());
        try {
            R result = machine.apply(entry);
            applied(entry, tag, encoded(result), false);
            return result;
        } catch (RaftException.Rejected rejected) {
            applied(entry, tag, ByteString.copyFromUtf8(String.valueOf(rejected.getMessage())), true);
            throw rejected;
        }
    }

    private void applied(Committed<C> entry, long tag, ByteString outcome, boolean rejected) {
        long previous = lastIndex;
        lastIndex = entry.index();
        story.tell(nodeId, lastIndex, tag, () -> "applies " + entry.index() + ": " + entry.command());
        outcomes.applied(nodeId, previous, new Outcomes.AppliedHere(lastIndex, entry.term(), tag, outcome, rejected));
    }

    @Override
    public Flux<ByteBuffer> snapshot() {
        ByteBuffer head = ByteBuffer.allocate(Long.BYTES).putLong(lastIndex).flip();
        return machine.snapshot().startWith(head);
    }

    @Override
    public Mono<Void> restore(Flux<ByteBuffer> snapshot) {
        AtomicBoolean headRead = new AtomicBoolean();
        return machine.restore(snapshot.filter(buffer -> {
            if (headRead.compareAndSet(false, true)) {
                lastIndex = buffer.getLong();
                return false;
            }
            return true;
        }));
    }

    @Override
    public int version() {
        return machine.version();
    }
}
