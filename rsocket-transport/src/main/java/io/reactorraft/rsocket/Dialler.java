package io.reactorraft.rsocket;

import com.google.protobuf.InvalidProtocolBufferException;
import io.netty.channel.ConnectTimeoutException;
import io.reactorraft.proto.Hello;
import io.reactorraft.proto.HelloReply;
import io.rsocket.RSocket;
import io.rsocket.core.RSocketConnector;
import io.rsocket.transport.ClientTransport;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.netty.tcp.TcpClient;

/** Connects to a member and gets through the handshake, in bounded time, or says in one line why not. */
final class Dialler {

    /** Payloads travel in fragments of this size. */
    static final int FRAGMENT_BYTES = 64 << 10;

    private final RSocketTransportConfig config;
    private final Loops loops;
    private final Handshake handshake;
    private final @Nullable Tls tls;

    Dialler(RSocketTransportConfig config, Loops loops, Handshake handshake, @Nullable Tls tls) {
        this.config = config;
        this.loops = loops;
        this.handshake = handshake;
        this.tls = tls;
    }

    /**
     * Cold: each subscription dials. Signals on the connection's event loop, or the control loop on a timeout.
     *
     * @param addressee the id of the member that is meant; empty: whoever answers
     */
    Mono<Session> dial(String address, String addressee, Purpose purpose) {
        return Mono.defer(() -> {
            HostPort target = HostPort.parse(address);
            TcpClient plain = loops.clientFor(purpose).host(target.host()).port(target.port());
            Tls guard = tls;
            Mono<? extends Connection> connected = guard == null
                    ? plain.connect()
                    : guard.ready()
                            .then(plain.doOnChannelInit(
                                            (observer, channel, remote) -> guard.guardDialled(channel, target))
                                    .connect());
            return connected
                    .timeout(config.connectTimeout(), loops.scheduler())
                    .map(established -> new FrameConnection(established, FrameGuard.ofDialled()))
                    .flatMap(connection -> introduce(connection, address, addressee, purpose)
                            .timeout(config.handshakeTimeout(), loops.scheduler())
                            .doOnError(error -> connection.dispose())
                            .doOnCancel(connection::dispose))
                    .onErrorMap(error -> inOneLine(error, address));
        });
    }

    private Mono<Session> introduce(FrameConnection connection, String address, String addressee, Purpose purpose) {
        Hello hello = handshake.hello(addressee);
        return RSocketConnector.create()
                .setupPayload(purpose.setup(hello))
                .keepAlive(config.keepAliveInterval(), config.keepAliveTimeout())
                .fragment(FRAGMENT_BYTES)
                .maxInboundPayloadSize(maxPayloadBytes(config))
                .connect(new Established(connection))
                .flatMap(socket -> askForVerdict(socket).map(reply -> {
                    checkCertificate(connection, reply.getHello().getSelf().getId(), address);
                    Hello remote =
                            handshake.accept(reply, addressee, address); // a refusal counts only from whom we know
                    return new Session(connection, socket, remote, address);
                }));
    }

    /** Who answers has to show that it is who it says, or that it is at the host that we meant. */
    private void checkCertificate(FrameConnection connection, String id, String address) {
        CertificateNames shown = connection.certificateNames();
        if (tls != null
                && (shown == null
                        || !(shown.coverId(id)
                                || shown.coverHost(HostPort.parse(address).host())))) {
            throw new IllegalStateException("its certificate names neither '" + id + "' nor this host, but " + shown);
        }
    }

    private static Mono<HelloReply> askForVerdict(RSocket socket) {
        return socket.requestResponse(Route.HELLO.payload(ByteBuffer.allocate(0)))
                .handle((payload, sink) -> {
                    try {
                        sink.next(HelloReply.parseFrom(payload.getData()));
                    } catch (InvalidProtocolBufferException e) {
                        sink.error(e);
                    }
                })
                .cast(HelloReply.class)
                .contextWrite(LateErrors::ignored);
    }

    /** What one payload may be at most: the largest message, and room for its route or its length. */
    static int maxPayloadBytes(RSocketTransportConfig config) {
        return config.maxMessageBytes() + FRAGMENT_BYTES;
    }

    private static Throwable inOneLine(Throwable error, String address) {
        if (error instanceof Handshake.RefusedException) {
            return error;
        }
        String reason;
        if (error instanceof TimeoutException || error instanceof ConnectTimeoutException) {
            reason = "no answer in time";
        } else if (error instanceof ConnectException) {
            reason = "connection refused";
        } else if (error instanceof UnknownHostException) {
            reason = "unknown host";
        } else {
            reason = error.getMessage() == null ? error.getClass().getSimpleName() : error.getMessage();
        }
        return new DialException("cannot reach " + address + ": " + reason, error, saysNobody(error));
    }

    /** Whether somebody has said that there is nobody: the host, or a proxy in front that finds nobody behind it. */
    private static boolean saysNobody(Throwable error) {
        boolean other = error instanceof ConnectTimeoutException
                || error instanceof UnknownHostException
                || error instanceof NoRouteToHostException
                || error instanceof SSLException;
        return error instanceof IOException && !other;
    }

    /** RSocket's way to a connection that stands already. */
    private record Established(FrameConnection connection) implements ClientTransport {

        @Override
        public Mono<io.rsocket.DuplexConnection> connect() {
            return Mono.just(connection);
        }

        @Override
        public int maxFrameLength() {
            return FrameConnection.MAX_FRAME_BYTES;
        }
    }

    /** No connection came about, or no handshake on it. */
    static final class DialException extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final boolean nobody;

        DialException(String message, Throwable cause, boolean nobody) {
            super(message, cause, false, false);
            this.nobody = nobody;
        }

        /** Whether it was refused, or closed before the handshake was answered; else nobody knows. */
        boolean isNobodyThere() {
            return nobody;
        }
    }
}
