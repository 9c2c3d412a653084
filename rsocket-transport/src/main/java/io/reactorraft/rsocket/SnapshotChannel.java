package io.reactorraft.rsocket;

import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.Transport.Receiver;
import io.rsocket.Payload;
import io.rsocket.exceptions.ApplicationErrorException;
import io.rsocket.exceptions.RejectedException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Takes in a snapshot: its metadata first, its content after it, and the channel completes, which is what the sender
 * waits for, once the group has made it durable.
 */
final class SnapshotChannel {

    /** Chunks that are asked for ahead; more would only fill the sockets in between. */
    static final int PREFETCH = 16;

    private final Groups groups;

    SnapshotChannel(Groups groups) {
        this.groups = groups;
    }

    Flux<Payload> receive(Publisher<Payload> payloads) {
        return Flux.from(payloads)
                .limitRate(PREFETCH)
                .switchOnFirst((first, all) -> {
                    Payload head = first.get();
                    return head == null ? all : store(head, all.skip(1)).thenMany(Flux.<Payload>empty());
                })
                .onErrorMap(
                        error -> !(error instanceof RejectedException),
                        error -> new ApplicationErrorException(String.valueOf(error.getMessage()), error));
    }

    private Mono<Void> store(Payload head, Flux<Payload> rest) {
        SnapshotMetadata metadata;
        try {
            metadata = SnapshotMetadata.parseFrom(head.getData());
        } catch (InvalidProtocolBufferException e) {
            return discard(
                    rest,
                    new HostilePeerException(
                            HostilePeerException.Kind.PAYLOAD, "sent the undecodable metadata of a snapshot"));
        }
        @Nullable Receiver receiver = groups.find(metadata.getGroupId());
        if (receiver == null) {
            return discard(rest, new RejectedException("no group '" + metadata.getGroupId() + "' is here"));
        }
        Flux<ByteBuffer> content = rest.concatMapIterable(payload -> Chunk.decode(payload.getData()), 1);
        return receiver.snapshot(metadata, content);
    }

    /** The rest has to be subscribed to before it can be refused. */
    private static Mono<Void> discard(Flux<Payload> rest, RuntimeException reason) {
        return rest.take(0).then(Mono.error(reason));
    }
}
