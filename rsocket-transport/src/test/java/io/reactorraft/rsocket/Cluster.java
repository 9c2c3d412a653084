package io.reactorraft.rsocket;

import io.reactorraft.spi.Transport.Identity;
import io.reactorraft.testkit.TransportNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Real transports on loopback, closed together. */
final class Cluster implements AutoCloseable {

    static final Duration SOON = TransportNode.SOON;

    /**
     * For a machine that is slow and stands still at times: no connection is given up that would work. Tests of giving up
     * set their own limits, and nothing else depends on these.
     */
    static final RSocketTransportConfig PATIENT = RSocketTransportConfig.defaults()
            .withKeepAlive(Duration.ofSeconds(1), SOON)
            .withConnectTimeout(Duration.ofSeconds(30))
            .withHandshakeTimeout(Duration.ofSeconds(30))
            .withRequestTimeout(SOON);

    private final RSocketTransportConfig config;
    private final List<TransportNode> nodes = new ArrayList<>();

    Cluster() {
        this(PATIENT);
    }

    Cluster(RSocketTransportConfig config) {
        this.config = config;
    }

    TransportNode start(String id) {
        return start(id, RSocketTransportTest.freeAddress());
    }

    TransportNode start(String id, String address) {
        return start(TransportNode.identity(id, address), address);
    }

    TransportNode start(Identity identity, String address) {
        TransportNode node = TransportNode.start(new RSocketTransport(config), identity, address);
        nodes.add(node);
        return node;
    }

    /** Makes all of them peers of each other, waits until everybody heard everybody, and forgets all before that. */
    static void introduce(TransportNode... members) {
        for (TransportNode member : members) {
            member.peers(members);
        }
        for (TransportNode from : members) {
            for (TransportNode to : members) {
                if (from != to) {
                    from.awaitWayTo(to);
                }
            }
        }
        for (TransportNode member : members) {
            member.ear().forget();
        }
    }

    static Running inside(TransportNode node) {
        return ((RSocketTransport) node.transport()).running();
    }

    @Override
    public void close() {
        nodes.forEach(node -> node.transport().close().block(SOON));
    }
}
