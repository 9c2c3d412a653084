package io.reactorraft.benchmarks;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Asks for a watch on everything, and never reads a byte of it. */
final class StalledReader {
    private static final int RECEIVE_BYTES = 4 << 10;

    private final Socket socket;

    private StalledReader(Socket socket) {
        this.socket = socket;
    }

    static StalledReader at(int port) {
        try {
            Socket socket = new Socket();
            socket.setReceiveBufferSize(RECEIVE_BYTES);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            socket.getOutputStream()
                    .write(("GET /v1/watch HTTP/1.1\r\nHost: 127.0.0.1:" + port
                                    + "\r\nAccept: text/event-stream\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            return new StalledReader(socket);
        } catch (IOException failed) {
            throw new BenchmarkException("cannot open a watch that stalls", failed);
        }
    }

    void close() {
        try {
            socket.close();
        } catch (IOException failed) {
            throw new BenchmarkException("cannot close a socket", failed);
        }
    }
}
