package io.reactorraft.rsocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.Member;
import io.reactorraft.proto.ProbeReply;
import io.reactorraft.spi.Metric;
import io.reactorraft.spi.PeerStatus;
import io.reactorraft.testkit.TransportNode;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

@DisplayName("Peers")
class PeersTest {

    private final LogCapture log = LogCapture.of("io.reactorraft.rsocket");

    @AfterEach
    void endCapture() {
        log.close();
    }

    @Test
    void thatCannotBeReachedForAnHourCostOneDialASecondAtMostAndOneLineAMinute() {
        Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(1), new SplittableRandom(5));
        AtomicLong nanos = new AtomicLong();
        QuietLog quiet = new QuietLog(LoggerFactory.getLogger("io.reactorraft.rsocket"), nanos::get);
        List<Long> waits = new ArrayList<>();

        while (nanos.get() < Duration.ofHours(1).toNanos()) {
            quiet.warn("unreachable b", "'b' is not connected");
            long wait = backoff.next(false);
            waits.add(wait);
            nanos.addAndGet(Duration.ofMillis(wait).toNanos());
        }

        assertThat(waits.get(0)).isBetween(50L, 100L);
        assertThat(waits.subList(5, waits.size())).allMatch(wait -> wait >= 500 && wait <= 1_000);
        assertThat(waits.stream().distinct().count()).as("different waits").isGreaterThan(300);
        assertThat(log.containing("'b' is not connected")).hasSizeBetween(59, 61);
    }

    @Test
    void thatRefuseUsAreAskedLessOftenAndAgainSoonOnceTheyAreBack() {
        Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(1), new SplittableRandom(5));
        for (int i = 0; i < 20; i++) {
            assertThat(backoff.next(true)).isBetween(50L, 5_000L);
        }
        assertThat(backoff.next(true)).isBetween(2_500L, 5_000L);

        backoff.reset();

        assertThat(backoff.next(false)).isBetween(50L, 100L);
    }

    @Test
    void stayAtTheAddressThatWorkedUntilItFails() {
        Addresses addresses = new Addresses();
        assertThat(addresses.current()).isNull();
        assertThat(addresses.name(List.of("one:1", "two:2", "three:3"))).isTrue();
        assertThat(addresses.name(List.of("one:1", "two:2", "three:3"))).isFalse();
        assertThat(addresses.current()).isEqualTo("one:1");

        addresses.failed();
        assertThat(addresses.current()).isEqualTo("two:2");
        assertThat(addresses.current()).isEqualTo("two:2");
        addresses.name(List.of("zero:0", "two:2"));
        assertThat(addresses.current()).isEqualTo("two:2");
        addresses.failed();
        assertThat(addresses.current()).isEqualTo("zero:0");
        addresses.tell(List.of("told:9"), true);
        assertThat(addresses.current()).isEqualTo("told:9");
        assertThat(addresses.contains("two:2")).isTrue();
        addresses.failed();
        assertThat(addresses.current()).isEqualTo("zero:0");
        addresses.name(List.of("last:1"));
        assertThat(addresses.contains("told:9")).isFalse();
    }

    @Test
    void whoseAddressIsChangedAreFoundThereBeforeTheOldConnectionIsLetGoOf() {
        try (Cluster cluster = new Cluster()) {
            TransportNode a = cluster.start("a");
            TransportNode b = cluster.start("b");
            Cluster.introduce(a, b);
            Member nowhere = b.member().toBuilder()
                    .clearAddresses()
                    .addAddresses(RSocketTransportTest.freeAddress())
                    .build();

            a.transport().peers(TransportNode.GROUP, List.of(a.member(), nowhere));
            a.await(
                    "finds nobody there",
                    node -> !log.containing("'b' is not connected").isEmpty());

            assertThat(statusOf(a).reachable()).isTrue();
            assertThat(statusOf(a).address()).isEqualTo(b.address());
            a.send(b, 1);
            b.awaitHeard(1);

            // The same process is reached under another name of this host, and there the connection moves.
            String elsewhere = "localhost:" + HostPort.parse(b.address()).port();
            Member moved = b.member().toBuilder()
                    .clearAddresses()
                    .addAddresses(elsewhere)
                    .build();
            for (long index = 2; index <= 500; index++) {
                a.send(b, index);
            }
            a.transport().peers(TransportNode.GROUP, List.of(a.member(), moved));
            a.await(
                    "is at the new address",
                    node -> elsewhere.equals(statusOf(node).address())
                            && statusOf(node).reachable());
            a.awaitWayTo(b);

            assertThat(b.heardIndexes()).hasSize(500).isSorted();
            assertThat(log.containing("'a' lost 'b'")).isEmpty();
            assertThat(log.containing("'b' moves from " + b.address() + " to " + elsewhere))
                    .hasSize(1);
        }
    }

    @Test
    void whoAcceptAndHangUpAtOnceAreDialledLessAndLessOften() throws Exception {
        try (Cluster cluster = new Cluster();
                ServerSocket rude = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            TransportNode a = cluster.start("a");
            Member b = TransportNode.member("b", "127.0.0.1:" + rude.getLocalPort());
            long begin = System.nanoTime();
            a.transport().peers(TransportNode.GROUP, List.of(a.member(), b));

            for (int dials = 0; dials < 6; dials++) {
                try (Socket dialled = rude.accept()) {
                    dialled.setSoLinger(true, 0);
                }
            }

            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .as("six dials, at 50 + 100 + 200 + 400 + 500 ms at least")
                    .isGreaterThan(Duration.ofSeconds(1));
            assertThat(log.containing("'b' is not connected")).hasSizeLessThanOrEqualTo(1);
        }
    }

    @Test
    void areMeasured() {
        Map<Metric, Long> measured = new ConcurrentHashMap<>();
        try (Cluster cluster = new Cluster(Cluster.PATIENT.withProbeInterval(Duration.ofMillis(20)))) {
            TransportNode a = cluster.start("a");
            TransportNode b = cluster.start("b");
            a.transport().measure((metric, group, peer, value) -> measured.put(metric, value));
            Cluster.introduce(a, b);

            a.await("has measured b", node -> measured.containsKey(Metric.PEER_CLOCK_SKEW));

            assertThat(measured.get(Metric.PEER_ROUND_TRIP)).isPositive();
            assertThat(log.containing("the clock of")).isEmpty();
        }
    }

    @Test
    void whoseClocksAreOffAreKnownByIt() {
        PeerHealth health = new PeerHealth();
        ProbeReply ahead = ProbeReply.newBuilder().setTimeMillis(105_000).build();
        ProbeReply near = ProbeReply.newBuilder().setTimeMillis(100_400).build();

        assertThat(health.answered(ahead, 100_000, Duration.ofMillis(200).toNanos()))
                .isEqualTo(Duration.ofMillis(4_799));
        assertThat(health.status("b", TransportNode.GROUP, null).clockSkew()).isEqualTo(Duration.ofMillis(4_900));
        assertThat(health.status("b", TransportNode.GROUP, null).roundTrip()).isEqualTo(Duration.ofMillis(200));
        assertThat(health.answered(near, 102_000, 0)).isEqualTo(Duration.ofMillis(-1_599));
        assertThat(health.answered(near, 100_000, Duration.ofMillis(800).toNanos()))
                .as("no more than the round trip may explain")
                .isEqualTo(Duration.ZERO);
    }

    @Test
    void hearNothingOfOneThatIsPausedThoughTheyStayConnected() {
        try (Cluster cluster = new Cluster()) {
            TransportNode a = cluster.start("a");
            TransportNode b = cluster.start("b");
            Cluster.introduce(a, b);
            RSocketTransport paused = (RSocketTransport) a.transport();

            paused.pause();
            paused.pause();
            a.send(b, 1);
            b.send(a, 2);
            a.await("has lost both messages", node -> paused.running().lostWhilePaused() == 2);
            paused.resume();
            paused.resume();
            a.awaitWayTo(b);
            b.awaitWayTo(a);

            assertThat(a.heard()).isEmpty();
            assertThat(b.heard()).isEmpty();
            assertThat(log.containing("lost")).isEmpty();
        }
    }

    private static PeerStatus statusOf(TransportNode node) {
        return node.transport().status(TransportNode.GROUP).get(0);
    }
}
