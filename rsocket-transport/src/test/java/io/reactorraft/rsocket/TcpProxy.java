package io.reactorraft.rsocket;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Stands in front of a port. Where it finds nobody behind it, or is told to, it closes what it has accepted. */
final class TcpProxy implements AutoCloseable {

    private final ServerSocket listening;
    private final HostPort target;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile boolean shut;

    TcpProxy(String target) {
        this.target = HostPort.parse(target);
        try {
            listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
        run(this::accept);
    }

    String target() {
        return target.toString();
    }

    String address() {
        return "127.0.0.1:" + listening.getLocalPort();
    }

    /** Closes everything that passes through, and whatever comes later as soon as it was accepted. */
    void shut() {
        shut = true;
        open.forEach(TcpProxy::close);
    }

    private static void run(Runnable task) {
        Thread thread = new Thread(task, "tcp-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listening.accept();
                try {
                    if (shut) {
                        throw new IOException("shut");
                    }
                    Socket server = new Socket(target.host(), target.port());
                    open.add(client);
                    open.add(server);
                    run(() -> pump(client, server));
                    run(() -> pump(server, client));
                } catch (IOException nobodyBehindIt) {
                    close(client);
                }
            }
        } catch (IOException closed) {
            // the end of it
        }
    }

    private void pump(Socket from, Socket to) {
        try (InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            in.transferTo(out);
        } catch (IOException broken) {
            // closed below
        } finally {
            close(from);
            close(to);
        }
    }

    private static void close(AutoCloseable socket) {
        try {
            socket.close();
        } catch (Exception ignored) {
            // it is closed
        }
    }

    @Override
    public void close() {
        close(listening);
        open.forEach(TcpProxy::close);
    }
}
