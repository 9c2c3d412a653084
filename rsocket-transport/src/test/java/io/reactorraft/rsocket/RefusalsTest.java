package io.reactorraft.rsocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.proto.Member;
import io.reactorraft.spi.Transport.Identity;
import io.reactorraft.spi.Transport.NotSentException;
import io.reactorraft.spi.Transport.Refusal;
import io.reactorraft.testkit.TransportNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

@DisplayName("A refused handshake")
class RefusalsTest {

    private static final Duration OFTEN = Duration.ofMillis(5);

    private static final Refusal WIPED = new Refusal(Verdict.WIPED, "it has another disk");

    private static final Refusal NOT_YET = new Refusal(Verdict.NOT_YET, "it reads its log back");

    /** After so long it is told that there is no verdict. */
    private static final Duration PATIENCE = OFTEN.multipliedBy(Undecided.PATIENCE_WAITS);

    private final LogCapture log = LogCapture.of("io.reactorraft.rsocket");
    private final Cluster cluster = new Cluster(Cluster.PATIENT.withRedialDelay(OFTEN, OFTEN));

    @AfterEach
    void closeAll() {
        cluster.close();
        log.close();
    }

    @Test
    void isToldOnceBySideAndVerdictHoweverOftenItIsDialled() {
        TransportNode a = cluster.start("a");
        TransportNode foreign = cluster.start(of("other", 0, "b"), RSocketTransportTest.freeAddress());
        AtomicInteger dials = new AtomicInteger();

        a.peers(a, foreign);
        a.await("is refused again and again", node -> {
            a.send(foreign, 1);
            return dials.incrementAndGet() > 20
                    && !log.containing("refuses 'a'").isEmpty();
        });

        assertThat(log.containing("'a' cannot talk to 'b'"))
                .singleElement()
                .asString()
                .contains("refused at " + foreign.address() + " as WRONG_CLUSTER")
                .contains("'b' belongs to cluster 'other', 'a' to 'cluster'");
        assertThat(log.containing("'b' refuses 'a' as WRONG_CLUSTER")).hasSize(1);
    }

    @Test
    void keepsGenerationsApart() {
        TransportNode a = cluster.start("a");
        TransportNode later = cluster.start(of("cluster", 1, "b"), RSocketTransportTest.freeAddress());

        a.peers(a, later);
        later.peers(a, later);
        a.awaitUnreachable(later);
        later.awaitUnreachable(a);

        a.await("is told why", node -> !log.containing("WRONG_GENERATION").isEmpty());
        assertThat(a.ear().met()).isEmpty();
        assertThat(later.ear().met()).isEmpty();
    }

    @Test
    void withoutAVerdictThatLastsIsToldOfOnceAndSoIsItsEnd() {
        TransportNode a = cluster.start("a");
        TransportNode b = cluster.start("b");
        b.ear().judging(peer -> NOT_YET);

        a.peers(a, b);
        a.await("says so", node -> !log.containing("no verdict on each other").isEmpty());
        int told = a.ear().refusals().size();
        a.await("goes on asking", node -> node.ear().refusals().size() > told + 20);
        assertThat(log.containing("waits no longer")).isEmpty();
        b.ear().judging(peer -> null);
        a.awaitWayTo(b);

        assertThat(log.containing("no verdict on each other"))
                .singleElement()
                .asString()
                .startsWith("WARN 'a' and 'b' have had no verdict on each other for 300 ms")
                .contains("it reads its log back", "start it again");
        assertThat(log.containing("'a' waits no longer for a verdict on or of 'b'"))
                .singleElement()
                .asString()
                .startsWith("INFO");
    }

    /** Or one that fails again and again before it has read its log back would never be told of. */
    @Test
    void isStillWithoutAVerdictWhileThePeerIsDown() {
        TransportNode a = cluster.start("a");
        TransportNode b = cluster.start("b");
        b.ear().judging(peer -> NOT_YET);

        a.peers(a, b);
        a.await("says so", node -> !log.containing("no verdict on each other").isEmpty());
        b.transport().close().block(TransportNode.SOON);
        a.await("finds nobody", node -> !log.containing("'b' is not connected").isEmpty());
        assertThat(log.containing("waits no longer")).isEmpty();

        a.awaitWayTo(cluster.start("b", b.address()));
        assertThat(log.containing("no verdict on each other")).hasSize(1);
        assertThat(log.containing("waits no longer")).hasSize(1);
    }

    /** Anybody may call, and then have no verdict for ever. */
    @Test
    void byAStrangerWithoutAVerdictIsNotToldOf() {
        TransportNode a = cluster.start("a");
        TransportNode stranger = cluster.start("stranger");
        AtomicBoolean undecided = new AtomicBoolean();
        AtomicLong firstNanos = new AtomicLong();
        AtomicInteger lateCalls = new AtomicInteger();
        stranger.ear().judging(peer -> {
            if (!undecided.get()) {
                return null;
            }
            long now = System.nanoTime();
            firstNanos.compareAndSet(0, now);
            lateCalls.addAndGet(now - firstNanos.get() > 2 * PATIENCE.toNanos() ? 1 : 0);
            return NOT_YET;
        });

        stranger.peers(a, stranger);
        stranger.awaitWayTo(a);
        a.awaitWayTo(stranger);
        undecided.set(true);
        Objects.requireNonNull(Objects.requireNonNull(Cluster.inside(a).links().find("stranger"))
                        .session())
                .connection()
                .dispose();
        a.await("has called for long", node -> lateCalls.get() > 3);

        assertThat(log.containing("'a' and 'stranger' have had no verdict")).isEmpty();
    }

    /** The verdict is on its way when the members change, and those who are connected are judged without it. */
    @Test
    void comesAboutThoughTheMembersChangeWhileTheCallerIsJudged() {
        TransportNode a = cluster.start("a");
        TransportNode b = cluster.start("b");
        changesItsMindAtTheFirst(b);

        a.peers(a, b);

        a.await("is told", node -> node.ear().refusals().contains(WIPED));
    }

    @Test
    void comesAboutThoughTheMembersChangeWhileTheOneWhoAnswersIsJudged() {
        TransportNode a = cluster.start("a");
        TransportNode b = cluster.start("b");
        changesItsMindAtTheFirst(a);

        a.peers(a, b);

        a.awaitUnreachable(b);
        a.await("says why", node -> !log.containing("'a' cannot talk to 'b'").isEmpty());
    }

    /** Its first verdict is a welcome; before that is told, the group has another one, and has named its peers with it. */
    private static void changesItsMindAtTheFirst(TransportNode node) {
        AtomicBoolean asked = new AtomicBoolean();
        PeerLinks links = Cluster.inside(node).links();
        node.ear().judging(peer -> {
            if (!asked.compareAndSet(false, true)) {
                return WIPED;
            }
            nameAndWait(node, links, "first", List.of(TransportNode.member(peer.getId(), peer.getAddresses(0))));
            nameAndWait(node, links, "second", List.of(TransportNode.member(peer.getId(), peer.getAddresses(0))));
            return null;
        });
    }

    /** Once the second one is known all that belongs to the first naming has happened: one comes after the other. */
    private static void nameAndWait(TransportNode node, PeerLinks links, String nobody, List<Member> peers) {
        List<Member> named = new ArrayList<>(peers);
        named.add(TransportNode.member(nobody, "127.0.0.1:1"));
        node.transport().peers(TransportNode.GROUP, named);
        long deadline = System.nanoTime() + TransportNode.SOON.toNanos();
        boolean known = false;
        while (!known && System.nanoTime() - deadline < 0) { // on another thread; this one is the transport's
            known = links.find(nobody) != null;
        }
    }

    /** Or one that is wiped would take the calls of those who refuse it for a welcome. */
    @Test
    void isNoMeetingForTheOneWhoWasDialledEither() {
        TransportNode a = cluster.start("a");
        TransportNode b = cluster.start("b");
        a.ear().judging(peer -> WIPED);

        a.peers(a, b);
        a.await(
                "refuses whom it dialled",
                node -> !log.containing("'a' cannot talk to 'b'").isEmpty());
        b.peers(a, b);
        b.await("is told", node -> !node.ear().refusals().isEmpty());

        assertThat(b.ear().met()).isEmpty();
    }

    @Test
    void meetsWhoeverTookThePortOfAnotherMember() {
        TransportNode a = cluster.start("a");
        TransportNode c = cluster.start("c");
        Member b = TransportNode.member("b", c.address());

        a.transport().peers(TransportNode.GROUP, List.of(a.member(), b));
        a.await(
                "is told who answers",
                node -> log.containing("'b' was called, 'c' answers").stream()
                        .anyMatch(line -> line.contains("'a' cannot talk to 'b'")));

        assertThat(c.ear().met()).isEmpty();
        assertThat(a.ear().met()).isEmpty();
    }

    @Test
    void neverComesAboutWhereSomethingElseAnswers() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Cluster hasty = new Cluster(RSocketTransportConfig.defaults()
                    .withHandshakeTimeout(Duration.ofMillis(50))
                    .withRedialDelay(OFTEN, OFTEN));
            TransportNode a = hasty.start("a");
            Member b = TransportNode.member("b", "127.0.0.1:" + silent.getLocalPort());
            a.transport().peers(TransportNode.GROUP, List.of(a.member(), b));

            try (Socket first = silent.accept();
                    Socket second = silent.accept()) {
                second.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                a.await(
                        "says so",
                        node -> !log.containing("'b' is not connected").isEmpty());
                assertThat(first.isConnected()).isTrue();
            }
            assertThat(log.containing("'b' is not connected")).hasSize(1);
            hasty.close();
        }
    }

    @Test
    void meansThatARequestWasNotSent() {
        TransportNode a = cluster.start("a");
        TransportNode foreign = cluster.start(of("other", 0, "b"), RSocketTransportTest.freeAddress());

        assertThatThrownBy(() -> a.request(foreign.address(), "let me in"))
                .isInstanceOf(NotSentException.class)
                .hasMessageContaining("WRONG_CLUSTER");
        assertThatThrownBy(() -> a.request(a.address(), "who am I?"))
                .isInstanceOf(NotSentException.class)
                .hasMessageContaining("'a' is the id of the member that answers, too");
    }

    /** Else a node would believe of itself what it has against others. */
    @Test
    void isTheirsOnlyWhereTheyRefuse() {
        TransportNode a = cluster.start("a");
        TransportNode b = cluster.start("b");
        b.ear().answering(Mono::just);
        a.ear().judging(peer -> WIPED);
        assertThatThrownBy(() -> a.request(b.address(), "let me in"))
                .isInstanceOfSatisfying(
                        NotSentException.class,
                        ours -> assertThat(ours.refusal()).isNull())
                .hasMessageContaining("it has another disk");

        a.ear().judging(peer -> null);
        b.ear().judging(peer -> WIPED);
        assertThatThrownBy(() -> a.request(b.address(), "let me in"))
                .isInstanceOfSatisfying(
                        NotSentException.class,
                        theirs -> assertThat(theirs.refusal()).isEqualTo(WIPED));
    }

    private static Identity of(String clusterId, long generation, String id) {
        return new Identity(clusterId, generation, TransportNode.member(id, "127.0.0.1:1"), TransportNode.boot());
    }
}
