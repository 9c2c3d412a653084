package io.reactorraft.rsocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.Member;
import io.reactorraft.testkit.TransportNode;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A peer's process is taken for gone")
class GoneTest {

    /** By itself nobody redials within any test. */
    private static final RSocketTransportConfig REDIALS_NEVER =
            Cluster.PATIENT.withRedialDelay(Duration.ofMinutes(30), Duration.ofMinutes(30));

    @Test
    void whenItsConnectionsAreGoneAndItsPortIsClosed() {
        try (Cluster cluster = new Cluster()) {
            TransportNode a = cluster.start("a");
            TransportNode b = cluster.start("b");
            Cluster.introduce(a, b);

            b.transport().close().block(Cluster.SOON);

            a.await("takes it for gone", node -> node.ear().gone().equals(List.of("b")));
        }
    }

    @Test
    void whenAProxyInFrontOfItClosesBeforeTheHandshakeIsAnswered() {
        try (Cluster cluster = new Cluster();
                TcpProxy proxy = new TcpProxy(RSocketTransportTest.freeAddress())) {
            TransportNode a = cluster.start("a");
            String address = proxy.target();
            TransportNode b = cluster.start(TransportNode.identity("b", proxy.address()), address);
            named(a, b, proxy.address());

            b.transport().close().block(Cluster.SOON);

            a.await("takes it for gone", node -> node.ear().gone().equals(List.of("b")));
        }
    }

    @Test
    void butNotWhileItStillReachesUs() {
        try (Cluster cluster = new Cluster();
                TcpProxy proxy = new TcpProxy(RSocketTransportTest.freeAddress())) {
            TransportNode a = cluster.start("a");
            TransportNode b = cluster.start(TransportNode.identity("b", proxy.address()), proxy.target());
            named(a, b, proxy.address());

            proxy.shut();
            a.awaitUnreachable(b);
            b.awaitWayTo(a);
            assertThat(a.ear().gone()).isEmpty();

            b.transport().close().block(Cluster.SOON);
            a.await("takes it for gone", node -> node.ear().gone().equals(List.of("b")));
        }
    }

    @Test
    void whenAnotherBootOfItArrivesThoughTheOldConnectionsStand() {
        try (Cluster cluster = new Cluster(REDIALS_NEVER)) {
            TransportNode a = cluster.start("a");
            TransportNode b = cluster.start("b");
            Cluster.introduce(a, b);

            String elsewhere = RSocketTransportTest.freeAddress();
            TransportNode again = cluster.start(TransportNode.identity("b", elsewhere), elsewhere);
            again.peers(a, again);

            a.await("takes it for gone", node -> node.ear().gone().equals(List.of("b")));
        }
    }

    /** Makes both peers of each other, {@code b} being reached by way of the proxy alone. */
    private static void named(TransportNode a, TransportNode b, String proxied) {
        Member behindProxy =
                b.member().toBuilder().clearAddresses().addAddresses(proxied).build();
        a.transport().peers(TransportNode.GROUP, List.of(a.member(), behindProxy));
        b.transport().peers(TransportNode.GROUP, List.of(a.member(), behindProxy));
        a.awaitWayTo(b);
        b.awaitWayTo(a);
        a.ear().forget();
    }
}
