package io.reactorraft.integration;

import io.reactorraft.Codec;
import io.reactorraft.Committed;
import io.reactorraft.StateMachine;
import java.nio.ByteBuffer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Adds up. */
final class Sum implements StateMachine<Long, Long> {
    private long value;

    /** On the apply thread. */
    long value() {
        return value;
    }

    @Override
    public Codec<Long> commandCodec() {
        return Codec.int64();
    }

    @Override
    public Codec<Long> resultCodec() {
        return Codec.int64();
    }

    @Override
    public Long apply(Committed<Long> entry) {
        value += entry.command();
        return value;
    }

    @Override
    public Flux<ByteBuffer> snapshot() {
        return Flux.just(Codec.int64().encode(value));
    }

    @Override
    public Mono<Void> restore(Flux<ByteBuffer> snapshot) {
        return snapshot.doOnNext(buffer -> value = Codec.int64().decode(buffer)).then();
    }
}
