package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.spi.Transport;
import io.reactorraft.spi.Transport.Identity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;

/** Where the contract of transports plays: who extends it says how to make a transport and how to cut its links. */
abstract class TransportScenery {

    /** The longest that anything here may take. */
    protected static final Duration SOON = TransportNode.SOON;

    /** The group that the tests speak for, unless they speak of another. */
    protected static final String GROUP = TransportNode.GROUP;

    private final List<TransportNode> nodes = new ArrayList<>();

    /** A transport that was not started. */
    protected abstract Transport transport();

    /** Where a transport may listen, on a port that is free. */
    protected abstract String anyAddress();

    /** Drops both ways whatever passes between the transport and the peer. */
    protected abstract void cut(Transport transport, String peerId);

    /** Undoes {@link #cut}. */
    protected abstract void mend(Transport transport, String peerId);

    @AfterEach
    void closeAll() {
        nodes.forEach(node -> node.transport().close().block(SOON));
    }

    /** A transport that runs as this member of the cluster. */
    protected final TransportNode start(String id) {
        return start(id, anyAddress());
    }

    /** As {@link #start(String)}, at this address. */
    protected final TransportNode start(String id, String address) {
        return start(TransportNode.identity(id, address), address);
    }

    /** A transport that runs as this member. */
    protected final TransportNode start(Identity identity, String listenAddress) {
        TransportNode node = TransportNode.start(transport(), identity, listenAddress);
        nodes.add(node);
        return node;
    }

    /** Makes them peers of each other, waits until either has heard the other, and forgets that they ever did not. */
    protected final void introduce(TransportNode a, TransportNode b) {
        a.peers(a, b);
        b.peers(a, b);
        a.awaitWayTo(b);
        b.awaitWayTo(a);
        a.ear().forget();
        b.ear().forget();
    }

    /** Waits for the latch, within bounds. */
    protected static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(SOON.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
