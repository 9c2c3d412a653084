package io.reactorraft.rsocket;

import io.reactorraft.spi.Transport;
import io.reactorraft.testkit.FreePorts;
import io.reactorraft.testkit.TransportContract;
import org.junit.jupiter.api.DisplayName;

/** The contract of all transports, kept over real sockets. */
@DisplayName("The RSocket transport")
class RSocketTransportTest extends TransportContract {

    @Override
    protected Transport transport() {
        return new RSocketTransport(Cluster.PATIENT);
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
        return "127.0.0.1:" + FreePorts.one();
    }
}
