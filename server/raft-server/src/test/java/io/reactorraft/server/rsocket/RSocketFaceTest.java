package io.reactorraft.server.rsocket;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.reactorraft.RaftException;
import io.reactorraft.Role;
import io.reactorraft.server.FakeNode;
import io.reactorraft.server.HostPort;
import io.reactorraft.server.api.Gate;
import io.reactorraft.server.api.Json;
import io.reactorraft.server.api.Replica;
import io.reactorraft.server.kv.KeyValueStore;
import io.reactorraft.server.kv.Watches;
import io.rsocket.Payload;
import io.rsocket.RSocket;
import io.rsocket.core.RSocketConnector;
import io.rsocket.exceptions.ApplicationErrorException;
import io.rsocket.exceptions.RejectedException;
import io.rsocket.metadata.CompositeMetadataCodec;
import io.rsocket.metadata.TaggingMetadataCodec;
import io.rsocket.metadata.WellKnownMimeType;
import io.rsocket.transport.netty.client.TcpClientTransport;
import io.rsocket.util.DefaultPayload;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** A real client, which sends its routes as Spring's does. */
class RSocketFaceTest {

    private static final Duration SOON = Duration.ofSeconds(60);

    private final KeyValueStore store = new KeyValueStore();
    private final FakeNode node = new FakeNode(store);
    private final Scheduler watchThread = Schedulers.newSingle("test-watch", true);
    private final Watches watches = new Watches(store, watchThread);
    private final Gate gate = new Gate();
    private final RSocketFace face = requireNonNull(
            RSocketFace.open(new HostPort("127.0.0.1", 0), gate, "1.2.3", SOON).block(SOON));
    private final RSocket client = requireNonNull(RSocketConnector.create()
            .metadataMimeType(WellKnownMimeType.MESSAGE_RSOCKET_COMPOSITE_METADATA.getString())
            .dataMimeType("application/json")
            .fragment(64 << 10)
            .connect(TcpClientTransport.create(
                    face.address().host(), face.address().port()))
            .block(SOON));

    RSocketFaceTest() {
        gate.open(new Replica(node, store, watches, "test"));
    }

    @AfterEach
    void close() {
        client.dispose();
        face.close().block(SOON);
        watches.close();
        watchThread.dispose();
    }

    @Test
    void whatIsPutIsWhatIsGot() {
        assertThat(ask("kv.put", "{\"key\":\"a\",\"value\":\"MQ==\"}").toString())
                .isEqualTo("{\"revision\":1,\"term\":3,\"index\":1}");
        assertThat(ask("kv.get", "{\"key\":\"a\"}").toString())
                .isEqualTo("{\"key\":\"a\",\"value\":\"MQ==\",\"revision\":1}");
        assertThat(ask("kv.put", "{\"key\":\"a\",\"value\":\"Mg==\",\"ifMatch\":1}")
                        .path("revision")
                        .asInt())
                .isEqualTo(2);
        assertThat(ask("kv.get", "{\"key\":\"a\",\"revision\":1,\"consistency\":\"stale\"}")
                        .path("value")
                        .asText())
                .isEqualTo("MQ==");
        assertThat(ask("kv.delete", "{\"key\":\"a\"}").toString()).isEqualTo("{\"revision\":3,\"deleted\":1}");
        assertThat(ask("status", "").path("revision").asInt()).isEqualTo(3);
    }

    @Test
    void aValueOfTheLargestSizeComesThrough() {
        String value = Base64.getEncoder().encodeToString(new byte[1 << 20]);
        ask("kv.put", "{\"key\":\"a\",\"value\":\"" + value + "\"}");
        assertThat(ask("kv.get", "{\"key\":\"a\"}").path("value").asText()).isEqualTo(value);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "kv.get | {\"key\":\"none\"} | not-found",
                "kv.get | {} | invalid",
                "kv.get | {\"key\":\"a//b\"} | invalid",
                "kv.get | {\"key\":\"a\",\"revision\":9} | revision-ahead",
                "kv.get | {\"key\":\"a\",\"consistency\":\"any\"} | invalid",
                "kv.get | not json | invalid",
                "kv.get | [] | invalid",
                "kv.put | {\"key\":\"a\",\"value\":\"?\"} | invalid",
                "kv.put | {\"key\":\"a\",\"value\":\"MQ==\",\"ttl\":1} | invalid",
                "kv.put | {\"key\":\"a\",\"value\":\"MQ==\",\"ifMatch\":7} | precondition",
                "kv.put | {\"key\":\"a\",\"value\":\"MQ==\",\"idempotencyKey\":\"1\"} | invalid",
                "kv.delete | {\"key\":\"a\",\"ifNoneMatch\":\"*\"} | invalid",
                "kv.list | {} | not-found",
                "watch | {} | invalid",
            })
    void whatIsRefusedIsAProblemAndRejected(String route, String data, String type) {
        StepVerifier.create(client.requestResponse(payload(route, data)))
                .expectErrorSatisfies(error -> {
                    assertThat(error).isInstanceOf(RejectedException.class);
                    assertThat(error.getMessage())
                            .contains("urn:reactor-raft:problem:" + type)
                            .contains("\"no\"");
                })
                .verify(SOON);
        assertThat(store.revision()).isZero();
    }

    @Test
    void anUnknownOutcomeIsNotRejected() {
        node.failing(new RaftException.OutcomeUnknown("leadership was lost"));
        StepVerifier.create(client.requestResponse(payload("kv.put", "{\"key\":\"a\",\"value\":\"MQ==\"}")))
                .expectErrorSatisfies(error -> {
                    assertThat(error).isInstanceOf(ApplicationErrorException.class);
                    assertThat(error.getMessage()).contains("outcome-unknown").contains("\"applied\":\"unknown\"");
                })
                .verify(SOON);
    }

    @Test
    void aWatchTellsAsMuchAsItIsAskedForAndNoMore() {
        for (int n = 0; n < 5; n++) {
            ask("kv.put", "{\"key\":\"k" + n + "\",\"value\":\"MQ==\"}");
        }
        StepVerifier.create(
                        client.requestStream(payload("watch", "{\"prefix\":\"k\",\"from\":1}"))
                                .map(RSocketFaceTest::text),
                        0)
                .thenRequest(2)
                .expectNext("{\"event\":\"bookmark\",\"revision\":0}")
                .expectNext("{\"event\":\"put\",\"key\":\"k0\",\"value\":\"MQ==\",\"revision\":1}")
                .expectNoEvent(Duration.ofMillis(200))
                .thenRequest(1)
                .expectNextMatches(event -> event.contains("\"k1\""))
                .then(() -> assertThat(watches.count()).isEqualTo(1))
                .thenCancel()
                .verify(SOON);
        reactor.core.publisher.Flux.interval(Duration.ofMillis(5))
                .filter(tick -> watches.count() == 0)
                .blockFirst(SOON);
    }

    @Test
    void leadershipShowsTheCurrentValueAndThenEveryChange() {
        StepVerifier.create(client.requestStream(payload("leadership", "")).map(RSocketFaceTest::text), 1)
                .expectNext("{\"group\":\"default\",\"term\":3,\"role\":\"leader\",\"leader\":\"n1\"}")
                .then(() -> node.leadership(4, Role.FOLLOWER, "n2"))
                .then(() -> node.leadership(5, Role.FOLLOWER, "n3"))
                .thenRequest(1)
                .expectNextMatches(shown -> shown.contains("\"term\":5") || shown.contains("\"term\":4"))
                .thenCancel()
                .verify(SOON);
    }

    @Test
    void streamsEndWhenTheServerStops() {
        StepVerifier.create(client.requestStream(payload("watch", "")))
                .expectNextCount(1)
                .then(face::endStreams)
                .expectComplete()
                .verify(SOON);
    }

    @Test
    void aRequestWithoutARouteIsToldSo() {
        StepVerifier.create(client.requestResponse(DefaultPayload.create("{}")))
                .expectErrorSatisfies(error -> assertThat(error.getMessage()).contains("no route"))
                .verify(SOON);
    }

    private JsonNode ask(String route, String data) {
        Payload answer = requireNonNull(client.requestResponse(payload(route, data))
                .onErrorResume(error -> Mono.error(new AssertionError(error.getMessage(), error)))
                .block(SOON));
        try {
            return Json.parse(text(answer).getBytes(StandardCharsets.UTF_8));
        } catch (IOException garbled) {
            throw new AssertionError(garbled);
        }
    }

    private static String text(Payload payload) {
        String text = payload.getDataUtf8();
        payload.release();
        return text;
    }

    private static Payload payload(String route, String data) {
        ByteBufAllocator allocator = ByteBufAllocator.DEFAULT;
        CompositeByteBuf metadata = allocator.compositeBuffer();
        ByteBuf routes = TaggingMetadataCodec.createRoutingMetadata(allocator, List.of(route))
                .getContent();
        CompositeMetadataCodec.encodeAndAddMetadata(
                metadata, allocator, WellKnownMimeType.MESSAGE_RSOCKET_ROUTING, routes);
        return DefaultPayload.create(Unpooled.copiedBuffer(data, StandardCharsets.UTF_8), metadata);
    }
}
