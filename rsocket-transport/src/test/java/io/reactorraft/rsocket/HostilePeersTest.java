package io.reactorraft.rsocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.reactorraft.proto.Hello;
import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.rsocket.HostilePeerException.Kind;
import io.reactorraft.testkit.TransportNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Whatever comes over the port: the connection is closed, the fault counted, and real peers notice nothing. */
@DisplayName("Somebody hostile")
class HostilePeersTest {

    private static final int MAX_CONNECTIONS = 20;

    private final LogCapture log = LogCapture.of("io.reactorraft.rsocket");
    private final LogCapture libraries = LogCapture.of("io.rsocket");
    private final Cluster cluster = new Cluster(Cluster.PATIENT.withMaxConnections(MAX_CONNECTIONS));
    private final Cluster hasty = new Cluster(
            Cluster.PATIENT.withMaxConnections(MAX_CONNECTIONS).withHandshakeTimeout(Duration.ofSeconds(2)));
    private final AtomicLong sent = new AtomicLong();
    private TransportNode a;
    private TransportNode b;

    @BeforeEach
    void connect() {
        a = cluster.start("a");
        b = cluster.start("b");
        Cluster.introduce(a, b);
    }

    @AfterEach
    void realPeersWereServedThroughout() {
        a.send(b, sent.incrementAndGet());
        b.send(a, sent.get());
        b.awaitHeard(1);
        a.awaitHeard(1);
        assertThat(a.ear().unreachable()).isEmpty();
        assertThat(b.ear().unreachable()).isEmpty();
        assertThat(libraries.containing("ERROR")).isEmpty();
        hasty.close();
        cluster.close();
        log.close();
        libraries.close();
    }

    /** From now on {@code b} soon cuts off who does not introduce themselves. */
    private void hurry() {
        b.transport().close().block(Cluster.SOON);
        b = hasty.start("b");
        Cluster.introduce(a, b);
    }

    @Test
    void whoSendsRandomBytesIsCutOff() throws IOException {
        SplittableRandom random = new SplittableRandom(11);
        for (int round = 0; round < 200; round++) {
            byte[] junk = new byte[random.nextInt(1, 2_000)];
            random.nextBytes(junk);
            try (RawPeer peer = new RawPeer(b.address())) {
                peer.send(junk);
                if (round % 20 == 0) {
                    peer.awaitClosed();
                }
            }
        }
        assertThat(log.containing("WARN").size()).as("lines logged").isLessThan(6);
    }

    @Test
    void whoSendsAnEndlessFrameIsCutOff() throws IOException {
        expect(Kind.FRAME, peer -> peer.send((byte) 0x7F, (byte) 0xFF, (byte) 0xFF, (byte) 0));
    }

    @Test
    void whoSaysNothingIsCutOffInTime() throws IOException {
        hurry();
        expect(Kind.SETUP, peer -> peer.send());
    }

    @Test
    void whoTricklesASetupIsCutOffInTime() throws IOException {
        hurry();
        expect(Kind.SETUP, peer -> peer.send((byte) 0, (byte) 0, (byte) 50, (byte) 0));
    }

    @Test
    void whoIntroducesThemselvesWithJunkIsCutOff() throws IOException {
        expect(Kind.SETUP, peer -> peer.setup(RawPeer.junk()));
        expect(Kind.SETUP, peer -> peer.setup(io.rsocket.util.DefaultPayload.create("\u0008", "\u0001")));
        expect(Kind.SETUP, peer -> peer.setup(Purpose.MESSAGES, Hello.getDefaultInstance()));
        expect(Kind.SETUP, peer -> peer.setup(Purpose.MESSAGES, hello("x".repeat(1_000))));
    }

    @Test
    void whoAsksForAnAbsurdKeepaliveIsCutOff() throws IOException {
        expect(Kind.SETUP, peer -> peer.setup(Purpose.MESSAGES.setup(hello("c")), 1, 10));
        expect(Kind.SETUP, peer -> peer.setup(Purpose.MESSAGES.setup(hello("c")), 1_000, 1_000_000));
        expect(Kind.SETUP, peer -> peer.setup(Purpose.MESSAGES.setup(hello("c")), -5, -5));
    }

    @Test
    void whoTearsTheirSetupIsCutOff() throws IOException {
        hurry();
        ByteBuf setup = RawPeer.setupFrame(Purpose.MESSAGES.setup(hello("c")), 1_000, 3_000);
        for (int length = 6; length < setup.readableBytes(); length += 5) {
            try (RawPeer peer = new RawPeer(b.address())) {
                peer.frame(setup.retainedSlice(0, length)).awaitClosed();
            }
        }
        setup.release();
    }

    @Test
    void whoBeginsWithAnythingButASetupIsCutOff() throws IOException {
        try (RawPeer peer = new RawPeer(b.address())) {
            peer.request(1, Route.HELLO).awaitClosed();
        }
    }

    @Test
    void whoNeverAsksForTheVerdictIsCutOffInTime() throws IOException {
        hurry();
        try (RawPeer peer = new RawPeer(b.address())) {
            peer.setup(Purpose.MESSAGES, hello("c")).awaitClosed();
        }
        assertThat(b.ear().met()).isEmpty();
    }

    @Test
    void whoSendsMessagesBeforeTheVerdictIsCutOff() throws IOException {
        expect(
                Kind.MESSAGE,
                peer -> peer.setup(Purpose.MESSAGES, hello("c"))
                        .channel(1, batch(message("c", "b", MessageType.MSG_APPEND))));
        assertThat(b.ear().messages()).isEmpty();
    }

    @Test
    void whoAsksBeforeTheVerdictIsCutOff() throws IOException {
        expect(
                Kind.MESSAGE,
                peer -> peer.setup(Purpose.MESSAGES, hello("c"))
                        .request(1, new Route(Route.Kind.REQUEST, TransportNode.GROUP)));
    }

    @Test
    void whoWasRefusedAndGoesOnIsCutOff() throws IOException {
        Hello foreign = hello("c").toBuilder().setClusterId("other").build();
        expect(Kind.MESSAGE, peer -> {
            peer.setup(Purpose.MESSAGES, foreign);
            assertThat(peer.askForVerdict().getVerdict()).isEqualTo(Verdict.WRONG_CLUSTER);
            peer.channel(3, batch(message("c", "b", MessageType.MSG_APPEND)));
        });
        assertThat(b.ear().messages()).isEmpty();
        assertThat(b.ear().met()).isEmpty();
    }

    @Test
    void whoSpeaksInAnothersNameIsCutOff() throws IOException {
        expect(Kind.MESSAGE, peer -> welcomed(peer, "c").channel(3, batch(message("a", "b", MessageType.MSG_APPEND))));
        assertThat(log.containing("a message from 'a' on the connection of 'c'"))
                .hasSize(1);
        assertThat(b.ear().messages()).isEmpty();
    }

    @Test
    void whoSpeaksToAnotherIsCutOff() throws IOException {
        expect(Kind.MESSAGE, peer -> welcomed(peer, "c").channel(3, batch(message("c", "a", MessageType.MSG_APPEND))));
        assertThat(b.ear().messages()).isEmpty();
    }

    @Test
    void whoSendsWhatANodeSaysToItselfIsCutOff() throws IOException {
        expect(Kind.MESSAGE, peer -> welcomed(peer, "c").channel(3, batch(message("c", "b", MessageType.MSG_HUP))));
        expect(
                Kind.MESSAGE,
                peer -> welcomed(peer, "d")
                        .channel(3, batch(message("d", "b", MessageType.MSG_STORAGE_APPEND_RESPONSE))));
        assertThat(b.ear().messages()).isEmpty();
    }

    @Test
    void whoSendsAnUndecodablePayloadIsCutOff() throws IOException {
        expect(Kind.PAYLOAD, peer -> welcomed(peer, "c").channel(3, Unpooled.wrappedBuffer(new byte[] {5, 1, 2})));
    }

    @Test
    void whoOpensAThirdChannelIsCutOff() throws IOException {
        expect(
                Kind.MESSAGE,
                peer -> welcomed(peer, "c")
                        .channel(3, batch(message("c", "b", MessageType.MSG_APPEND)))
                        .channel(5, batch(message("c", "b", MessageType.MSG_HEARTBEAT)))
                        .channel(7, batch(message("c", "b", MessageType.MSG_APPEND))));
        b.ear().forget();
    }

    @Test
    void whoOpensAChannelForRequestsAloneIsCutOff() throws IOException {
        expect(Kind.MESSAGE, peer -> {
            peer.setup(Purpose.REQUESTS, hello("c")).askForVerdict();
            peer.channel(3, batch(message("c", "b", MessageType.MSG_APPEND)));
        });
    }

    @Test
    void whoComesInCrowdsFindsTheLimit() throws IOException {
        hurry();
        List<RawPeer> crowd = new ArrayList<>();
        for (int i = 0; i < MAX_CONNECTIONS; i++) {
            RawPeer peer = new RawPeer(b.address());
            peer.setup(Purpose.REQUESTS, hello("c" + i));
            crowd.add(peer);
        }
        for (RawPeer peer : crowd) {
            peer.awaitClosed();
            peer.close();
        }
        assertThat(Cluster.inside(b).listener().hostile(Kind.TOO_MANY_CONNECTIONS))
                .isPositive();
        assertThat(log.containing("maxConnections=" + MAX_CONNECTIONS)).hasSize(1);
    }

    @Test
    void isLoggedOnceAMinuteForEachKind() throws IOException {
        for (int i = 0; i < 30; i++) {
            expect(Kind.PAYLOAD, peer -> welcomed(peer, "c").channel(3, Unpooled.wrappedBuffer(new byte[] {5, 1, 2})));
        }

        assertThat(log.containing("undecodable payload")).hasSize(1);
    }

    private RawPeer welcomed(RawPeer peer, String id) throws IOException {
        peer.setup(Purpose.MESSAGES, hello(id));
        assertThat(peer.askForVerdict().getVerdict()).isEqualTo(Verdict.WELCOME);
        return peer;
    }

    /** What the peer does has it cut off and counted. */
    private void expect(Kind kind, Deed deed) throws IOException {
        long before = Cluster.inside(b).listener().hostile(kind);
        try (RawPeer peer = new RawPeer(b.address())) {
            deed.on(peer);
            peer.awaitClosed();
        }
        b.await(
                "counts a fault of kind " + kind,
                node -> Cluster.inside(node).listener().hostile(kind) == before + 1);
    }

    private static Hello hello(String id) {
        return new Handshake(TransportNode.identity(id, "127.0.0.1:1"), member -> null).hello("b");
    }

    private static Message message(String from, String to, MessageType type) {
        return Message.newBuilder()
                .setType(type)
                .setGroupId(TransportNode.GROUP)
                .setFrom(from)
                .setTo(to)
                .build();
    }

    private static ByteBuf batch(Message message) {
        return Batch.encode(List.of(message), Batch.sizeOf(message), new UnpooledByteBufAllocator(false, true));
    }

    /** What somebody does with a connection. */
    private interface Deed {
        void on(RawPeer peer) throws IOException;
    }
}
