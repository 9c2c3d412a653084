package io.reactorraft.rsocket;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.Metric;
import io.reactorraft.spi.Transport;
import io.reactorraft.testkit.TransportNode;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

@DisplayName("Under load")
class LoadTest {

    private static final RSocketTransportConfig ROOMY = Cluster.PATIENT.withMaxQueuedMessages(200_000);

    @Test
    void aHundredThousandMessagesArriveInOrderFromBothSidesAtOnce() throws InterruptedException {
        int count = 100_000;
        try (Cluster cluster = new Cluster(ROOMY)) {
            TransportNode a = cluster.start("a");
            TransportNode b = cluster.start("b");
            TransportNode c = cluster.start("c");
            Cluster.introduce(a, b, c);
            InOrder atB = new InOrder(2 * count);
            InOrder atA = new InOrder(count);
            b.leave();
            a.leave();
            b.transport().join(TransportNode.GROUP, atB);
            a.transport().join(TransportNode.GROUP, atA);

            Thread others = new Thread(() -> {
                for (long index = 1; index <= count; index++) {
                    c.send(b, index);
                    b.send(a, index);
                }
            });
            others.start();
            for (long index = 1; index <= count; index++) {
                a.send(b, index);
            }

            atB.awaitAll();
            atA.awaitAll();
            others.join();
        }
    }

    @Test
    void aMessageOfEightMebibytesPassesAndOneAboveTheLimitIsDroppedWithoutBreakingAnything() {
        Map<String, AtomicLong> dropped = new ConcurrentHashMap<>();
        try (Cluster cluster = new Cluster();
                LogCapture log = LogCapture.of("io.reactorraft.rsocket")) {
            TransportNode a = cluster.start("a");
            TransportNode b = cluster.start("b");
            a.transport().measure((metric, group, peer, value) -> {
                if (metric == Metric.PEER_DROPPED_APPENDS) {
                    dropped.computeIfAbsent(String.valueOf(peer), id -> new AtomicLong())
                            .addAndGet(value);
                }
            });
            Cluster.introduce(a, b);
            dropped.clear();
            Message large = withEntry(a.append(b, 1), 8 << 20);

            a.transport().send(TransportNode.GROUP, large);
            a.transport().send(TransportNode.GROUP, withEntry(a.append(b, 2), 17 << 20));
            a.send(b, 3);

            b.awaitHeard(2);
            assertThat(b.heard().get(0)).isEqualTo(large);
            assertThat(b.heardIndexes()).containsExactly(1L, 3L);
            a.await("reports the loss", node -> node.ear().unreachable().contains("b"));
            assertThat(dropped.get("b")).hasValue(1);
            assertThat(log.containing("dropped a MSG_APPEND of ")).hasSize(1);
        }
    }

    @Test
    void aStalledReceiverHasItsSenderDropAndReportButNeverGatherMoreThanTheLimit() {
        int limit = 100;
        try (Cluster cluster = new Cluster(Cluster.PATIENT.withMaxQueuedMessages(limit))) {
            TransportNode a = cluster.start("a");
            TransportNode b = cluster.start("b");
            AtomicLong dropped = new AtomicLong();
            Cluster.introduce(a, b);
            a.transport().measure((metric, group, peer, value) -> {
                if (metric == Metric.PEER_DROPPED_APPENDS) {
                    dropped.addAndGet(value);
                }
            });
            CountDownLatch stall = new CountDownLatch(1);
            b.ear().onMessage(message -> InOrder.await(stall));

            int sent = 0;
            while (dropped.get() < 1_000) {
                a.transport().send(TransportNode.GROUP, withEntry(a.append(b, ++sent), 50_000));
            }
            stall.countDown();
            b.awaitHeard(sent - (int) dropped.get());

            assertThat(b.heardIndexes()).isSorted();
            assertThat(a.ear().unreachable())
                    .as("reports for 1000 dropped messages")
                    .hasSizeBetween(1, 200);
        }
    }

    private static Message withEntry(Message message, int bytes) {
        return message.toBuilder()
                .addEntries(Entry.newBuilder().setData(ByteString.copyFrom(new byte[bytes])))
                .build();
    }

    /** Counts messages and checks the order of each sender, without keeping them. */
    private static final class InOrder implements Transport.Receiver {
        private final CountDownLatch missing;
        private final Map<String, Long> last = new ConcurrentHashMap<>();
        private final AtomicLong outOfOrder = new AtomicLong();

        InOrder(int count) {
            missing = new CountDownLatch(count);
        }

        @Override
        public void receive(Message message) {
            Long before = last.put(message.getFrom(), message.getIndex());
            if (message.getIndex() != (before == null ? 1 : before + 1)) {
                outOfOrder.incrementAndGet();
            }
            missing.countDown();
        }

        @Override
        public void unreachable(String peerId) {
            outOfOrder.incrementAndGet();
        }

        @Override
        public void met(Member peer) {}

        @Override
        public Mono<ByteBuffer> request(ByteBuffer body) {
            return Mono.empty();
        }

        @Override
        public Mono<Void> snapshot(SnapshotMetadata metadata, Flux<ByteBuffer> content) {
            return Mono.empty();
        }

        void awaitAll() {
            await(missing);
            assertThat(outOfOrder).hasValue(0);
        }

        static void await(CountDownLatch latch) {
            try {
                assertThat(latch.await(3 * Cluster.SOON.toSeconds(), TimeUnit.SECONDS))
                        .as("%s messages are missing", latch.getCount())
                        .isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
