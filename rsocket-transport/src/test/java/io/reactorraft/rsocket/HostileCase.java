package io.reactorraft.rsocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.reactorraft.proto.Hello;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.testkit.TransportNode;
import io.rsocket.Payload;
import io.rsocket.frame.RequestChannelFrameCodec;
import io.rsocket.frame.RequestResponseFrameCodec;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.SplittableRandom;

/** What somebody hostile sends over one connection: the same for the same seed. */
final class HostileCase {

    private static final UnpooledByteBufAllocator HEAP = new UnpooledByteBufAllocator(false, true);
    private static final int KINDS = 9;
    private static final List<Purpose> PURPOSES = List.of(Purpose.values());

    private final SplittableRandom random;
    private final ByteBuf out = Unpooled.buffer();

    HostileCase(long seed) {
        random = new SplittableRandom(seed);
    }

    static Hello hello(String id) {
        return hello(id, "b");
    }

    /** As that member introduces itself to the other. */
    static Hello hello(String id, String to) {
        return new Handshake(TransportNode.identity(id, "127.0.0.1:1"), member -> null).hello(to);
    }

    byte[] bytes() {
        switch (random.nextInt(KINDS)) {
            case 0 -> out.writeBytes(junk(2_000));
            case 1 -> frame(Unpooled.wrappedBuffer(junk(300)));
            case 2 ->
                out.writeMedium(random.nextInt(FrameConnection.MAX_FRAME_BYTES, 1 << 24))
                        .writeBytes(junk(100));
            case 3 -> changed(setup());
            case 4 -> {
                frame(setup());
                randomFrames();
            }
            case 5 -> {
                welcome();
                randomFrames();
            }
            case 6 -> {
                welcome();
                frame(channel(3, Unpooled.wrappedBuffer(junk(200))));
            }
            case 7 -> outOfOrder();
            default -> {
                welcome();
                changed(channel(3, message()));
                frame(request(5, new Route(Route.Kind.SNAPSHOT, "")));
            }
        }
        byte[] bytes = new byte[random.nextInt(8) == 0 ? random.nextInt(out.readableBytes()) : out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }

    private void welcome() {
        frame(setup());
        frame(request(1, Route.HELLO));
    }

    private void outOfOrder() {
        for (int i = 0; i < 4; i++) {
            switch (random.nextInt(6)) {
                case 0 -> frame(setup());
                case 1 -> frame(request(2 * i + 1, Route.HELLO));
                case 2 -> frame(request(2 * i + 1, Route.PROBE));
                case 3 -> frame(request(2 * i + 1, new Route(Route.Kind.REQUEST, "nobody")));
                case 4 -> frame(channel(2 * i + 1, message()));
                default -> frame(request(2 * i + 1, Route.SNAPSHOT));
            }
        }
    }

    private ByteBuf setup() {
        Purpose purpose = PURPOSES.get(random.nextInt(PURPOSES.size()));
        String id = random.nextInt(20) == 0 ? "" : "h" + random.nextInt(100);
        return RawPeer.setupFrame(purpose.setup(hello(id)), 1_000, 3_000);
    }

    private static ByteBuf request(int streamId, Route route) {
        Payload payload = route.payload(ByteBuffer.allocate(0));
        return RequestResponseFrameCodec.encode(HEAP, streamId, false, payload.sliceMetadata(), payload.sliceData());
    }

    private static ByteBuf channel(int streamId, ByteBuf data) {
        return RequestChannelFrameCodec.encode(HEAP, streamId, false, false, Integer.MAX_VALUE, null, data);
    }

    private ByteBuf message() {
        Message message = Message.newBuilder()
                .setType(MessageType.forNumber(random.nextInt(10)))
                .setFrom("h" + random.nextInt(100))
                .setTo("b")
                .build();
        return Batch.encode(List.of(message), Batch.sizeOf(message), HEAP);
    }

    /** Frames of any type, known or not, on streams near to those in use. */
    private void randomFrames() {
        int count = random.nextInt(1, 5);
        for (int i = 0; i < count; i++) {
            ByteBuf frame = Unpooled.buffer()
                    .writeInt(random.nextInt(8))
                    .writeShort(random.nextInt(64) << 10 | random.nextInt(1 << 10))
                    .writeBytes(junk(100));
            frame(frame);
        }
    }

    /** The frame with a few bits turned over. */
    private void changed(ByteBuf frame) {
        int flips = random.nextInt(1, 4);
        for (int i = 0; i < flips; i++) {
            int at = random.nextInt(frame.readableBytes());
            frame.setByte(at, frame.getByte(at) ^ 1 << random.nextInt(8));
        }
        frame(frame);
    }

    private void frame(ByteBuf frame) {
        out.writeMedium(frame.readableBytes()).writeBytes(frame);
        frame.release();
    }

    private byte[] junk(int atMost) {
        byte[] junk = new byte[random.nextInt(1, atMost)];
        random.nextBytes(junk);
        return junk;
    }
}
