package io.reactorraft.rsocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.reactorraft.proto.Hello;
import io.reactorraft.proto.HelloReply;
import io.rsocket.Payload;
import io.rsocket.frame.FrameHeaderCodec;
import io.rsocket.frame.FrameType;
import io.rsocket.frame.PayloadFrameCodec;
import io.rsocket.frame.RequestChannelFrameCodec;
import io.rsocket.frame.RequestResponseFrameCodec;
import io.rsocket.frame.SetupFrameCodec;
import io.rsocket.util.DefaultPayload;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Somebody with a plain socket who sends what they please. */
final class RawPeer implements AutoCloseable {

    private static final UnpooledByteBufAllocator HEAP = new UnpooledByteBufAllocator(false, true);
    private static final String MIME = "application/binary";

    private final Socket socket;
    private final DataInputStream in;

    RawPeer(String address) throws IOException {
        this(connect(address));
    }

    /** Over a socket that is connected already. */
    RawPeer(Socket socket) throws IOException {
        this.socket = socket;
        socket.setSoTimeout((int) Cluster.SOON.toMillis());
        in = new DataInputStream(socket.getInputStream());
    }

    private static Socket connect(String address) throws IOException {
        HostPort target = HostPort.parse(address);
        return new Socket(target.host(), target.port());
    }

    /** Bytes as they are. */
    RawPeer send(byte... bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
        return this;
    }

    /** A frame behind its length. */
    RawPeer frame(ByteBuf frame) throws IOException {
        ByteBuf whole = Unpooled.buffer().writeMedium(frame.readableBytes()).writeBytes(frame);
        byte[] bytes = new byte[whole.readableBytes()];
        whole.readBytes(bytes);
        return send(bytes);
    }

    RawPeer setup(Payload payload) throws IOException {
        return setup(payload, 1_000, 3_000);
    }

    RawPeer setup(Payload payload, int keepAliveMillis, int deadAfterMillis) throws IOException {
        return frame(setupFrame(payload, keepAliveMillis, deadAfterMillis));
    }

    static ByteBuf setupFrame(Payload payload, int keepAliveMillis, int deadAfterMillis) {
        return SetupFrameCodec.encode(HEAP, false, keepAliveMillis, deadAfterMillis, MIME, MIME, payload);
    }

    RawPeer setup(Purpose purpose, Hello hello) throws IOException {
        return setup(purpose.setup(hello));
    }

    /** Asks for the verdict, and waits for it. */
    HelloReply askForVerdict() throws IOException {
        request(1, Route.HELLO);
        while (true) {
            ByteBuf frame = read();
            if (FrameHeaderCodec.frameType(frame) == FrameType.NEXT_COMPLETE) {
                ByteBuf data = PayloadFrameCodec.data(frame);
                byte[] bytes = new byte[data.readableBytes()];
                data.readBytes(bytes);
                return HelloReply.parseFrom(bytes);
            }
        }
    }

    RawPeer request(int streamId, Route route) throws IOException {
        Payload payload = route.payload(ByteBuffer.allocate(0));
        return frame(
                RequestResponseFrameCodec.encode(HEAP, streamId, false, payload.sliceMetadata(), payload.sliceData()));
    }

    /** Opens a channel whose first payload is this. */
    RawPeer channel(int streamId, ByteBuf data) throws IOException {
        return frame(RequestChannelFrameCodec.encode(HEAP, streamId, false, false, Integer.MAX_VALUE, null, data));
    }

    /** The next frame. */
    ByteBuf read() throws IOException {
        int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
        return Unpooled.wrappedBuffer(in.readNBytes(length));
    }

    /** Reads until the other side has closed the connection. */
    void awaitClosed() throws IOException {
        try {
            while (true) {
                read();
            }
        } catch (EOFException | SocketException closed) {
            return;
        }
    }

    static Payload junk() {
        return DefaultPayload.create(
                "junk".getBytes(StandardCharsets.UTF_8), "more junk".getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
