package io.reactorraft.benchmarks;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Loopback ports that nobody listens on, from below the range that the kernel gives to outgoing connections: a node
 * that is killed and restarted must find its own port free.
 */
final class FreePorts {
    static final int LOWEST = 20_000;
    static final int HIGHEST = 32_000;

    private static final int ATTEMPTS = 1_000;

    private FreePorts() {}

    /** So many different ports, free at this moment. */
    static List<Integer> find(int count, Random random) {
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (int attempt = 0; attempt < ATTEMPTS && held.size() < count; attempt++) {
                tryToHold(LOWEST + random.nextInt(HIGHEST - LOWEST), held);
            }
            if (held.size() < count) {
                throw new BenchmarkException("found " + held.size() + " of " + count + " free ports from " + LOWEST
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
            throw new BenchmarkException("cannot close a socket", failed);
        }
    }
}
