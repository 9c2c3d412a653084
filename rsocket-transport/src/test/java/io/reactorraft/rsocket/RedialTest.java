package io.reactorraft.rsocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.proto.Member;
import io.reactorraft.spi.Metric;
import io.reactorraft.testkit.TransportNode;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A peer that was lost")
class RedialTest {

    /** No redial by itself within any test: who is reached again is reached because it called. */
    private static final RSocketTransportConfig REDIALS_NEVER =
            Cluster.PATIENT.withRedialDelay(Duration.ofMinutes(30), Duration.ofMinutes(30));

    private final LogCapture log = LogCapture.of("io.reactorraft.rsocket");

    @AfterEach
    void endCapture() {
        log.close();
    }

    @Test
    void isDialledAtOnceWhenItDialsUs() {
        try (Cluster patient = new Cluster(REDIALS_NEVER);
                Cluster usual = new Cluster()) {
            TransportNode a = patient.start("a");
            TransportNode b = usual.start("b");
            Cluster.introduce(a, b);

            b.transport().close().block(Cluster.SOON);
            a.awaitUnreachable(b);
            TransportNode again = usual.start("b", b.address());
            again.peers(a, again);

            a.awaitWayTo(again);
        }
    }

    @Test
    void isForgottenByItsOldConnectionWhenItComesBackUnderANewBootId() {
        try (Cluster cluster = new Cluster(REDIALS_NEVER)) {
            TransportNode a = cluster.start("a");
            TransportNode b = cluster.start("b");
            Cluster.introduce(a, b);
            String elsewhere = RSocketTransportTest.freeAddress();

            // The old process hangs and its connections stand; a new one of the same member starts elsewhere.
            TransportNode again = cluster.start(TransportNode.identity("b", elsewhere), elsewhere);
            a.transport().peers(TransportNode.GROUP, List.of(a.member(), atBoth(again, b)));
            again.peers(a, again);
            again.awaitWayTo(a);

            a.awaitWayTo(again);
            assertThat(log.containing("'a' lost 'b' at " + b.address() + ": it was restarted"))
                    .hasSize(1);
        }
    }

    private static Member atBoth(TransportNode one, TransportNode other) {
        return one.member().toBuilder().addAddresses(other.address()).build();
    }

    @Test
    void isFoundOutWhenItHangsThoughItsConnectionsStand() {
        CountDownLatch hang = new CountDownLatch(1);
        try (Cluster cluster = new Cluster(RSocketTransportConfig.defaults()
                .withIoThreads(1)
                .withKeepAlive(Duration.ofMillis(500), Duration.ofSeconds(3)))) {
            TransportNode a = cluster.start("a");
            TransportNode b = cluster.start("b");
            Cluster.introduce(a, b);
            b.ear().onMessage(message -> await(hang));

            a.send(b, 1);
            a.await(
                    "hears nothing of it any more",
                    node -> node.ear().unreachable().contains("b"));
            assertThat(log.containing("'a' lost 'b'"))
                    .anySatisfy(line -> assertThat(line).contains("No keep-alive acks for 3000 ms"));

            hang.countDown();
            a.awaitWayTo(b);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(Cluster.SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void isReachedAtTheSecondOfItsAddressesWhereTheFirstIsDead() {
        try (Cluster cluster = new Cluster()) {
            TransportNode a = cluster.start("a");
            TransportNode b = cluster.start("b");
            Member twice = b.member().toBuilder()
                    .clearAddresses()
                    .addAddresses(RSocketTransportTest.freeAddress())
                    .addAddresses(b.address())
                    .build();

            a.transport().peers(TransportNode.GROUP, List.of(a.member(), twice));

            a.awaitWayTo(b);
        }
    }

    @Test
    void isSaidToBeLostAndFoundOnceEachAndCountedAsUpOrDown() {
        ConcurrentLinkedQueue<Long> up = new ConcurrentLinkedQueue<>();
        try (Cluster cluster = new Cluster()) {
            TransportNode a = cluster.start("a");
            TransportNode b = cluster.start("b");
            a.transport().measure((metric, group, peer, value) -> {
                if (metric == Metric.PEER_UP) {
                    up.add(value);
                }
            });
            Cluster.introduce(a, b);

            ((RSocketTransport) a.transport()).cut("b");
            a.awaitUnreachable(b);
            ((RSocketTransport) a.transport()).mend("b");
            a.awaitWayTo(b);
        }

        assertThat(log.containing("'a' is connected to 'b'")).hasSize(2);
        assertThat(log.containing("'a' lost 'b'")).hasSize(1);
        assertThat(Stream.of(0L, 1L, 0L, 1L))
                .containsExactlyElementsOf(up.stream().limit(4).toList());
    }

    @Test
    void isReportedButNotOnceForEachMessage() {
        try (Cluster cluster = new Cluster()) {
            TransportNode a = cluster.start("a");
            Member nobody = TransportNode.member("b", RSocketTransportTest.freeAddress());
            a.transport().peers(TransportNode.GROUP, List.of(a.member(), nobody));
            a.await("is told", node -> {
                a.transport().send(TransportNode.GROUP, toB(a));
                return !node.ear().unreachable().isEmpty();
            });
            long begin = System.nanoTime();

            for (int i = 0; i < 10_000; i++) {
                a.transport().send(TransportNode.GROUP, toB(a));
            }

            long reportsDue =
                    (System.nanoTime() - begin) / Duration.ofMillis(100).toNanos();
            assertThat(a.ear().unreachable().size()).isLessThanOrEqualTo((int) reportsDue + 3);
            assertThat(log.containing("'b' is not connected")).hasSizeLessThanOrEqualTo(1);
        }
    }

    private static io.reactorraft.proto.Message toB(TransportNode a) {
        return a.append(a, 1).toBuilder().setTo("b").build();
    }
}
