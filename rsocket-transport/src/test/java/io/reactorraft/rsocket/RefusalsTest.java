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
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A refused handshake")
class RefusalsTest {

    private static final Duration OFTEN = Duration.ofMillis(5);

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

    /** Or one that is wiped would take the calls of those who refuse it for a welcome. */
    @Test
    void isNoMeetingForTheOneWhoWasDialledEither() {
        TransportNode a = cluster.start("a");
        TransportNode b = cluster.start("b");
        a.ear().judging(peer -> new Refusal(Verdict.WIPED, "it has another disk"));

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

    private static Identity of(String clusterId, long generation, String id) {
        return new Identity(clusterId, generation, TransportNode.member(id, "127.0.0.1:1"), TransportNode.boot());
    }
}
