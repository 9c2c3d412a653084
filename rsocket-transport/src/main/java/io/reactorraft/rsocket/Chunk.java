package io.reactorraft.rsocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import reactor.core.publisher.Flux;

/**
 * What one payload of a snapshot holds: its number, a checksum, and buffers, each behind its length in four bytes, so that
 * they are given to the receiver as they were emitted. Small buffers travel together; a large one travels in pieces, one
 * a chunk, so that what is under way is bounded whatever the size of a buffer.
 *
 * @param number from 0, without a gap; that of the last one, which is empty, is how many there were
 * @param last whether nothing comes after it
 */
record Chunk(long number, boolean last, List<Piece> pieces) {

    /** A chunk takes nothing further from this size on, and no piece is larger. */
    static final int FULL_BYTES = 64 << 10;

    /** A chunk takes no further buffer from this number on. */
    static final int FULL_BUFFERS = 1_024;

    /** Bytes before the pieces: checksum, number, whether it is the last. */
    static final int HEAD_BYTES = Integer.BYTES + Long.BYTES + 1;

    private static final int MORE = 1 << 31;

    /**
     * A buffer, or a part of one.
     *
     * @param more whether the buffer goes on in the next chunk
     */
    record Piece(ByteBuffer bytes, boolean more) {}

    /**
     * The buffers in chunks, in their order, from a number on; the same content gives the same chunks. Each buffer is copied
     * as it comes.
     */
    static Flux<Chunk> chunks(Flux<ByteBuffer> content, long from, int maxBufferBytes) {
        return Flux.defer(() -> {
            Filling filling = new Filling();
            long[] count = {0};
            // Hidden, or the source would be fused, and on cancelling be read to its end to discard what is left.
            return content.hide()
                    .concatMapIterable(buffer -> pieces(buffer, maxBufferBytes), 1)
                    .bufferUntil(filling::isFullWith)
                    .map(pieces -> new Chunk(count[0]++, false, pieces))
                    .concatWith(Flux.defer(() -> Flux.just(new Chunk(count[0], true, List.of()))))
                    .skipUntil(chunk -> chunk.number() >= from);
        });
    }

    private static List<Piece> pieces(ByteBuffer buffer, int maxBufferBytes) {
        int size = buffer.remaining();
        if (size > maxBufferBytes) {
            throw new IllegalArgumentException(
                    "a buffer of the snapshot has " + size + " bytes, more than maxMessageBytes=" + maxBufferBytes);
        }
        ByteBuffer copy = ByteBuffer.allocate(size).put(buffer.duplicate()).flip();
        List<Piece> pieces = new ArrayList<>();
        do {
            int length = Math.min(FULL_BYTES, copy.remaining());
            ByteBuffer bytes = copy.slice(copy.position(), length);
            copy.position(copy.position() + length);
            pieces.add(new Piece(bytes, copy.hasRemaining()));
        } while (copy.hasRemaining());
        return pieces;
    }

    ByteBuf encode() {
        int bytes = HEAD_BYTES;
        for (Piece piece : pieces) {
            bytes += Integer.BYTES + piece.bytes().remaining();
        }
        ByteBuf chunk =
                Unpooled.buffer(bytes, bytes).writeInt(0).writeLong(number).writeBoolean(last);
        for (Piece piece : pieces) {
            int length = piece.bytes().remaining();
            chunk.writeInt(piece.more() ? length | MORE : length)
                    .writeBytes(piece.bytes().duplicate());
        }
        return chunk.setInt(0, checksum(chunk.nioBuffer(Integer.BYTES, bytes - Integer.BYTES)));
    }

    /** Reads a chunk, whose pieces share the bytes of the payload. */
    static Chunk decode(ByteBuffer payload) {
        if (payload.remaining() < HEAD_BYTES) {
            throw damaged("of " + payload.remaining() + " bytes");
        }
        int expected = payload.getInt();
        if (checksum(payload.duplicate()) != expected) {
            throw damaged("whose checksum does not match");
        }
        long number = payload.getLong();
        boolean last = payload.get() != 0;
        List<Piece> pieces = new ArrayList<>();
        while (payload.hasRemaining()) {
            int head = payload.remaining() < Integer.BYTES ? -1 : payload.getInt();
            int length = head & ~MORE;
            if (length > payload.remaining()) {
                throw damaged("whose buffers do not fit into it");
            }
            pieces.add(new Piece(payload.slice(payload.position(), length), (head & MORE) != 0));
            payload.position(payload.position() + length);
        }
        return new Chunk(number, last, pieces);
    }

    private static int checksum(ByteBuffer bytes) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes);
        return (int) checksum.getValue();
    }

    private static HostilePeerException damaged(String how) {
        return new HostilePeerException(HostilePeerException.Kind.PAYLOAD, "sent a chunk " + how);
    }

    /** How much is in the chunk that is being filled. One for each subscription. */
    private static final class Filling {
        private int bytes;
        private int buffers;

        boolean isFullWith(Piece piece) {
            bytes += piece.bytes().remaining();
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
