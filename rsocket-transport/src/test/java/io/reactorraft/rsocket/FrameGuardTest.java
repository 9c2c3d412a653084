package io.reactorraft.rsocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.rsocket.frame.CancelFrameCodec;
import io.rsocket.frame.FrameHeaderCodec;
import io.rsocket.frame.FrameType;
import io.rsocket.frame.KeepAliveFrameCodec;
import io.rsocket.frame.PayloadFrameCodec;
import io.rsocket.frame.RequestNFrameCodec;
import io.rsocket.frame.RequestResponseFrameCodec;
import io.rsocket.frame.SetupFrameCodec;
import io.rsocket.util.EmptyPayload;
import java.util.SplittableRandom;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The guard of a connection")
class FrameGuardTest {

    private static final UnpooledByteBufAllocator HEAP = new UnpooledByteBufAllocator(false, true);

    private final FrameGuard accepted = FrameGuard.ofAccepted();
    private final FrameGuard dialled = FrameGuard.ofDialled();

    @Test
    void letsThroughWhatMembersSend() {
        passes(accepted, KeepAliveFrameCodec.encode(HEAP, true, 0, Unpooled.EMPTY_BUFFER));
        passes(accepted, request(1, false, 100));
        passes(accepted, RequestNFrameCodec.encode(HEAP, 1, 5));
        passes(accepted, CancelFrameCodec.encode(HEAP, 1));
        passes(dialled, RequestNFrameCodec.encode(HEAP, 1, 5));
        passes(dialled, payload(false, 0));
    }

    @Test
    void refusesWhatNoMemberSends() {
        refuses(accepted, Unpooled.wrappedBuffer(new byte[5]), "of 5 bytes");
        refuses(accepted, FrameHeaderCodec.encode(HEAP, 1, FrameType.REQUEST_FNF, 0), "REQUEST_FNF");
        refuses(accepted, FrameHeaderCodec.encode(HEAP, 0, FrameType.RESUME, 0), "RESUME");
        refuses(accepted, FrameHeaderCodec.encode(HEAP, 0, FrameType.LEASE, 0), "LEASE");
        refuses(accepted, FrameHeaderCodec.encode(HEAP, 1, FrameType.REQUEST_STREAM, 0), "REQUEST_STREAM");
        refuses(accepted, Unpooled.wrappedBuffer(new byte[] {0, 0, 0, 1, (byte) 0xE0, 0}), "no known type");
    }

    @Test
    void refusesAStreamThatTheOtherSideCannotOpen() {
        refuses(accepted, request(2, false, 10), "stream 2");
        refuses(accepted, request(0, false, 10), "stream 0");
        refuses(accepted, FrameHeaderCodec.encode(HEAP, 3, FrameType.SETUP, 0), "stream 3");
        refuses(dialled, request(1, false, 10), "REQUEST_RESPONSE");
    }

    @Test
    void refusesASetupWhoseKeepaliveIsAbsurd() {
        for (int[] keepAlive : new int[][] {{1, 10}, {1_000, 1_000_000}, {-5, -5}, {0, 0}}) {
            refuses(
                    accepted,
                    SetupFrameCodec.encode(HEAP, false, keepAlive[0], keepAlive[1], "a", "b", EmptyPayload.INSTANCE),
                    "a keepalive of " + keepAlive[0] + " ms");
        }
        refuses(accepted, FrameHeaderCodec.encode(HEAP, 0, FrameType.SETUP, 0), "of 6 bytes");
    }

    @Test
    void refusesAFrameThatIsShorterThanItsFields() {
        refuses(accepted, FrameHeaderCodec.encode(HEAP, 1, FrameType.REQUEST_CHANNEL, 0), "of 6 bytes");
        refuses(accepted, FrameHeaderCodec.encode(HEAP, 1, FrameType.REQUEST_N, 0), "of 6 bytes");
        refuses(accepted, FrameHeaderCodec.encode(HEAP, 0, FrameType.KEEPALIVE, 0), "of 6 bytes");
        refuses(
                accepted,
                FrameHeaderCodec.encode(
                        HEAP, 1, FrameType.PAYLOAD, FrameHeaderCodec.FLAGS_M | FrameHeaderCodec.FLAGS_N),
                "of 6 bytes");
    }

    @Test
    void refusesMoreUnfinishedRequestsThanTheLimit() {
        for (int i = 0; i < FrameGuard.MAX_UNFINISHED_REQUESTS; i++) {
            passes(accepted, request(2 * i + 1, true, 10));
        }
        passes(accepted, payload(false, 0));
        passes(accepted, request(1001, true, 10));

        refuses(accepted, request(1003, true, 10), "257 unfinished requests");
    }

    @Test
    void refusesMoreBytesOfUnfinishedRequestsThanTheLimit() {
        int fragment = 1 << 20;
        passes(accepted, request(1, true, fragment));
        ByteBuf next = payload(true, fragment);
        long most = FrameGuard.MAX_UNFINISHED_BYTES / next.readableBytes();
        for (int i = 1; i < most; i++) {
            accepted.check(next);
        }

        refuses(accepted, next, "1 unfinished requests");
    }

    @Test
    void forgetsARequestThatWasCancelled() {
        for (int i = 0; i < 10 * FrameGuard.MAX_UNFINISHED_REQUESTS; i++) {
            passes(accepted, request(2 * i + 1, true, 10));
            passes(accepted, CancelFrameCodec.encode(HEAP, 2 * i + 1));
        }
    }

    @Test
    void throwsNothingElseWhateverTheBytes() {
        SplittableRandom random = new SplittableRandom(3);
        for (int round = 0; round < 20_000; round++) {
            byte[] junk = new byte[random.nextInt(40)];
            random.nextBytes(junk);
            try {
                FrameGuard.ofAccepted().check(Unpooled.wrappedBuffer(junk));
            } catch (HostilePeerException refused) {
                assertThat(refused.kind()).isEqualTo(HostilePeerException.Kind.FRAME);
            }
        }
    }

    private static ByteBuf request(int streamId, boolean follows, int bytes) {
        return RequestResponseFrameCodec.encode(HEAP, streamId, follows, null, Unpooled.wrappedBuffer(new byte[bytes]));
    }

    private static ByteBuf payload(boolean follows, int bytes) {
        return PayloadFrameCodec.encode(
                HEAP, 1, follows, !follows, true, null, Unpooled.wrappedBuffer(new byte[bytes]));
    }

    private static void passes(FrameGuard guard, ByteBuf frame) {
        assertThatCode(() -> guard.check(frame)).doesNotThrowAnyException();
    }

    private static void refuses(FrameGuard guard, ByteBuf frame, String why) {
        assertThatThrownBy(() -> guard.check(frame))
                .isInstanceOf(HostilePeerException.class)
                .hasMessageContaining(why);
    }
}
