package io.reactorraft.server;

import io.reactorraft.Ending;
import io.reactorraft.Leadership;
import io.reactorraft.RaftNode;
import io.reactorraft.server.http.Gate;
import io.reactorraft.server.http.HttpApi;
import io.reactorraft.server.http.HttpSettings;
import io.reactorraft.server.http.Replica;
import io.reactorraft.server.kv.KeyValueStore;
import io.reactorraft.server.kv.proto.Command;
import io.reactorraft.server.kv.proto.Result;
import io.reactorraft.spi.StartRefusedException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

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
    private final Gate gate = new Gate();
    private final AtomicReference<@Nullable HttpApi> http = new AtomicReference<>();
    private final AtomicReference<@Nullable RaftNode<Command, Result>> node = new AtomicReference<>();

    /** A server that is not yet started; {@code version} is what it tells its clients. */
    public Server(ServerConfig config, String version) {
        this(config, version, Nodes.real());
    }

    Server(ServerConfig config, String version, Nodes nodes) {
        this.config = config;
        this.version = version;
        this.nodes = nodes;
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
        return HttpApi.open(httpSettings(), gate, version)
                .onErrorMap(this::cannotListen)
                .doOnNext(http::set)
                .flatMap(opened -> {
                    RaftNode<Command, Result> created = create(opened);
                    node.set(created);
                    return created.start().then(Mono.fromSupplier(() -> {
                        gate.open(new Replica(created, store, config.clusterId()));
                        return new Ready(config.id(), opened.address(), config.peerListen());
                    }));
                });
    }

    private RaftNode<Command, Result> create(HttpApi opened) {
        try {
            return nodes.create(config, httpUrl(opened.address()), store);
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

    private Throwable cannotListen(Throwable error) {
        Throwable cause = error.getCause();
        String why = String.valueOf((cause == null ? error : cause).getMessage());
        return new StartRefusedException(
                StartRefusedException.Kind.ADDRESS,
                "cannot listen for HTTP at " + config.httpListen() + " (" + why + "): free it or set --http-listen",
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
            HttpApi opened = http.get();
            RaftNode<Command, Result> created = node.get();
            if (opened != null) {
                opened.endStreams();
            }
            Mono<Void> nodeStopped = created == null ? Mono.empty() : created.stop();
            return opened == null ? nodeStopped : nodeStopped.then(opened.close());
        });
    }
}
