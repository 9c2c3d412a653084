package io.reactorraft.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Loopback ports for nodes of a test, that nobody listens on. They come from below the range that the kernel gives to
 * outgoing connections: there, a peer that dials a node which is down can be given the node's own port, is then connected
 * to itself, and the node finds its address in use when it starts.
 */
public final class FreePorts {
    /** The lowest port that is given. */
    public static final int LOWEST = 20_000;

    /** Ports are below this one, and so below {@code ip_local_port_range} as Linux has it by default. */
    public static final int HIGHEST = 32_000;

    private static final int ATTEMPTS = 1_000;

    private FreePorts() {}

    /** So many different ports, free at this moment. */
    public static List<Integer> find(int count) {
        return find(count, ThreadLocalRandom.current());
    }

    /** One port, free at this moment. */
    public static int one() {
        return find(1).get(0);
    }

    /**
     * So many different ports, free at this moment.
     *
     * @throws IllegalStateException nearly all are taken
     */
    public static List<Integer> find(int count, Random random) {
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (int attempt = 0; attempt < ATTEMPTS && held.size() < count; attempt++) {
                tryToHold(LOWEST + random.nextInt(HIGHEST - LOWEST), held);
            }
            if (held.size() < count) {
                throw new IllegalStateException("found " + held.size() + " of " + count + " free ports from " + LOWEST
                        + " to " + HIGHEST + " on the loopback address");
            }
            return held.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            held.forEach(FreePorts::release);
        }
    }

    private static void tryToHold(int port, List<ServerSocket> held) {
        try {
            ServerSocket socket = new ServerSocket();
            held.add(socket);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        } catch (IOException taken) {
            release(held.remove(held.size() - 1));
        }
    }

    private static void release(ServerSocket socket) {
        try {
            socket.close();
        } catch (IOException failed) {
            throw new UncheckedIOException("cannot close a socket", failed);
        }
    }
}
