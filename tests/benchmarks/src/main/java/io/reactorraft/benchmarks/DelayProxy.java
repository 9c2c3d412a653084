package io.reactorraft.benchmarks;

import com.google.protobuf.InvalidProtocolBufferException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.reactorraft.proto.Hello;
import io.rsocket.frame.SetupFrameCodec;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * In front of a node: passes on what comes, after a while where the node or its caller is far away, and not at all where one
 * of them stopped reading. Who calls is read from the handshake. Threads of its own; ends with the process.
 */
final class DelayProxy implements AutoCloseable {
    private static final int CHUNK_BYTES = 64 << 10;

    /** Chunks on the way in one direction: what a long, thick line holds. */
    private static final int MAX_CHUNKS = 4_096;

    private static final long STALL_CHECK_NANOS = 1_000_000;

    private final String node;
    private final int target;
    private final ServerSocket server;
    private final Distances distances;

    /** Who is how far away, for all proxies of a cluster. Thread-safe. */
    static final class Distances {
        private final Set<String> far = ConcurrentHashMap.newKeySet();
        private final Set<String> stalled = ConcurrentHashMap.newKeySet();
        private volatile long nanos;

        /** From now on whatever goes to or from these takes so much longer, each way. */
        void set(Set<String> ids, long nanosEachWay) {
            nanos = nanosEachWay;
            far.retainAll(ids);
            far.addAll(ids);
        }

        /** From now on these read nothing that others send. */
        void stall(Set<String> ids) {
            stalled.retainAll(ids);
            stalled.addAll(ids);
        }

        private long between(String one, String other) {
            return far.contains(one) || far.contains(other) ? nanos : 0;
        }

        private boolean stalls(String one, String other) {
            return !stalled.isEmpty() && (stalled.contains(one) || stalled.contains(other));
        }
    }

    /** Bytes, and when they are there. */
    private record Chunk(ByteBuffer bytes, long at) {
        static final Chunk END = new Chunk(ByteBuffer.allocate(0), 0);
    }

    /** Listens at {@code port} for the node that listens at {@code target}. */
    DelayProxy(String node, int port, int target, Distances distances) {
        this.node = node;
        this.target = target;
        this.distances = distances;
        try {
            server = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
        } catch (IOException taken) {
            throw new BenchmarkException("cannot listen on port " + port, taken);
        }
        start("accept", () -> {
            while (true) {
                Socket caller = server.accept();
                start("dial", () -> serve(caller));
            }
        });
    }

    private interface Work {
        void run() throws IOException, InterruptedException;
    }

    private void start(String name, Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException closed) {
                        // by either side, or with this proxy
                    } catch (InterruptedException ending) {
                        Thread.currentThread().interrupt();
                    }
                },
                "delay-" + node + "-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    private void serve(Socket caller) throws IOException {
        try {
            Socket callee = new Socket(InetAddress.getLoopbackAddress(), target);
            caller.setTcpNoDelay(true);
            callee.setTcpNoDelay(true);
            DataInputStream in = new DataInputStream(caller.getInputStream());
            int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
            byte[] frame = in.readNBytes(length);
            String id = caller(frame);
            ByteBuf first = Unpooled.buffer().writeMedium(length).writeBytes(frame);
            byte[] head = new byte[first.readableBytes()];
            first.readBytes(head);
            pass(caller, callee, head, id);
            pass(callee, caller, new byte[0], id);
        } catch (IOException failed) {
            caller.close();
            throw failed;
        }
    }

    /** Who introduces itself in the frame. */
    static String caller(byte[] setup) throws InvalidProtocolBufferException {
        ByteBuf data = SetupFrameCodec.data(Unpooled.wrappedBuffer(setup));
        byte[] hello = new byte[data.readableBytes()];
        data.readBytes(hello);
        return Hello.parseFrom(hello).getSelf().getId();
    }

    private void pass(Socket from, Socket to, byte[] head, String caller) {
        BlockingQueue<Chunk> underWay = new ArrayBlockingQueue<>(MAX_CHUNKS);
        start("read", () -> {
            try (from) {
                byte[] bytes = head;
                int count = head.length;
                while (count >= 0) {
                    if (count > 0) {
                        long at = System.nanoTime() + distances.between(node, caller);
                        underWay.put(new Chunk(ByteBuffer.wrap(bytes, 0, count), at));
                    }
                    while (distances.stalls(node, caller)) {
                        LockSupport.parkNanos(STALL_CHECK_NANOS);
                    }
                    bytes = new byte[CHUNK_BYTES];
                    count = from.getInputStream().read(bytes);
                }
            } finally {
                underWay.put(Chunk.END);
            }
        });
        start("write", () -> {
            try (to) {
                OutputStream out = to.getOutputStream();
                for (Chunk next = underWay.take(); next.bytes().hasRemaining(); next = underWay.take()) {
                    long wait = next.at() - System.nanoTime();
                    while (wait > 0) {
                        LockSupport.parkNanos(wait);
                        wait = next.at() - System.nanoTime();
                    }
                    out.write(next.bytes().array(), 0, next.bytes().limit());
                }
            }
        });
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException failed) {
            throw new BenchmarkException("cannot close a proxy", failed);
        }
    }
}
