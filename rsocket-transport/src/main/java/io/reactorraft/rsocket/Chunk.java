package io.reactorraft.rsocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import reactor.core.publisher.Flux;

/**
 * What one payload of a snapshot holds: whole buffers, each behind its length in four bytes, so that they are given to
 * the receiver as they were emitted. Small buffers travel together; one that fills a chunk by itself travels alone.
 */
final class Chunk {

    /** A chunk takes no further buffer from this size on. */
    static final int FULL_BYTES = 64 << 10;

    /** A chunk takes no further buffer from this number on. */
    static final int FULL_BUFFERS = 1_024;

    private Chunk() {}

    /** The buffers in chunks, in their order. Each buffer is copied as it comes. */
    static Flux<List<ByteBuffer>> chunks(Flux<ByteBuffer> content, int maxBufferBytes) {
        return Flux.defer(() -> {
            Filling filling = new Filling();
            return content.map(buffer -> copy(buffer, maxBufferBytes)).bufferUntil(filling::isFullWith);
        });
    }

    private static ByteBuffer copy(ByteBuffer buffer, int maxBufferBytes) {
        if (buffer.remaining() > maxBufferBytes) {
            throw new IllegalArgumentException("a buffer of the snapshot has " + buffer.remaining()
                    + " bytes, more than maxMessageBytes=" + maxBufferBytes);
        }
        return ByteBuffer.allocate(buffer.remaining()).put(buffer.duplicate()).flip();
    }

    static ByteBuf encode(List<ByteBuffer> buffers) {
        int bytes = 0;
        for (ByteBuffer buffer : buffers) {
            bytes += Integer.BYTES + buffer.remaining();
        }
        ByteBuf chunk = Unpooled.buffer(bytes, bytes);
        for (ByteBuffer buffer : buffers) {
            chunk.writeInt(buffer.remaining()).writeBytes(buffer.duplicate());
        }
        return chunk;
    }

    /** The buffers, sharing the bytes of the chunk. */
    static List<ByteBuffer> decode(ByteBuffer chunk) {
        List<ByteBuffer> buffers = new ArrayList<>();
        while (chunk.hasRemaining()) {
            int length = chunk.remaining() < Integer.BYTES ? -1 : chunk.getInt();
            if (length < 0 || length > chunk.remaining()) {
                throw new HostilePeerException(
                        HostilePeerException.Kind.PAYLOAD, "sent a chunk whose buffers do not fit into it");
            }
            buffers.add(chunk.slice(chunk.position(), length));
            chunk.position(chunk.position() + length);
        }
        return buffers;
    }

    /** How much is in the chunk that is being filled. One for each subscription. */
    private static final class Filling {
        private int bytes;
        private int buffers;

        boolean isFullWith(ByteBuffer buffer) {
            bytes += buffer.remaining();
            buffers++;
            boolean full = bytes >= FULL_BYTES || buffers >= FULL_BUFFERS;
            if (full) {
                bytes = 0;
                buffers = 0;
            }
            return full;
        }
    }
}
