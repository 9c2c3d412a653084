package io.reactorraft.rsocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.rsocket.frame.PayloadFrameCodec;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.DisposableServer;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpServer;

/** Two ends of one real connection over loopback, each on a thread of its own. */
final class SocketPair implements AutoCloseable {

    static final Duration SOON = Duration.ofSeconds(60);

    private final LoopResources nearLoop = LoopResources.create("test-near", 1, 1, true, false);
    private final LoopResources farLoop = LoopResources.create("test-far", 1, 1, true, false);
    private final DisposableServer server;
    private final FrameConnection near;
    private final FrameConnection far;

    SocketPair() {
        Sinks.One<FrameConnection> accepted = Sinks.one();
        server = TcpServer.create()
                .runOn(farLoop)
                .host("127.0.0.1")
                .port(0)
                .doOnConnection(
                        connection -> accepted.tryEmitValue(new FrameConnection(connection, FrameGuard.ofAccepted())))
                .bindNow(SOON);
        near = new FrameConnection(
                TcpClient.newConnection()
                        .runOn(nearLoop)
                        .host("127.0.0.1")
                        .port(((InetSocketAddress) server.address()).getPort())
                        .connectNow(SOON),
                FrameGuard.ofAccepted());
        far = Objects.requireNonNull(accepted.asMono().block(SOON));
    }

    /** The end that dialled. */
    FrameConnection near() {
        return near;
    }

    /** Asks on the event loop of the end that dialled. */
    boolean nearIs(BooleanSupplier question) {
        return Boolean.TRUE.equals(
                Mono.<Boolean>create(sink -> near.execute(() -> sink.success(question.getAsBoolean())))
                        .block(SOON));
    }

    /** The end that was dialled. It reads nothing until somebody subscribes to what it receives. */
    FrameConnection far() {
        return far;
    }

    /** A payload frame of an odd stream, with these bytes behind its header. */
    static ByteBuf frame(int streamId, byte... data) {
        return PayloadFrameCodec.encode(
                UnpooledByteBufAllocator.DEFAULT, streamId, false, false, true, null, Unpooled.wrappedBuffer(data));
    }

    @Override
    public void close() {
        near.dispose();
        far.dispose();
        server.disposeNow(SOON);
        nearLoop.disposeLater(Duration.ZERO, SOON).block(SOON);
        farLoop.disposeLater(Duration.ZERO, SOON).block(SOON);
    }
}
