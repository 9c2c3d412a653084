package io.reactorraft.examples.leadership;

import io.reactorraft.Codec;
import io.reactorraft.Committed;
import io.reactorraft.RaftException;
import io.reactorraft.StateMachine;
import java.nio.ByteBuffer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The state that all instances share: a number that only grows. */
final class Counter implements StateMachine<Long, Long> {
    private long value;

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
        if (entry.command() < 0) {
            throw new RaftException.Rejected("the counter only grows");
        }
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
