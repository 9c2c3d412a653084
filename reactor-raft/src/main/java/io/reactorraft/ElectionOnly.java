package io.reactorraft;

import java.nio.ByteBuffer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The state machine of a node that only takes part in elections: there is nothing to propose to it. */
final class ElectionOnly implements StateMachine<Void, Void> {

    private static final Codec<Void> NOTHING = Codec.of(
            value -> {
                throw new RaftException.Rejected("this node was built without a state machine: it takes no commands");
            },
            bytes -> {
                throw new RaftException.Rejected("this node was built without a state machine: it takes no commands");
            });

    @Override
    public Codec<Void> commandCodec() {
        return NOTHING;
    }

    @Override
    public Codec<Void> resultCodec() {
        return NOTHING;
    }

    @Override
    public Void apply(Committed<Void> entry) {
        throw new RaftException.Rejected("this node was built without a state machine: it takes no commands");
    }

    @Override
    public Flux<ByteBuffer> snapshot() {
        return Flux.empty();
    }

    @Override
    public Mono<Void> restore(Flux<ByteBuffer> snapshot) {
        return snapshot.then();
    }
}
