package io.reactorraft.rsocket;

import io.rsocket.Payload;
import io.rsocket.util.DefaultPayload;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Where a request goes. Its metadata is one byte of {@link Kind} and the group's id in UTF-8, so that nobody needs to
 * look into the body to route it.
 */
record Route(Kind kind, String groupId) {

    private static final int MAX_GROUP_ID_BYTES = 1 << 10;

    static final Route HELLO = new Route(Kind.HELLO, "");
    static final Route PROBE = new Route(Kind.PROBE, "");
    static final Route SNAPSHOT = new Route(Kind.SNAPSHOT, "");

    /** The body is copied, so that the caller may go on using it. */
    Payload payload(ByteBuffer body) {
        byte[] group = groupId.getBytes(StandardCharsets.UTF_8);
        ByteBuffer metadata =
                ByteBuffer.allocate(1 + group.length).put(kind.code).put(group);
        ByteBuffer copy = ByteBuffer.allocate(body.remaining()).put(body.duplicate());
        return DefaultPayload.create(copy.flip(), metadata.flip());
    }

    static @Nullable Route of(Payload payload) {
        ByteBuffer metadata = payload.getMetadata();
        if (!metadata.hasRemaining() || metadata.remaining() > MAX_GROUP_ID_BYTES) {
            return null;
        }
        byte code = metadata.get();
        for (Kind kind : Kind.values()) {
            if (kind.code == code) {
                return new Route(kind, StandardCharsets.UTF_8.decode(metadata).toString());
            }
        }
        return null;
    }

    /** What is asked. */
    enum Kind {
        /** The verdict on who we said we are. */
        HELLO(1),
        /** Whatever the group makes of the body. */
        REQUEST(2),
        /** What time it is, and where the groups stand. */
        PROBE(3),
        /** From which chunk on a snapshot is to be sent on the channel of this connection. */
        SNAPSHOT(4);

        private final byte code;

        Kind(int code) {
            this.code = (byte) code;
        }
    }
}
