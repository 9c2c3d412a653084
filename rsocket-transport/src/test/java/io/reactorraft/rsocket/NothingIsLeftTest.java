package io.reactorraft.rsocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.testkit.TransportNode;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A closed transport leaves no thread, no port and no buffer behind. */
@DisplayName("Of a closed transport nothing is left")
class NothingIsLeftTest {

    private static final Duration SOON = Cluster.SOON;

    private final LogCapture leaks = LogCapture.of("io.netty.util.ResourceLeakDetector");

    @AfterEach
    void nothingIsLeft() {
        awaitNoThreadOfOurs();
        assertThat(ResourceLeakDetector.getLevel()).isEqualTo(ResourceLeakDetector.Level.PARANOID);
        for (int i = 0; i < 5; i++) {
            System.gc();
            // The detector speaks when the next buffer is made.
            ByteBufAllocator.DEFAULT.buffer(1).release();
            ByteBufAllocator.DEFAULT.directBuffer(1).release();
        }
        // RSocket 1.1.5 forgets the SETUP frame of a dial whose connection closes in the midst of it: not ours to
        // release.
        assertThat(leaks.containing("LEAK"))
                .filteredOn(leak -> !leak.contains("SetupFrameCodec.encode"))
                .isEmpty();
        leaks.close();
    }

    @Test
    void afterMessagesRequestsAndASnapshot() throws Exception {
        String address;
        try (Cluster cluster = new Cluster()) {
            TransportNode a = cluster.start("a");
            TransportNode b = cluster.start("b");
            b.ear().answering(Mono::just);
            Cluster.introduce(a, b);
            address = b.address();
            for (long index = 1; index <= 10_000; index++) {
                a.send(b, index);
                if (index % 2_000 == 0) {
                    a.awaitWayTo(b);
                }
            }
            for (int i = 0; i < 100; i++) {
                a.request(address, "echo " + i);
            }
            a.transport()
                    .sendSnapshot(
                            "b",
                            SnapshotMetadata.newBuilder()
                                    .setGroupId(TransportNode.GROUP)
                                    .build(),
                            Flux.range(0, 200).map(i -> ByteBuffer.allocate(10_000)))
                    .block(SOON);
        }
        try (ServerSocket again = new ServerSocket(HostPort.parse(address).port())) {
            assertThat(again.isBound()).isTrue();
        }
    }

    @Test
    void afterAPeerThatReadNothing() {
        CountDownLatch stall = new CountDownLatch(1);
        Cluster cluster = new Cluster();
        TransportNode a = cluster.start("a");
        TransportNode b = cluster.start("b");
        Cluster.introduce(a, b);
        b.ear().onMessage(message -> {
            try {
                assertThat(stall.await(SOON.toSeconds(), java.util.concurrent.TimeUnit.SECONDS))
                        .isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        for (long index = 1; index <= 3_000; index++) {
            a.transport()
                    .send(
                            TransportNode.GROUP,
                            a.append(b, index).toBuilder()
                                    .setContext(com.google.protobuf.ByteString.copyFrom(new byte[20_000]))
                                    .build());
        }

        a.transport().close().block(SOON);
        stall.countDown();
        cluster.close();
    }

    @Test
    void afterRequestsThatNobodyAnswers() {
        try (Cluster cluster = new Cluster()) {
            TransportNode a = cluster.start("a");
            TransportNode b = cluster.start("b");
            b.ear().answering(body -> Mono.never());
            Cluster.introduce(a, b);
            for (int i = 0; i < 50; i++) {
                a.transport()
                        .request(TransportNode.GROUP, b.address(), ByteBuffer.allocate(100_000))
                        .subscribe(answer -> {}, error -> assertThat(error).isNotNull());
            }
        }
    }

    @Test
    void afterAStartThatWasRefused() {
        try (Cluster cluster = new Cluster()) {
            TransportNode a = cluster.start("a");
            RSocketTransport late = new RSocketTransport();
            late.start(TransportNode.identity("b", a.address()), a.address())
                    .onErrorComplete()
                    .block(SOON);
        }
    }

    @Test
    void ofOneThatWasNeverStartedThereNeverWasAnything() {
        RSocketTransport inert = new RSocketTransport();
        inert.peers(TransportNode.GROUP, List.of(TransportNode.member("b", "127.0.0.1:1")));

        assertThat(threadsOfOurs()).isEmpty();
        inert.close().block(SOON);
    }

    private static void awaitNoThreadOfOurs() {
        long deadline = System.nanoTime() + SOON.toNanos();
        while (!threadsOfOurs().isEmpty() && System.nanoTime() < deadline) {
            LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
        }
        assertThat(threadsOfOurs()).isEmpty();
    }

    private static List<String> threadsOfOurs() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("raft-"))
                .toList();
    }
}
