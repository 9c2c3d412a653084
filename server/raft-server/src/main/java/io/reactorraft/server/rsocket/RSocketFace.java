package io.reactorraft.server.rsocket;

import io.reactorraft.server.HostPort;
import io.reactorraft.server.api.Gate;
import io.rsocket.core.RSocketServer;
import io.rsocket.frame.decoder.PayloadDecoder;
import io.rsocket.transport.netty.server.CloseableChannel;
import io.rsocket.transport.netty.server.TcpServerTransport;
import java.time.Duration;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpServer;

/** The RSocket port of one member. Opened once its HTTP port is, closed with it. */
public final class RSocketFace {

    private static final int MAX_EVENT_LOOPS = 2;

    /** A value of 1 MiB as base64, with a key and the JSON around it. */
    private static final int MAX_PAYLOAD_BYTES = 2 << 20;

    private static final int FRAGMENT_BYTES = 64 << 10;
    private static final Duration LAST_ANSWERS = Duration.ofSeconds(1);

    private final HostPort address;
    private final CloseableChannel server;
    private final LoopResources loops;
    private final Sinks.Empty<Void> ending;

    private RSocketFace(HostPort address, CloseableChannel server, LoopResources loops, Sinks.Empty<Void> ending) {
        this.address = address;
        this.server = server;
        this.loops = loops;
        this.ending = ending;
    }

    /** Opens the port; {@code timeout} is that of every request which is not a stream. */
    public static Mono<RSocketFace> open(HostPort listen, Gate gate, String version, Duration timeout) {
        return Mono.defer(() -> {
            LoopResources loops = LoopResources.create("raft-rsocket", MAX_EVENT_LOOPS, true);
            Sinks.Empty<Void> ending = Sinks.empty();
            TcpServer tcp =
                    TcpServer.create().host(listen.host()).port(listen.port()).runOn(loops);
            Routes routes = new Routes(gate, version, timeout, ending.asMono());
            return RSocketServer.create((setup, sendingSocket) -> Mono.just(routes))
                    .payloadDecoder(PayloadDecoder.ZERO_COPY)
                    .maxInboundPayloadSize(MAX_PAYLOAD_BYTES)
                    .fragment(FRAGMENT_BYTES)
                    .bind(TcpServerTransport.create(tcp, MAX_PAYLOAD_BYTES))
                    .<RSocketFace>map(server ->
                            new RSocketFace(listen.withPort(server.address().getPort()), server, loops, ending))
                    .onErrorResume(error -> loops.disposeLater(Duration.ZERO, LAST_ANSWERS)
                            .onErrorComplete()
                            .then(Mono.error(error)));
        });
    }

    /** Where it listens, with the port that was bound. */
    public HostPort address() {
        return address;
    }

    /** Ends all streams; new ones end at once. */
    public void endStreams() {
        ending.tryEmitEmpty();
    }

    /** Closes port and connections. Never fails. */
    public Mono<Void> close() {
        return Mono.defer(() -> {
            endStreams();
            server.dispose();
            return loops.disposeLater(Duration.ZERO, LAST_ANSWERS).onErrorComplete();
        });
    }
}
