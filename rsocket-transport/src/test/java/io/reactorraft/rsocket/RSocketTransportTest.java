package io.reactorraft.rsocket;

import io.reactorraft.spi.Transport;
import io.reactorraft.testkit.TransportContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.DisplayName;

/** The contract of all transports, kept over real sockets. */
@DisplayName("The RSocket transport")
class RSocketTransportTest extends TransportContract {

    @Override
    protected Transport transport() {
        return new RSocketTransport();
    }

    @Override
    protected String anyAddress() {
        return freeAddress();
    }

    @Override
    protected void cut(Transport transport, String peerId) {
        ((RSocketTransport) transport).cut(peerId);
    }

    @Override
    protected void mend(Transport transport, String peerId) {
        ((RSocketTransport) transport).mend(peerId);
    }

    static String freeAddress() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return "127.0.0.1:" + socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
