package io.reactorraft.benchmarks;

import io.reactorraft.Codec;
import io.reactorraft.Committed;
import io.reactorraft.StateMachine;
import java.nio.ByteBuffer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The least a state machine can do: counts the commands and touches a byte of each, so that what is measured is
 * consensus. The result of a command is its number.
 */
final class CountingMachine implements StateMachine<byte[], Long> {
    private long count;
    private long sum;

    /** On the apply thread: how many commands there were. */
    long count() {
        return count;
    }

    @Override
    public Codec<byte[]> commandCodec() {
        return Codec.bytes();
    }

    @Override
    public Codec<Long> resultCodec() {
        return Codec.int64();
    }

    @Override
    public Long apply(Committed<byte[]> entry) {
        sum += entry.command()[0];
        return ++count;
    }

    @Override
    public Flux<ByteBuffer> snapshot() {
        return Flux.just(
                ByteBuffer.allocate(2 * Long.BYTES).putLong(count).putLong(sum).flip());
    }

    @Override
    public Mono<Void> restore(Flux<ByteBuffer> snapshot) {
        return snapshot.doOnNext(buffer -> {
                    count = buffer.getLong();
                    sum = buffer.getLong();
                })
                .then();
    }
}
