package io.reactorraft.rsocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.rsocket.HostilePeerException.Kind;
import io.reactorraft.testkit.TransportNode;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Versions of TLS before 1.2 are refused, whatever the JDK's own settings allow: the greeting is written by hand. */
class OldTlsTest {
    private static final int SSL_3 = 0x0300;
    private static final int TLS_1_1 = 0x0302;
    private static final int TLS_1_2 = 0x0303;

    private static final byte ALERT = 21;
    private static final byte HANDSHAKE = 22;
    private static final byte FATAL = 2;
    private static final byte PROTOCOL_VERSION = 70;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(ints = {SSL_3, SSL_3 + 1, TLS_1_1})
    void aClientThatSpeaksNoneButOldVersionsIsRefusedForThat(int version) throws IOException {
        try (Cluster cluster = cluster()) {
            TransportNode a = cluster.start("a");

            byte[] answer = greet(a, version);

            assertThat(answer[0]).isEqualTo(ALERT);
            assertThat(new byte[] {answer[5], answer[6]}).containsExactly(FATAL, PROTOCOL_VERSION);
            a.await("counts it", node -> Cluster.inside(node).listener().hostile(Kind.TLS) > 0);
        }
    }

    @Test
    void theSameGreetingOf12IsAnswered() throws IOException {
        try (Cluster cluster = cluster()) {
            TransportNode a = cluster.start("a");

            assertThat(greet(a, TLS_1_2)[0]).isEqualTo(HANDSHAKE);
        }
    }

    private Cluster cluster() {
        TestCertificates authority = new TestCertificates(directory, "ours");
        return new Cluster(RSocketTransportConfig.defaults().withTls(authority.issue("a", "a")));
    }

    /** The first seven bytes that come back. */
    private static byte[] greet(TransportNode node, int version) throws IOException {
        HostPort target = HostPort.parse(node.address());
        try (Socket socket = new Socket(target.host(), target.port())) {
            socket.setSoTimeout((int) Cluster.SOON.toMillis());
            socket.getOutputStream().write(clientHello(version));
            byte[] answer = new byte[7];
            new DataInputStream(socket.getInputStream()).readFully(answer);
            return answer;
        }
    }

    /** RFC 5246, 7.4.1.2: version, random, no session, suites of old and new, no compression, one group. */
    private static byte[] clientHello(int version) {
        byte[] ciphers = {(byte) 0xC0, 0x2B, (byte) 0xC0, 0x2F, (byte) 0xC0, 0x13, 0x00, 0x2F};
        byte[] extensions = {
            0,
            10,
            0,
            4,
            0,
            2,
            0,
            23, // supported_groups: secp256r1
            0,
            11,
            0,
            2,
            1,
            0, // ec_point_formats: uncompressed
            0,
            13,
            0,
            6,
            0,
            4,
            4,
            3,
            4,
            1 // signature_algorithms: ECDSA and RSA with SHA-256
        };
        ByteBuffer body = ByteBuffer.allocate(256)
                .putShort((short) version)
                .put(new byte[32])
                .put((byte) 0)
                .putShort((short) ciphers.length)
                .put(ciphers)
                .put((byte) 1)
                .put((byte) 0)
                .putShort((short) extensions.length)
                .put(extensions)
                .flip();
        return ByteBuffer.allocate(9 + body.limit())
                .put(HANDSHAKE)
                .putShort((short) Math.min(version, TLS_1_1 - 1))
                .putShort((short) (4 + body.limit()))
                .putInt(1 << 24 | body.limit())
                .put(body)
                .array();
    }
}
