package io.reactorraft.server;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.Ending;
import io.reactorraft.Member;
import io.reactorraft.server.kv.KeyValueStore;
import io.reactorraft.spi.StartRefusedException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.http.client.HttpClient;
import reactor.test.StepVerifier;

/** A server's life around its node: what opens when, what ends when, and what is said of failures. */
class ServerTest {

    private static final Duration SOON = Duration.ofSeconds(60);

    private final AtomicReference<@Nullable String> toldUrl = new AtomicReference<>();
    private final FakeNode node = new FakeNode(new KeyValueStore());

    @Test
    void theHttpPortIsOpenBeforeTheLogIsRecovered() {
        Sinks.Empty<Void> recovered = Sinks.empty();
        node.starting(recovered.asMono());
        Server server = server(new HostPort("127.0.0.1", 0), null);
        Sinks.One<Server.Ready> ready = Sinks.one();
        server.start().subscribe(ready::tryEmitValue, ready::tryEmitError);

        String url = requireNonNull(Flux.interval(Duration.ofMillis(5))
                .mapNotNull(tick -> toldUrl.get())
                .blockFirst(SOON));
        assertThat(status(url + "/livez")).isEqualTo(200);
        assertThat(status(url + "/readyz")).isEqualTo(503);
        assertThat(status(url + "/v1/kv/a")).isEqualTo(503);

        recovered.emitEmpty(Sinks.EmitFailureHandler.FAIL_FAST);
        Server.Ready told = requireNonNull(ready.asMono().block(SOON));
        assertThat(told.id()).isEqualTo("n1");
        assertThat("http://" + told.http()).isEqualTo(url);
        assertThat(told.peer()).hasToString("127.0.0.1:7001");
        assertThat(status(url + "/readyz")).isEqualTo(200);
        server.stop().block(SOON);
    }

    @Test
    void membersAreToldTheAdvertisedAddressWhereThereIsOne() {
        Server server = server(new HostPort("127.0.0.1", 0), HostPort.parse("db.example.org:80"));
        server.start().block(SOON);
        assertThat(toldUrl.get()).isEqualTo("http://db.example.org:80");
        server.stop().block(SOON);
    }

    @Test
    void aTakenPortIsNamed() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            HostPort address = new HostPort("127.0.0.1", taken.getLocalPort());
            StepVerifier.create(server(address, null).start())
                    .expectErrorSatisfies(error -> assertThat(error)
                            .isInstanceOfSatisfying(
                                    StartRefusedException.class,
                                    refused -> assertThat(refused.kind()).isEqualTo(StartRefusedException.Kind.ADDRESS))
                            .hasMessageContaining(address.toString())
                            .hasMessageContaining("--http-listen"))
                    .verify(SOON);
        }
    }

    @Test
    void endlessStreamsDoNotHoldUpAStop() {
        Server server = server(new HostPort("127.0.0.1", 0), null);
        HostPort address = requireNonNull(server.start().block(SOON)).http();
        int streams = 50;
        Sinks.Many<String> opened = Sinks.many().multicast().directBestEffort();
        Mono<Long> ended = Flux.range(0, streams)
                .flatMap(
                        each -> HttpClient.newConnection()
                                .get()
                                .uri("http://" + address + "/v1/leadership")
                                .responseContent()
                                .asString(StandardCharsets.UTF_8)
                                .doOnNext(text -> opened.emitNext(text, Sinks.EmitFailureHandler.busyLooping(SOON)))
                                .then(Mono.just(each)),
                        streams)
                .count();
        Mono<Void> stopped = opened.asFlux()
                .filter(text -> text.contains("data:"))
                .take(streams)
                .then(Mono.defer(server::stop));
        StepVerifier.create(Mono.zip(stopped.thenReturn(true), ended).map(both -> both.getT2()))
                .expectNext((long) streams)
                .expectComplete()
                .verify(SOON);
        StepVerifier.create(server.stop()).expectComplete().verify(SOON);
    }

    @Test
    void aStreamWhoseReaderSleepsDoesNotHoldUpAStop() throws IOException {
        Server server = server(new HostPort("127.0.0.1", 0), null);
        HostPort address = requireNonNull(server.start().block(SOON)).http();
        try (var socket = new java.net.Socket(InetAddress.getLoopbackAddress(), address.port())) {
            socket.getOutputStream()
                    .write("GET /v1/leadership HTTP/1.1\r\nHost: localhost\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(socket.getInputStream().read()).isEqualTo('H');
            StepVerifier.create(server.stop()).expectComplete().verify(SOON);
        }
    }

    @Test
    void aRequestOnItsWayIsAnsweredWhileTheServerStops() {
        Sinks.Empty<Void> late = Sinks.empty();
        Sinks.Empty<Void> arrived = Sinks.empty();
        node.before(Mono.<Void>fromRunnable(arrived::tryEmitEmpty).then(late.asMono()));
        Server server = server(new HostPort("127.0.0.1", 0), null);
        HostPort address = requireNonNull(server.start().block(SOON)).http();
        Mono<Integer> put = HttpClient.newConnection()
                .put()
                .uri("http://" + address + "/v1/kv/a")
                .responseSingle(
                        (head, body) -> body.then(Mono.just(head.status().code())));
        Mono<Void> stopped =
                arrived.asMono().then(Mono.when(server.stop(), Mono.<Void>fromRunnable(late::tryEmitEmpty)));
        StepVerifier.create(Mono.when(stopped)
                        .and(put.doOnNext(status -> assertThat(status).isEqualTo(200))))
                .expectComplete()
                .verify(SOON);
        assertThat(node.stops()).isEqualTo(1);
    }

    @Test
    void stoppingTwiceOrBeforeTheStartIsFine() {
        Server server = server(new HostPort("127.0.0.1", 0), null);
        StepVerifier.create(server.stop()).expectComplete().verify(SOON);
        server.start().block(SOON);
        StepVerifier.create(server.stop().then(server.stop())).expectComplete().verify(SOON);
    }

    @Test
    void aNodeThatFailsClosesTheDoorAndTellsWhy() {
        Server server = server(new HostPort("127.0.0.1", 0), null);
        HostPort address = requireNonNull(server.start().block(SOON)).http();
        StepVerifier.create(server.closed())
                .then(() -> node.fail(new IOException("disk is gone")))
                .expectErrorMessage("disk is gone")
                .verify(SOON);
        assertThat(status("http://" + address + "/v1/kv/a")).isEqualTo(503);
        assertThat(status("http://" + address + "/readyz")).isEqualTo(503);
        server.stop().block(SOON);
    }

    @Test
    void aNodeThatWasRemovedSaysSo() {
        Server server = server(new HostPort("127.0.0.1", 0), null);
        server.start().block(SOON);
        node.end(Ending.REMOVED);
        StepVerifier.create(server.closed())
                .expectNext(Ending.REMOVED)
                .expectComplete()
                .verify(SOON);
        server.stop().block(SOON);
    }

    private Server server(HostPort listen, @Nullable HostPort advertise) {
        ServerConfig config = new ServerConfig(
                "n1",
                Path.of("unused"),
                "test",
                HostPort.parse("127.0.0.1:7001"),
                null,
                listen,
                advertise,
                List.of(Member.voter("n1", "127.0.0.1:7001")),
                ServerConfig.Timing.DEFAULTS,
                ServerConfig.Ports.NONE,
                ServerConfig.Snapshots.DEFAULTS,
                ServerConfig.Join.NONE,
                null);
        return new Server(config, "1.2.3", (ignored, url, store, metrics) -> {
            toldUrl.set(url);
            return node;
        });
    }

    private static int status(String url) {
        return requireNonNull(HttpClient.newConnection()
                        .get()
                        .uri(url)
                        .responseSingle((head, body) ->
                                body.then(Mono.just(head.status().code())))
                        .block(SOON))
                .intValue();
    }
}
