package io.reactorraft.rsocket;

import io.netty.buffer.ByteBuf;
import io.rsocket.frame.FrameHeaderCodec;
import io.rsocket.frame.FrameType;
import io.rsocket.frame.SetupFrameCodec;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Lets through only the frames that the other side of a Raft connection has reason to send, before RSocket sees them.
 *
 * <p>The side that dials opens every stream. So who accepts never takes a frame of an even stream, and who dialled never
 * takes a request. What is still to be put together from fragments is counted, since RSocket holds it without limit.
 *
 * <p>One for each connection; called on its event loop.
 */
final class FrameGuard {

    /** Requests of which some fragments are still missing. */
    static final int MAX_UNFINISHED_REQUESTS = 256;

    /** Bytes of requests of which some fragments are still missing. */
    static final long MAX_UNFINISHED_BYTES = 128L << 20;

    private static final int HEADER_BYTES = 6;
    private static final int INITIAL_REQUEST_BYTES = 4;
    private static final int METADATA_LENGTH_BYTES = 3;
    private static final int VERSION_AND_KEEPALIVE_BYTES = 12;

    private static final Set<FrameType> FROM_DIALLER = EnumSet.of(
            FrameType.SETUP,
            FrameType.KEEPALIVE,
            FrameType.ERROR,
            FrameType.REQUEST_RESPONSE,
            FrameType.REQUEST_CHANNEL,
            FrameType.REQUEST_N,
            FrameType.CANCEL,
            FrameType.NEXT,
            FrameType.NEXT_COMPLETE,
            FrameType.COMPLETE);

    private static final Set<FrameType> FROM_ACCEPTOR = EnumSet.of(
            FrameType.KEEPALIVE,
            FrameType.ERROR,
            FrameType.REQUEST_N,
            FrameType.CANCEL,
            FrameType.NEXT,
            FrameType.NEXT_COMPLETE,
            FrameType.COMPLETE);

    private static final Set<FrameType> CARRY_METADATA =
            EnumSet.of(FrameType.REQUEST_RESPONSE, FrameType.REQUEST_CHANNEL, FrameType.NEXT, FrameType.NEXT_COMPLETE);

    private final Set<FrameType> allowed;
    private final Map<Integer, Long> unfinished = new HashMap<>();
    private long unfinishedBytes;

    private FrameGuard(Set<FrameType> allowed) {
        this.allowed = allowed;
    }

    static FrameGuard ofDialled() {
        return new FrameGuard(FROM_ACCEPTOR);
    }

    static FrameGuard ofAccepted() {
        return new FrameGuard(FROM_DIALLER);
    }

    /** Looks at the frame without consuming it. */
    void check(ByteBuf frame) {
        if (frame.readableBytes() < HEADER_BYTES) {
            throw hostile("a frame of " + frame.readableBytes() + " bytes");
        }
        int streamId = FrameHeaderCodec.streamId(frame);
        FrameType type = typeOf(frame);
        if (!allowed.contains(type)) {
            throw hostile("a frame of type " + type);
        }
        boolean ofConnection = type == FrameType.SETUP || type == FrameType.KEEPALIVE;
        boolean ofStream = !ofConnection && streamId % 2 == 1;
        boolean ofBoth = type == FrameType.ERROR && streamId == 0;
        if (!(ofConnection && streamId == 0) && !ofStream && !ofBoth) {
            throw hostile("a " + type + " frame on stream " + streamId);
        }
        checkLength(type, frame);
        if (type == FrameType.SETUP) {
            checkKeepAlive(frame);
        }
        count(streamId, type, frame);
    }

    /** RSocket acts on these before anybody is asked whether the connection is wanted at all. */
    private static void checkKeepAlive(ByteBuf setup) {
        int interval = SetupFrameCodec.keepAliveInterval(setup);
        int timeout = SetupFrameCodec.keepAliveMaxLifetime(setup);
        if (!Handshake.acceptable(interval, timeout)) {
            throw new HostilePeerException(
                    HostilePeerException.Kind.SETUP,
                    "introduced itself with a keepalive of " + interval + " ms, dead after " + timeout + " ms");
        }
    }

    private static FrameType typeOf(ByteBuf frame) {
        try {
            return FrameHeaderCodec.frameType(frame);
        } catch (RuntimeException unknown) {
            throw hostile("a frame of no known type");
        }
    }

    /** RSocket trusts the lengths that a frame names. */
    private static void checkLength(FrameType type, ByteBuf frame) {
        int length = frame.readableBytes();
        int head = headBytes(type);
        boolean metadata = FrameHeaderCodec.hasMetadata(frame) && CARRY_METADATA.contains(type);
        int shortest = metadata ? head + METADATA_LENGTH_BYTES : head;
        if (length >= shortest && metadata) {
            shortest += frame.getUnsignedMedium(frame.readerIndex() + head);
        }
        if (length < shortest) {
            throw hostile("a " + type + " frame of " + length + " bytes");
        }
    }

    /** What comes before metadata and data. */
    private static int headBytes(FrameType type) {
        return switch (type) {
            case REQUEST_CHANNEL, REQUEST_N, ERROR -> HEADER_BYTES + INITIAL_REQUEST_BYTES;
            case KEEPALIVE -> HEADER_BYTES + Long.BYTES;
            case SETUP -> HEADER_BYTES + VERSION_AND_KEEPALIVE_BYTES;
            default -> HEADER_BYTES;
        };
    }

    private void count(int streamId, FrameType type, ByteBuf frame) {
        boolean request = type == FrameType.REQUEST_RESPONSE || type == FrameType.REQUEST_CHANNEL;
        boolean follows = FrameHeaderCodec.hasFollows(frame) && (request || type == FrameType.NEXT);
        if (follows && (request || unfinished.containsKey(streamId))) {
            unfinished.merge(streamId, (long) frame.readableBytes(), Long::sum);
            unfinishedBytes += frame.readableBytes();
            if (unfinished.size() > MAX_UNFINISHED_REQUESTS || unfinishedBytes > MAX_UNFINISHED_BYTES) {
                throw hostile(unfinished.size() + " unfinished requests of " + unfinishedBytes + " bytes");
            }
        } else if (!unfinished.isEmpty() && type != FrameType.REQUEST_N) {
            Long finished = unfinished.remove(streamId);
            unfinishedBytes -= finished == null ? 0 : finished;
        }
    }

    private static HostilePeerException hostile(String what) {
        return new HostilePeerException(HostilePeerException.Kind.FRAME, "sent " + what);
    }
}
