package io.reactorraft.rsocket;

import io.netty.channel.unix.Errors;
import io.reactorraft.proto.Hello;
import io.reactorraft.proto.HelloReply;
import io.reactorraft.spi.StartRefusedException;
import io.rsocket.core.RSocketServer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.ChannelBindException;
import reactor.netty.Connection;
import reactor.netty.DisposableServer;
import reactor.netty.tcp.TcpServer;

/**
 * The port: takes connections, a bounded number of them, and sees each through to its handshake. Of several message
 * connections of one member the latest counts: the older ones are of a network, or of a process, that is gone.
 */
final class Listener {

    private final Wiring wiring;
    private final PeerLinks links;
    private final AtomicInteger open = new AtomicInteger();
    private final Map<FrameConnection, Inbound> connections = new ConcurrentHashMap<>();
    private final Map<String, Inbound> byPeer = new ConcurrentHashMap<>();
    private final Map<HostilePeerException.Kind, LongAdder> hostile = new ConcurrentHashMap<>();
    private final Set<String> refusals = ConcurrentHashMap.newKeySet();
    private volatile @Nullable DisposableServer server;

    Listener(Wiring wiring, PeerLinks links) {
        this.wiring = wiring;
        this.links = links;
    }

    /** Binds, and answers the address with the port that was bound. */
    Mono<String> bind(String listenAddress) {
        return Mono.defer(() -> {
                    HostPort target = HostPort.parse(listenAddress);
                    Tls tls = wiring.tls();
                    TcpServer plain = TcpServer.create();
                    TcpServer open = tls == null
                            ? plain
                            : plain.doOnChannelInit((observer, channel, remote) -> tls.guardAccepted(channel));
                    return open.runOn(wiring.loops().io())
                            .host(target.host())
                            .port(target.port())
                            .doOnConnection(this::accepted)
                            .bind()
                            .cast(DisposableServer.class)
                            .doOnNext(bound -> server = bound)
                            .map(bound -> new HostPort(target.host(), ((InetSocketAddress) bound.address()).getPort())
                                    .toString());
                })
                .onErrorMap(error -> refusal(listenAddress, error));
    }

    /** Binds and lets go again; may block. */
    static void probe(String listenAddress) {
        try (ServerSocket socket = new ServerSocket()) {
            HostPort target = HostPort.parse(listenAddress);
            socket.setReuseAddress(true); // as the real listener does
            socket.bind(new InetSocketAddress(target.host(), target.port()));
        } catch (IOException | RuntimeException unbound) {
            throw refusal(listenAddress, unbound);
        }
    }

    private static StartRefusedException refusal(String listenAddress, Throwable error) {
        Throwable cause = error instanceof ChannelBindException && error.getCause() != null ? error.getCause() : error;
        String reason = String.valueOf(cause.getMessage());
        if (cause instanceof BindException || cause instanceof Errors.NativeIoException) {
            String lower = reason.toLowerCase(java.util.Locale.ROOT);
            if (lower.contains("address already in use")) {
                reason = "address already in use";
            } else if (lower.contains("cannot assign requested address")) {
                reason = "not an address of this host";
            } else if (lower.contains("permission denied")) {
                reason = "permission denied";
            }
        }
        return new StartRefusedException(
                StartRefusedException.Kind.ADDRESS, "cannot listen on " + listenAddress + ": " + reason, error);
    }

    private void accepted(Connection accepted) {
        int limit = wiring.config().maxConnections();
        if (open.getAndUpdate(count -> Math.min(count + 1, limit)) == limit) {
            accepted.dispose();
            report(new HostilePeerException(
                    HostilePeerException.Kind.TOO_MANY_CONNECTIONS,
                    "closed at once: maxConnections=" + wiring.config().maxConnections() + " are open already"));
            return;
        }
        FrameConnection connection = new FrameConnection(accepted, FrameGuard.ofAccepted());
        Inbound inbound = new Inbound(connection, wiring, links, this);
        connections.put(connection, inbound);
        connection
                .onClose()
                .subscribe(null, error -> closed(connection, inbound, error), () -> closed(connection, inbound, null));
        RSocketServer.create(inbound)
                .fragment(Dialler.FRAGMENT_BYTES)
                .maxInboundPayloadSize(Dialler.maxPayloadBytes(wiring.config()))
                .maxTimeToFirstFrame(wiring.config().handshakeTimeout())
                .asConnectionAcceptor(FrameConnection.MAX_FRAME_BYTES)
                .apply(connection)
                .subscribe(null, error -> connection.fail(setupFailure(error)));
    }

    private static Throwable setupFailure(Throwable error) {
        return error instanceof HostilePeerException || error instanceof java.io.IOException
                ? error
                : new HostilePeerException(
                        HostilePeerException.Kind.SETUP, "did not introduce itself: " + error.getMessage());
    }

    private void closed(FrameConnection connection, Inbound inbound, @Nullable Throwable error) {
        open.decrementAndGet();
        connections.remove(connection);
        if (error instanceof HostilePeerException reason) {
            report(new HostilePeerException(reason.kind(), connection + ": " + reason.getMessage()));
        }
        String peerId = inbound.peerId();
        if (peerId != null && byPeer.remove(peerId, inbound)) {
            wiring.loops().execute(() -> {
                if (!byPeer.containsKey(peerId)) {
                    links.left(peerId);
                }
            });
        }
    }

    private void report(HostilePeerException reason) {
        wiring.log().warn(reason.kind().name(), String.valueOf(reason.getMessage()));
        hostile.computeIfAbsent(reason.kind(), kind -> new LongAdder()).increment();
    }

    /** How often something of the kind was refused. */
    long hostile(HostilePeerException.Kind kind) {
        LongAdder count = hostile.get(kind);
        return count == null ? 0 : count.sum();
    }

    /** Connections that stand now. */
    int openConnections() {
        return open.get();
    }

    /** Makes this the peer's connection. Completes when no message of its former one can be delivered any more. */
    Mono<Void> succeed(String peerId, Inbound latest) {
        return Mono.defer(() -> {
            Inbound former = byPeer.put(peerId, latest);
            return former == null || former == latest ? Mono.empty() : former.retire();
        });
    }

    /** Says that a caller was refused: once for each caller and verdict, until it is made welcome. */
    void refused(Hello caller, HelloReply reply) {
        if (reply.getVerdict() == HelloReply.Verdict.NOT_YET) {
            return; // it calls again soon
        }
        String peerId = caller.getSelf().getId();
        String refusal = peerId + '\n' + reply.getVerdict();
        boolean full = refusals.size() >= QuietLog.MAX_KINDS;
        if (full ? !refusals.contains(refusal) : refusals.add(refusal)) {
            wiring.log()
                    .warn(
                            "refused " + (full ? "more" : refusal),
                            "'" + wiring.selfId() + "' refuses '" + peerId + "' as " + reply.getVerdict() + ": "
                                    + reply.getReason());
        }
    }

    void welcomed(Hello caller) {
        refusals.removeIf(refusal -> refusal.startsWith(caller.getSelf().getId() + '\n'));
    }

    /** Closes what peers have connected that are refused by now, once they had time to let out their last messages. */
    void dismissRefused() {
        connections.forEach((connection, inbound) -> {
            if (inbound.isRefusedNow()) {
                connection.schedule(connection::dispose, wiring.config().closeGrace());
            }
        });
    }

    /** Closes what the peer connected; completes once nothing of it is delivered any more. */
    Mono<Void> cut(String peerId) {
        return Flux.fromIterable(connections.values())
                .filter(inbound -> peerId.equals(inbound.peerId()))
                .flatMap(Inbound::retire)
                .then();
    }

    /** Gives the port back; connections stay. */
    Mono<Void> unbind() {
        DisposableServer bound = server;
        if (bound == null) {
            return Mono.empty();
        }
        bound.dispose();
        return bound.onDispose();
    }

    /** Closes every connection that was accepted; done, at the latest, shortly after the time that closing one takes. */
    Mono<Void> closeConnections(Duration atMost) {
        List<FrameConnection> all = List.copyOf(connections.keySet());
        all.forEach(FrameConnection::dispose);
        return Flux.fromIterable(all)
                .flatMap(connection -> connection.onClose().onErrorComplete())
                .then()
                .timeout(atMost, Mono.empty(), wiring.loops().scheduler());
    }
}
