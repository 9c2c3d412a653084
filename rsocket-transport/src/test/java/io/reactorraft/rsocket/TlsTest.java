package io.reactorraft.rsocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.reactorraft.proto.HelloReply.Verdict;
import io.reactorraft.rsocket.HostilePeerException.Kind;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.Transport.NotSentException;
import io.reactorraft.spi.Transport.Refusal;
import io.reactorraft.testkit.TransportNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

@DisplayName("Over mutual TLS")
class TlsTest {

    private static final RSocketTransportConfig PLAIN =
            Cluster.PATIENT.withRedialDelay(Duration.ofMillis(20), Duration.ofMillis(50));

    @TempDir
    private Path directory;

    private final List<Cluster> clusters = new ArrayList<>();
    private final LogCapture log = LogCapture.of("io.reactorraft.rsocket");
    private TestCertificates authority;

    @BeforeEach
    void makeAuthority() {
        authority = new TestCertificates(directory, "ours");
    }

    @AfterEach
    void closeAll() {
        clusters.forEach(Cluster::close);
        log.close();
    }

    @Test
    void membersWhoseCertificatesNameTheirIdsTalkAskAndSendSnapshots() {
        TransportNode a = start("a", authority.issue("a", "a"));
        TransportNode b = start("b", authority.issue("b", "b"));
        b.ear().answering(Mono::just);

        Cluster.introduce(a, b);

        assertThat(a.request(b.address(), "echo").remaining()).isEqualTo(4);
        a.transport()
                .sendSnapshot(
                        "b",
                        io.reactorraft.proto.SnapshotMetadata.newBuilder()
                                .setGroupId(TransportNode.GROUP)
                                .build(),
                        Flux.range(0, 50).map(i -> java.nio.ByteBuffer.allocate(50_000)))
                .block(Cluster.SOON);
        assertThat(b.ear().snapshotBuffers()).hasSize(50);
    }

    @Test
    void aCertificateMayNameTheHostInstead() {
        TransportNode a = start("a", authority.issue("a", "127.0.0.1"));
        TransportNode b = start("b", authority.issue("b", "127.0.0.1"));

        Cluster.introduce(a, b);
    }

    @Test
    void whoShowsTheCertificateOfAnotherIsNotTakenForIt() {
        TransportNode a = start("a", authority.issue("a", "a"));
        TransportNode thief = start("b", authority.issue("c", "c"));
        a.peers(a, thief);
        thief.peers(a, thief);

        a.awaitUnreachable(thief);
        thief.awaitUnreachable(a);
        a.await("refuses it", node -> Cluster.inside(node).listener().hostile(Kind.SETUP) > 0);

        assertThat(a.ear().met()).isEmpty();
        assertThat(a.ear().messages()).isEmpty();
        assertThat(thief.ear().messages()).isEmpty();
    }

    @Test
    void whoOnlyAnswersWithTheCertificateOfAnotherIsNotSpokenTo() {
        TransportNode a = start("a", authority.issue("a", "a"));
        TransportNode thief = start("b", authority.issue("c", "c"));
        a.peers(a, thief);

        a.awaitUnreachable(thief);
        a.await(
                "knows why",
                node -> String.valueOf(node.transport()
                                .status(TransportNode.GROUP)
                                .get(0)
                                .lastFailure())
                        .contains("names neither 'b' nor this host"));

        assertThat(thief.ear().messages()).isEmpty();
    }

    @Test
    void theRefusalOfOneWhoAnswersWithTheCertificateOfAnotherIsNotBelieved() {
        TransportNode a = start("a", authority.issue("a", "a"));
        TransportNode thief = start("b", authority.issue("c", "c"));
        thief.ear().judging(peer -> new Refusal(Verdict.WIPED, "go away"));
        a.peers(a, thief);
        a.awaitUnreachable(thief);
        a.await(
                "knows why",
                node -> String.valueOf(node.transport()
                                .status(TransportNode.GROUP)
                                .get(0)
                                .lastFailure())
                        .contains("names neither 'b' nor this host"));

        assertThat(a.ear().refusals()).isEmpty();
    }

    @Test
    void whoSpeaksPlainTextOrIsVouchedForByAnotherAuthorityGetsNowhere() throws IOException {
        TransportNode a = start("a", authority.issue("a", "a"));
        TestCertificates others = new TestCertificates(directory, "theirs");
        TlsFiles foreign = others.issue("b", "b");
        TransportNode untrusted = start(
                "b",
                new TlsFiles(
                        foreign.certificate(),
                        foreign.key(),
                        authority.issue("x").authorities()));
        TransportNode plain = start("c", null);

        assertThatThrownBy(() -> untrusted.request(a.address(), "let me in")).isInstanceOf(NotSentException.class);
        assertThatThrownBy(() -> plain.request(a.address(), "let me in")).isInstanceOf(NotSentException.class);
        try (RawPeer raw = new RawPeer(a.address())) {
            raw.send("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII))
                    .awaitClosed();
        }

        a.await("counts them", node -> Cluster.inside(node).listener().hostile(Kind.TLS) >= 3);
        assertThat(a.ear().met()).isEmpty();
        assertThat(log.containing("failed at TLS")).hasSizeLessThanOrEqualTo(2);
    }

    @Test
    void versions12And13AreSpoken() throws Exception {
        TransportNode a = start("a", authority.issue("a", "a"));
        TlsFiles ofC = authority.issue("c", "c");

        for (String version : List.of("TLSv1.2", "TLSv1.3")) {
            try (SSLSocket socket = connect(ofC, version, a.address());
                    RawPeer peer = new RawPeer(socket)) {
                peer.setup(Purpose.REQUESTS, HostileCase.hello("c", "a"));
                assertThat(peer.askForVerdict().getVerdict()).as(version).isEqualTo(Verdict.WELCOME);
                assertThat(socket.getSession().getProtocol()).isEqualTo(version);
            }
        }
    }

    private static SSLSocket connect(TlsFiles files, String version, String address) throws IOException {
        JdkSslContext context = (JdkSslContext) SslContextBuilder.forClient()
                .keyManager(files.certificate().toFile(), files.key().toFile())
                .trustManager(files.authorities().toFile())
                .sslProvider(SslProvider.JDK)
                .build();
        HostPort target = HostPort.parse(address);
        SSLSocket socket = (SSLSocket) context.context().getSocketFactory().createSocket(target.host(), target.port());
        socket.setEnabledProtocols(new String[] {version});
        socket.startHandshake();
        return socket;
    }

    @Test
    void aPlainServerIsNotSpokenTo() {
        TransportNode a = start("a", authority.issue("a", "a"));
        TransportNode plain = start("b", null);
        a.peers(a, plain);

        a.awaitUnreachable(plain);

        assertThat(plain.ear().met()).isEmpty();
        assertThat(plain.ear().messages()).isEmpty();
    }

    @Test
    void aRenewedCertificateIsUsedForNewConnectionsAndNoneIsDropped() throws IOException {
        TlsFiles ofA = authority.issue("a", "c");
        TransportNode a = start("a", ofA);
        TransportNode b = start("b", authority.issue("b", "b"));
        a.peers(a, b);
        b.peers(b);
        a.awaitUnreachable(b);
        TransportNode c = start("c", ofA);
        Cluster.introduce(b, c);

        authority.issue("a", "a");
        Files.setLastModifiedTime(ofA.certificate(), FileTime.fromMillis(1));

        a.awaitWayTo(b);
        c.send(b, 1);
        b.awaitHeard(1);
        assertThat(log.containing("'b' lost 'c'")).isEmpty();
    }

    @Test
    void aStartIsRefusedWhereTheFilesCannotBeUsed() throws IOException {
        TlsFiles good = authority.issue("a", "a");
        Path junk = Files.writeString(directory.resolve("junk"), "no certificate");

        for (TlsFiles bad : List.of(
                new TlsFiles(directory.resolve("missing"), good.key(), good.authorities()),
                new TlsFiles(good.certificate(), junk, good.authorities()),
                new TlsFiles(good.certificate(), good.key(), junk))) {
            RSocketTransport transport = new RSocketTransport(PLAIN.withTls(bad));
            assertThatThrownBy(() -> transport
                            .start(TransportNode.identity("a", "127.0.0.1:0"), "127.0.0.1:0")
                            .block(Cluster.SOON))
                    .isInstanceOfSatisfying(
                            StartRefusedException.class,
                            refused -> assertThat(refused.kind()).isEqualTo(StartRefusedException.Kind.CERTIFICATE));
            transport.close().block(Cluster.SOON);
        }
    }

    @Test
    void aCertificateCoversNamesAndWildcardsOfOneLabel() {
        CertificateNames names = new CertificateNames(List.of("n1", "Host.example.com", "*.raft.example.com", "*"));

        assertThat(names.coverId("n1")).isTrue();
        assertThat(names.coverId("N1")).isFalse();
        assertThat(names.coverId("n2")).isFalse();
        assertThat(names.coverHost("host.EXAMPLE.com")).isTrue();
        assertThat(names.coverHost("n7.raft.example.com")).isTrue();
        assertThat(names.coverId("n7.raft.example.com")).isTrue();
        assertThat(names.coverHost("raft.example.com")).isFalse();
        assertThat(names.coverHost("a.b.raft.example.com")).isFalse();
        assertThat(names.coverHost("n7")).isFalse();
    }

    private TransportNode start(String id, @Nullable TlsFiles files) {
        Cluster cluster = new Cluster(files == null ? PLAIN : PLAIN.withTls(files));
        clusters.add(cluster);
        return cluster.start(id);
    }
}
