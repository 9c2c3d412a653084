package io.reactorraft.rsocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.rsocket.DuplexConnection;
import io.rsocket.RSocketErrorException;
import io.rsocket.frame.ErrorFrameCodec;
import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.Connection;
import reactor.util.concurrent.Queues;

/**
 * One TCP connection that carries RSocket frames, each behind its length in three bytes.
 *
 * <p>Frames may be sent from any thread. They wait in two queues, frames of stream 0 (keepalive, errors) and those of
 * {@link Lane#CONTROL} ahead of all others, until the connection's event loop writes them: as long as the socket takes them, many small ones as one
 * buffer. What waits is counted: {@link #congested} asks producers to hold back, and a peer that reads nothing
 * while {@link #MAX_BACKLOG_BYTES} gather is cut off.
 */
final class FrameConnection implements DuplexConnection {

    /** The longest frame, the same on both sides; longer payloads travel in fragments. */
    static final int MAX_FRAME_BYTES = 1 << 20;

    /** Frames up to this size are copied together into one buffer; larger ones are written as they are. */
    static final int SMALL_FRAME_BYTES = 2 << 10;

    /** Producers that can wait hold back from here on, each lane by itself, and go on when half of it is written. */
    static final long CONGESTED_BYTES = 512 << 10;

    /** What may wait at the very most, whatever the producers do. */
    static final long MAX_BACKLOG_BYTES = 128L << 20;

    private static final int COALESCED_BYTES = 32 << 10;
    private static final int LENGTH_BYTES = 3;
    private static final Duration HARD_CLOSE_AFTER = Duration.ofSeconds(1);

    private final Connection connection;
    private final Channel channel;
    private final FrameGuard guard;
    private final Queue<ByteBuf> urgent =
            Queues.<ByteBuf>unboundedMultiproducer().get();
    private final Queue<ByteBuf> frames =
            Queues.<ByteBuf>unboundedMultiproducer().get();
    private final AtomicInteger pendingDrains = new AtomicInteger();
    private final AtomicLong backlogBytes = new AtomicLong();
    private final AtomicLong urgentBytes = new AtomicLong();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final Sinks.Empty<Void> closed = Sinks.empty();
    private volatile boolean terminated;
    private volatile @Nullable Throwable failure;

    // All below belongs to the event loop.
    private final Map<Lane, Runnable> relieved = new EnumMap<>(Lane.class);
    private final Set<Lane> waiting = EnumSet.noneOf(Lane.class);
    private @Nullable Lane sending;

    FrameConnection(Connection connection, FrameGuard guard) {
        this.connection = connection;
        this.channel = connection.channel();
        this.guard = guard;
        connection.addHandlerLast(
                "raft-frames",
                new LengthFieldBasedFrameDecoder(
                        MAX_FRAME_BYTES + LENGTH_BYTES, 0, LENGTH_BYTES, 0, LENGTH_BYTES, true));
        connection.addHandlerLast("raft-connection", new ChannelEvents());
        channel.closeFuture().addListener(future -> terminate());
    }

    /** Whether the lane should hold back. Event loop only; where it is told so, {@link #onRelief} is called later. */
    boolean congested(Lane lane) {
        if (waitingBytes(lane) < CONGESTED_BYTES) {
            return false;
        }
        waiting.add(lane);
        return true;
    }

    /** What to call, on the event loop, when a lane that was told to hold back may go on. */
    void onRelief(Lane lane, Runnable relieved) {
        execute(() -> this.relieved.put(lane, relieved));
    }

    /** Runs what sends, in the lane: frames it causes before it returns go with that lane. Event loop only. */
    void send(Lane lane, Runnable sender) {
        Lane outer = sending;
        sending = lane;
        try {
            sender.run();
        } finally {
            sending = outer;
        }
    }

    /** What a frame of the lane has to wait for. */
    private long waitingBytes(Lane lane) {
        long urgent = urgentBytes.get();
        return lane == Lane.CONTROL ? urgent : backlogBytes.get() - urgent;
    }

    /** Bytes that wait for the socket. */
    long backlogBytes() {
        return backlogBytes.get();
    }

    /** Whom the certificate of the other side belongs to; null where there is none. Once something came over it. */
    @Nullable
    CertificateNames certificateNames() {
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        try {
            return tls == null
                    ? null
                    : CertificateNames.of(
                            (X509Certificate) tls.engine().getSession().getPeerCertificates()[0]);
        } catch (SSLPeerUnverifiedException | ClassCastException none) {
            return null;
        }
    }

    /** Runs the task on the connection's event loop, or nowhere once the loop has ended. */
    void execute(Runnable task) {
        try {
            channel.eventLoop().execute(task);
        } catch (RejectedExecutionException ended) {
            terminate();
        }
    }

    /** Runs the task on the event loop after a while, unless the connection is gone by then. */
    void schedule(Runnable task, Duration after) {
        try {
            var timer = channel.eventLoop().schedule(task, after.toMillis(), TimeUnit.MILLISECONDS);
            channel.closeFuture().addListener(future -> timer.cancel(false));
        } catch (RejectedExecutionException ended) {
            terminate();
        }
    }

    @Override
    public void sendFrame(int streamId, ByteBuf frame) {
        long waiting = backlogBytes.addAndGet(frame.readableBytes());
        if (waiting > MAX_BACKLOG_BYTES) {
            fail(new HostilePeerException(
                    HostilePeerException.Kind.NOT_READING,
                    "does not read: " + (MAX_BACKLOG_BYTES >> 20) + " MiB wait for it"));
        }
        if (streamId == 0 || (channel.eventLoop().inEventLoop() && sending == Lane.CONTROL)) {
            urgentBytes.addAndGet(frame.readableBytes());
            urgent.add(frame);
        } else {
            frames.add(frame);
        }
        drainSoon();
    }

    @Override
    public void sendErrorAndClose(RSocketErrorException error) {
        sendFrame(0, ErrorFrameCodec.encode(alloc(), 0, error));
        dispose();
    }

    @Override
    public Flux<ByteBuf> receive() {
        return connection
                .inbound()
                .receive()
                .filter(this::isAllowed)
                .doOnError(this::fail)
                .doOnComplete(this::dispose)
                // What went wrong is told by onClose. RSocket may have stopped listening, and would log it as lost.
                .onErrorComplete();
    }

    private boolean isAllowed(ByteBuf frame) {
        if (failure != null) {
            return false;
        }
        try {
            guard.check(frame);
            return true;
        } catch (HostilePeerException hostile) {
            fail(hostile);
            return false;
        }
    }

    @Override
    public ByteBufAllocator alloc() {
        return channel.alloc();
    }

    @Override
    public SocketAddress remoteAddress() {
        return channel.remoteAddress();
    }

    @Override
    public Mono<Void> onClose() {
        return closed.asMono();
    }

    @Override
    public boolean isDisposed() {
        return closing.get() || terminated;
    }

    /** Closes once what waits is written, or a second from now, whichever is first. */
    @Override
    public void dispose() {
        if (closing.compareAndSet(false, true)) {
            schedule(this::closeNow, HARD_CLOSE_AFTER);
            drainSoon();
        }
    }

    /**
     * Closes at once, for a reason that {@link #onClose} tells. Never within the call: RSocket does not expect a
     * connection to end while it hands over what came over it.
     */
    void fail(Throwable reason) {
        if (failure == null) {
            failure = reason;
        }
        closing.set(true);
        execute(this::closeNow);
    }

    private void drainSoon() {
        if (pendingDrains.getAndIncrement() == 0) {
            try {
                // Even on the event loop itself: what this turn of the loop has yet to send joins the same write.
                channel.eventLoop().execute(this::drain);
            } catch (RejectedExecutionException ended) {
                terminated = true;
                drain();
            }
        }
    }

    private void drain() {
        int seen = pendingDrains.get();
        do {
            try {
                drainOnce();
            } catch (Throwable broken) { // out of direct memory, for instance: what is stuck must not look alive
                terminated = true;
                fail(broken);
                releaseAll();
            }
            seen = pendingDrains.addAndGet(-seen);
        } while (seen != 0);
    }

    private void drainOnce() {
        if (terminated) {
            releaseAll();
        } else if (channel.isWritable() && write()) {
            channel.flush();
        }
        if (closing.get() && !terminated && urgent.isEmpty() && frames.isEmpty()) {
            channel.writeAndFlush(alloc().buffer(0)).addListener(ChannelFutureListener.CLOSE);
        }
        for (Lane lane : Lane.values()) {
            if (waiting.contains(lane) && waitingBytes(lane) < CONGESTED_BYTES / 2) {
                waiting.remove(lane);
                relieved.getOrDefault(lane, () -> {}).run();
            }
        }
    }

    /** Writes while the socket takes more; answers whether anything was written. */
    private boolean write() {
        boolean wrote = false;
        ByteBuf together = null;
        try {
            ByteBuf frame;
            while (channel.isWritable() && (frame = next()) != null) {
                int length = frame.readableBytes();
                boolean small = length <= SMALL_FRAME_BYTES;
                if (together == null) {
                    together = alloc().ioBuffer(small ? 2 * SMALL_FRAME_BYTES : LENGTH_BYTES);
                }
                together.writeMedium(length);
                if (small) {
                    move(frame, together);
                }
                if (!small || together.readableBytes() >= COALESCED_BYTES) {
                    put(together);
                    together = null;
                }
                if (!small) {
                    put(frame);
                }
                wrote = true;
            }
            if (together != null) {
                put(together);
                together = null;
            }
        } finally {
            if (together != null) {
                together.release(); // only half written, as something went wrong
            }
        }
        return wrote;
    }

    private static void move(ByteBuf frame, ByteBuf together) {
        try {
            together.writeBytes(frame);
        } finally {
            frame.release();
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // a failed write closes the channel, and that we notice
    private void put(ByteBuf buffer) {
        channel.write(buffer);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // its end is the close future, to which we listen
    private void closeNow() {
        channel.close();
    }

    private @Nullable ByteBuf next() {
        ByteBuf frame = urgent.poll();
        if (frame != null) {
            urgentBytes.addAndGet(-frame.readableBytes());
        } else {
            frame = frames.poll();
        }
        if (frame != null) {
            backlogBytes.addAndGet(-frame.readableBytes());
        }
        return frame;
    }

    private void releaseAll() {
        ByteBuf frame;
        while ((frame = next()) != null) {
            frame.release();
        }
    }

    private void terminate() {
        terminated = true;
        drainSoon();
        Throwable reason = failure;
        if (reason == null) {
            closed.tryEmitEmpty();
        } else {
            closed.tryEmitError(reason);
        }
    }

    @Override
    public String toString() {
        return "connection with " + channel.remoteAddress();
    }

    /** Wakes the writer when the socket takes more, and closes on what went wrong. */
    private final class ChannelEvents extends ChannelInboundHandlerAdapter {

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            if (channel.isWritable()) {
                drainSoon();
            }
            context.fireChannelWritabilityChanged();
        }

        /** That TLS failed is told before the channel is closed for it; the exception itself comes too late. */
        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof SslHandshakeCompletionEvent handshake && !handshake.isSuccess()) {
                fail(HostilePeerException.orAsItIs(handshake.cause()));
            }
            context.fireUserEventTriggered(event);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            fail(HostilePeerException.orAsItIs(cause));
        }
    }
}
