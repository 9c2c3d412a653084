package io.reactorraft.server.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.reactorraft.server.HostPort;
import io.reactorraft.server.api.Gate;
import io.reactorraft.server.metrics.ServerMetrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.DisposableServer;
import reactor.netty.FutureMono;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

/**
 * The HTTP port of one member. Opened before its node recovers, closed after the node stopped; the {@link Gate} says what
 * may come in between.
 */
public final class HttpApi {

    /** Few are enough: nothing here blocks, and the node's own threads do the work. */
    private static final int MAX_EVENT_LOOPS = 4;

    /** Longer than the longest key, every byte of it percent-encoded. */
    private static final int MAX_REQUEST_LINE_BYTES = 8 << 10;

    private static final int MAX_HEADER_BYTES = 16 << 10;

    /** Answers that are on their way when the server stops get this long to get through. */
    private static final Duration LAST_ANSWERS = Duration.ofSeconds(1);

    private final HttpSettings settings;
    private final DisposableServer server;
    private final ChannelGroup connections;
    private final LoopResources loops;
    private final InFlight inFlight;
    private final Sinks.Empty<Void> ending;

    private HttpApi(HttpSettings settings, Opened opened, DisposableServer server) {
        this.settings = settings;
        this.server = server;
        this.connections = opened.connections;
        this.loops = opened.loops;
        this.inFlight = opened.inFlight;
        this.ending = opened.ending;
    }

    /** What an open port consists of. */
    private record Opened(ChannelGroup connections, LoopResources loops, InFlight inFlight, Sinks.Empty<Void> ending) {}

    /** Opens the port with all of its routes; the error of an address that is taken says so. */
    public static Mono<HttpApi> open(HttpSettings settings, Gate gate, String version, ServerMetrics metrics) {
        return open(settings, opened -> {
            List<Route> routes = new ArrayList<>(new Probes(gate).routes());
            routes.add(new MetricsRoute(metrics).route());
            routes.add(new KeyValueRoutes(gate).route());
            StreamSettings streams = new StreamSettings(settings.limits().keepAlive(), opened.ending.asMono());
            routes.add(new RangeRoute(gate).route());
            routes.add(new WatchRoute(gate, streams).route());
            routes.add(new SettingsRoute(gate).route());
            routes.add(new SnapshotRoute(gate).route());
            routes.add(new BackupRoute(gate, settings.requestTimeout(), metrics).route());
            routes.addAll(new MembersRoutes(gate).routes());
            routes.add(new LeadershipRoute(gate, streams).route());
            routes.add(new StatusRoute(gate, version).route());
            return router(settings, opened, routes, new HostCheck(settings.ownHosts()), metrics);
        });
    }

    /** Opens a port with probes and metrics only. */
    public static Mono<HttpApi> openMetrics(HttpSettings settings, Gate gate, ServerMetrics metrics) {
        return open(settings, opened -> {
            List<Route> routes = new ArrayList<>(new Probes(gate).routes());
            routes.add(new MetricsRoute(metrics).route());
            return router(settings, opened, routes, HostCheck.none(), metrics);
        });
    }

    private static Mono<HttpApi> open(HttpSettings settings, Function<Opened, Router> routing) {
        return Mono.defer(() -> {
            int threads = Math.min(MAX_EVENT_LOOPS, Runtime.getRuntime().availableProcessors());
            Opened opened = new Opened(
                    new DefaultChannelGroup("raft-http", GlobalEventExecutor.INSTANCE),
                    LoopResources.create("raft-http", Math.max(2, threads), true),
                    new InFlight(),
                    Sinks.empty());
            Router router = routing.apply(opened);
            return server(settings, opened)
                    .handle(router::handle)
                    .bind()
                    .<HttpApi>map(server -> new HttpApi(settings, opened, server))
                    .onErrorResume(error -> release(opened.loops).then(Mono.error(error)));
        });
    }

    private static Router router(
            HttpSettings settings, Opened opened, List<Route> routes, HostCheck hosts, ServerMetrics metrics) {
        return new Router(
                routes,
                hosts,
                new ByteBudget(settings.limits().maxBodyBytes()),
                settings.requestTimeout(),
                opened.inFlight,
                metrics);
    }

    private static HttpServer server(HttpSettings settings, Opened opened) {
        HttpSettings.Limits limits = settings.limits();
        AtomicInteger open = new AtomicInteger();
        return HttpServer.create()
                .host(settings.listen().host())
                .port(settings.listen().port())
                .runOn(opened.loops)
                .channelGroup(opened.connections)
                .protocol(HttpProtocol.HTTP11)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .idleTimeout(limits.idleTimeout())
                .httpRequestDecoder(decoder ->
                        decoder.maxInitialLineLength(MAX_REQUEST_LINE_BYTES).maxHeaderSize(MAX_HEADER_BYTES))
                .doOnChannelInit((observer, channel, remote) -> admit(channel, open, limits.maxConnections()));
    }

    private static void admit(Channel channel, AtomicInteger open, int maxConnections) {
        channel.closeFuture().addListener(closed -> open.decrementAndGet());
        if (open.incrementAndGet() > maxConnections) {
            channel.close().addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
        }
    }

    /** Where it listens, with the port that was bound. */
    public HostPort address() {
        return settings.listen().withPort(server.port());
    }

    /** How many requests, streams included, are being answered. */
    int inFlight() {
        return inFlight.count();
    }

    /** Ends all streams; new ones end at once. Everything else goes on. */
    public void endStreams() {
        ending.tryEmitEmpty();
    }

    /** Lets answers on their way get through, for a moment, and closes port and connections. Never fails. */
    public Mono<Void> close() {
        return Mono.defer(() -> {
            endStreams();
            return FutureMono.from(server.channel().close())
                    .then(inFlight.drained(LAST_ANSWERS))
                    .then(Mono.defer(() -> FutureMono.from(connections.close())))
                    .onErrorComplete()
                    .then(release(loops));
        });
    }

    private static Mono<Void> release(LoopResources loops) {
        return loops.disposeLater(Duration.ZERO, LAST_ANSWERS).onErrorComplete();
    }
}
