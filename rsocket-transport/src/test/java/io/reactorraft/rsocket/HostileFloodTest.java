package io.reactorraft.rsocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.rsocket.HostilePeerException.Kind;
import io.reactorraft.testkit.TransportNode;
import io.rsocket.frame.FrameHeaderCodec;
import io.rsocket.frame.FrameType;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/**
 * Seeded junk without end, connections and streams by the thousand. A short form by default; {@code
 * -Draft.hostile.cases=100000 -Draft.hostile.connections=10000 -Draft.hostile.streams=100000} is what a release has to
 * stand, and {@code -Draft.hostile.seed} begins elsewhere.
 */
@DisplayName("A flood of hostile input")
class HostileFloodTest {

    private static final int CASES = Integer.getInteger("raft.hostile.cases", 2_000);
    private static final int CONNECTIONS = Integer.getInteger("raft.hostile.connections", 1_500);
    private static final int STREAMS = Integer.getInteger("raft.hostile.streams", 20_000);
    private static final long SEED = Long.getLong("raft.hostile.seed", 1);

    /** What all of it may take beside the heap; a single connection may make 128 MiB wait, and a flood shares it. */
    private static final long MAX_DIRECT_BYTES = 256L << 20;

    private static final int MAX_LOG_LINES = 60;

    private final LogCapture log = LogCapture.of("io.reactorraft.rsocket");
    private final LogCapture libraries = LogCapture.of("io.rsocket");
    private final LogCapture reactor = LogCapture.of("reactor");
    /** Patient, as the paranoid search for leaks makes every frame of a flood a hundred times as dear. */
    private final Cluster cluster =
            new Cluster(RSocketTransportConfig.defaults().withKeepAlive(Duration.ofSeconds(1), Cluster.SOON));

    private TransportNode a;
    private TransportNode b;
    private long sent;

    @BeforeEach
    void connect() {
        a = cluster.start("a");
        b = cluster.start("b");
        Cluster.introduce(a, b);
    }

    @AfterEach
    void theNodeServedItsPeersThroughoutAndIsClosed() {
        try {
            theNodeServedItsPeersThroughout();
        } finally {
            closeAll();
        }
    }

    private void theNodeServedItsPeersThroughout() {
        b.await(
                "is alone with its peer",
                node -> Cluster.inside(node).listener().openConnections() == 1
                        && Cluster.inside(node).links().size() == 1);
        b.awaitHeard((int) sent);
        assertThat(b.heardIndexes()).isSorted().doesNotHaveDuplicates();
        assertThat(a.ear().unreachable()).isEmpty();
        assertThat(b.ear().unreachable()).isEmpty();
        assertThat(PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory()).isLessThan(MAX_DIRECT_BYTES);
        assertThat(log.lines()).hasSizeLessThan(MAX_LOG_LINES);
        assertThat(libraries.containing("ERROR")).isEmpty();
        assertThat(reactor.containing("ERROR")).isEmpty();
    }

    private void closeAll() {
        cluster.close();
        log.close();
        libraries.close();
        reactor.close();
    }

    @Test
    void ofSeededJunkIsRefusedCaseByCase() throws IOException {
        for (int number = 0; number < CASES; number++) {
            byte[] junk = new HostileCase(SEED + number).bytes();
            HostPort target = HostPort.parse(b.address());
            try (Socket socket = new Socket(target.host(), target.port())) {
                socket.setSoTimeout((int) Cluster.SOON.toMillis());
                socket.getOutputStream().write(junk);
                socket.shutdownOutput();
                socket.getInputStream().readAllBytes();
            } catch (SocketException cutOff) {
                assertThat(cutOff).as("seed %s", SEED + number).hasMessageMatching(".*(reset|pipe|aborted).*");
            }
            if (number % 10 == 0) {
                a.send(b, ++sent);
            }
        }
        Listener listener = Cluster.inside(b).listener();
        assertThat(listener.hostile(Kind.FRAME)).as("refused frames").isGreaterThan(CASES / 10);
        assertThat(listener.hostile(Kind.SETUP)).as("refused introductions").isGreaterThan(CASES / 100);
        assertThat(listener.hostile(Kind.MESSAGE)).as("refused messages").isGreaterThan(CASES / 100);
    }

    @Test
    void ofConnectionsFindsTheLimitAndNobodyElseNotices() throws IOException {
        int limit = RSocketTransportConfig.defaults().maxConnections();
        HostPort target = HostPort.parse(b.address());
        List<Socket> crowd = new ArrayList<>();
        for (int number = 0; number < CONNECTIONS; number++) {
            crowd.add(new Socket(target.host(), target.port()));
            if (number % 10 == 0) {
                a.send(b, ++sent);
            }
            assertThat(Cluster.inside(b).listener().openConnections()).isLessThanOrEqualTo(limit);
        }
        Listener listener = Cluster.inside(b).listener();
        awaitProgress(
                "refused connections",
                () -> listener.hostile(Kind.TOO_MANY_CONNECTIONS),
                refused -> refused >= CONNECTIONS - limit);
        for (Socket socket : crowd) {
            socket.close();
        }
    }

    @Test
    void ofStreamsIsAnsweredUpToTheLimitAndRefusedBeyond() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        b.ear().answering(body -> {
            asked.incrementAndGet();
            return Mono.never();
        });
        int limit = RSocketTransportConfig.defaults().maxConcurrentRequests();
        try (RawPeer peer = new RawPeer(b.address())) {
            peer.setup(Purpose.REQUESTS.setup(HostileCase.hello("c")), 60_000, 600_000);
            assertThat(peer.askForVerdict().getVerdict()).isEqualTo(Verdict.WELCOME);
            AtomicInteger refused = new AtomicInteger();
            Thread reader = new Thread(() -> countErrors(peer, refused));
            reader.setDaemon(true); // it ends with the connection
            reader.start();
            for (int stream = 0; stream < STREAMS; stream++) {
                peer.request(3 + 2 * stream, new Route(Route.Kind.REQUEST, TransportNode.GROUP));
                if (stream % 1_000 == 0) {
                    a.send(b, ++sent);
                }
            }
            awaitProgress("answered streams", () -> asked.get() + refused.get(), seen -> seen == STREAMS);
            assertThat(asked).hasValueLessThanOrEqualTo(limit);
        }
    }

    /** Waits for a count, however long it takes, as long as it grows. */
    private void awaitProgress(String what, LongSupplier count, LongPredicate enough) {
        long before = -1;
        for (long now = count.getAsLong(); !enough.test(now); now = count.getAsLong()) {
            assertThat(now).as("%s, and no more within %s", what, Cluster.SOON).isGreaterThan(before);
            before = now;
            long last = now;
            b.ear().await(Cluster.SOON, heard -> count.getAsLong() > last);
        }
    }

    private static void countErrors(RawPeer peer, AtomicInteger refused) {
        try {
            while (true) {
                ByteBuf frame = peer.read();
                if (FrameHeaderCodec.frameType(frame) == FrameType.ERROR) {
                    refused.incrementAndGet();
                }
            }
        } catch (EOFException | SocketException closed) {
            assertThat(refused.get()).isPositive();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void ofSlowSendersIsCutOffThoughEachSendsSomethingNowAndThen() throws IOException {
        ByteBuf setup = RawPeer.setupFrame(Purpose.MESSAGES.setup(HostileCase.hello("c")), 1_000, 3_000);
        byte[] frame = new byte[setup.readableBytes()];
        setup.readBytes(frame);
        List<RawPeer> slow = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            slow.add(new RawPeer(b.address()));
        }
        for (RawPeer peer : slow) {
            peer.send((byte) 0, (byte) 0, (byte) frame.length).send(frame[0], frame[1]);
        }
        a.send(b, ++sent);
        for (RawPeer peer : slow) {
            peer.awaitClosed();
            peer.close();
        }
        b.await("counts them all", node -> Cluster.inside(node).listener().hostile(Kind.SETUP) == 50);
    }
}
