package io.reactorraft.server;

import io.reactorraft.Ending;
import io.reactorraft.Leadership;
import io.reactorraft.RaftNode;
import io.reactorraft.server.api.Gate;
import io.reactorraft.server.api.Replica;
import io.reactorraft.server.http.HttpApi;
import io.reactorraft.server.http.HttpSettings;
import io.reactorraft.server.kv.KeyValueStore;
import io.reactorraft.server.kv.Watches;
import io.reactorraft.server.kv.proto.Command;
import io.reactorraft.server.kv.proto.Result;
import io.reactorraft.server.metrics.ServerMetrics;
import io.reactorraft.server.rsocket.RSocketFace;
import io.reactorraft.spi.StartRefusedException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * One member of a cluster: a node, the store it replicates, and the HTTP port in front.
 *
 * <p>The HTTP port opens first and closes last, so that probes are answered throughout; the {@link Gate} between the two
 * lets requests in while the node runs. Started once, stopped once; safe on any thread.
 */
public final class Server {

    private final ServerConfig config;
    private final Nodes nodes;
    private final String version;
    private final KeyValueStore store = new KeyValueStore();
    private final Background background = new Background();
    private final Watches watches = new Watches(store, background.scheduler());
    private final ServerMetrics metrics;
    private final Gate gate = new Gate();
    private final AtomicReference<@Nullable HttpApi> http = new AtomicReference<>();
    private final AtomicReference<@Nullable HttpApi> metricsPort = new AtomicReference<>();
    private final AtomicReference<@Nullable RSocketFace> rsocket = new AtomicReference<>();
    private final AtomicReference<@Nullable RaftNode<Command, Result>> node = new AtomicReference<>();

    /** A server that is not yet started; {@code version} is what it tells its clients. */
    public Server(ServerConfig config, String version) {
        this(config, version, Nodes.real());
    }

    Server(ServerConfig config, String version, Nodes nodes) {
        this.config = config;
        this.version = version;
        this.nodes = nodes;
        this.metrics = new ServerMetrics(version);
    }

    /**
     * Where a server may be reached once it started.
     *
     * @param http where it listens for clients
     * @param peer where it listens for peers
     */
    public record Ready(String id, HostPort http, HostPort peer) {}

    /**
     * Opens the HTTP port, recovers the log and joins in. Waits for no peer.
     *
     * <p>Errors: {@link StartRefusedException}, also as a cause, where starting again changes nothing; {@link
     * WrongConfigurationException} where the configuration contradicts itself.
     */
    public Mono<Ready> start() {
        return openMetrics()
                .then(openRSocket())
                .then(HttpApi.open(httpSettings(), gate, version, metrics)
                        .onErrorMap(error -> cannotListen("HTTP", "--http-listen", config.httpListen(), error)))
                .doOnNext(http::set)
                .publishOn(Schedulers.boundedElastic()) // making a node looks for its parts in jars
                .flatMap(opened -> {
                    RaftNode<Command, Result> created = create(opened);
                    node.set(created);
                    return created.start().then(Mono.fromSupplier(() -> {
                        run(new Replica(created, store, watches, config.clusterId()));
                        return new Ready(config.id(), opened.address(), config.peerListen());
                    }));
                });
    }

    private void run(Replica replica) {
        metrics.show(replica);
        gate.open(replica);
        background.add(ReplicaCheck.run(replica, background.scheduler()).subscribe());
    }

    private Mono<Void> openMetrics() {
        HostPort listen = config.ports().metrics();
        if (listen == null) {
            return Mono.empty();
        }
        HttpSettings settings =
                new HttpSettings(listen, Set.of(), config.timing().requestTimeout());
        return HttpApi.openMetrics(settings, gate, metrics)
                .onErrorMap(error -> cannotListen("metrics", "--metrics-listen", listen, error))
                .doOnNext(metricsPort::set)
                .then();
    }

    private Mono<Void> openRSocket() {
        HostPort listen = config.ports().rsocket();
        if (listen == null) {
            return Mono.empty();
        }
        return RSocketFace.open(listen, gate, version, config.timing().requestTimeout())
                .onErrorMap(error -> cannotListen("RSocket", "--rsocket-listen", listen, error))
                .doOnNext(rsocket::set)
                .then();
    }

    private RaftNode<Command, Result> create(HttpApi opened) {
        try {
            return nodes.create(config, httpUrl(opened.address()), store, metrics.node());
        } catch (IllegalArgumentException contradictory) {
            throw new WrongConfigurationException(contradictory);
        }
    }

    private HttpSettings httpSettings() {
        Set<String> ownHosts = new HashSet<>();
        if (!config.httpListen().isWildcard()) {
            ownHosts.add(config.httpListen().host());
        }
        HostPort advertise = config.httpAdvertise();
        if (advertise != null) {
            ownHosts.add(advertise.host());
        }
        return new HttpSettings(config.httpListen(), ownHosts, config.timing().requestTimeout());
    }

    private static Throwable cannotListen(String what, String flag, HostPort listen, Throwable error) {
        Throwable cause = error.getCause();
        String why = String.valueOf((cause == null ? error : cause).getMessage());
        return new StartRefusedException(
                StartRefusedException.Kind.ADDRESS,
                "cannot listen for " + what + " at " + listen + " (" + why + "): free it or set " + flag,
                error);
    }

    private @Nullable String httpUrl(HostPort bound) {
        HostPort advertise = config.httpAdvertise();
        if (advertise != null) {
            return "http://" + advertise;
        }
        return bound.isWildcard() ? null : "http://" + bound;
    }

    /** Who leads, as this member sees it; see {@link RaftNode#leadership}. Only once started. */
    public Flux<Leadership> leadership() {
        return Flux.defer(() -> started().leadership());
    }

    /** How the node ended, or as an error what ended it; requests are refused from then on. Only once started. */
    public Mono<Ending> closed() {
        return Mono.defer(() -> started().closed()).doOnTerminate(() -> gate.close("the node has ended"));
    }

    private RaftNode<Command, Result> started() {
        RaftNode<Command, Result> created = node.get();
        if (created == null) {
            throw new IllegalStateException("the server was not started");
        }
        return created;
    }

    /**
     * Ends in order: not ready, streams ended, node stopped, last answers out, port closed. Takes the node's grace and two
     * seconds at most. Never fails.
     */
    public Mono<Void> stop() {
        return Mono.defer(() -> {
            gate.close("the server is stopping");
            HttpApi openedHttp = http.get();
            RSocketFace openedRSocket = rsocket.get();
            HttpApi openedMetrics = metricsPort.get();
            RaftNode<Command, Result> created = node.get();
            background.endChecks();
            if (openedHttp != null) {
                openedHttp.endStreams();
            }
            if (openedRSocket != null) {
                openedRSocket.endStreams();
            }
            return (created == null ? Mono.<Void>empty() : created.stop())
                    .then(openedRSocket == null ? Mono.empty() : openedRSocket.close())
                    .then(openedHttp == null ? Mono.empty() : openedHttp.close())
                    .then(openedMetrics == null ? Mono.empty() : openedMetrics.close())
                    .doFinally(signal -> {
                        watches.close();
                        background.close();
                        metrics.close();
                    });
        });
    }
}
