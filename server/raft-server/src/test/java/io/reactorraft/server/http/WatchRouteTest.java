package io.reactorraft.server.http;

import static io.reactorraft.server.http.HttpFixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.RaftException;
import io.reactorraft.server.http.HttpFixture.Response;
import io.reactorraft.server.kv.Watches;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.test.StepVerifier;

class WatchRouteTest {

    @Test
    void tellsWhereItStartsAndThenEveryChangeUnderItsPrefix() {
        try (HttpFixture http = new HttpFixture().running()) {
            http.put("/v1/kv/a/0", "x");
            StepVerifier.create(lines(http, "/v1/watch?prefix=a/"))
                    .expectNext("retry: 1000", "", "id: 1", "")
                    .then(() -> http.put("/v1/kv/b", "x"))
                    .then(() -> http.put("/v1/kv/a/1", "grüße"))
                    .expectNext(
                            "id: 3",
                            "event: put",
                            "data: {\"key\":\"a/1\",\"value\":\"Z3LDvMOfZQ==\",\"revision\":3}",
                            "")
                    .then(() -> http.delete("/v1/kv/a/1"))
                    .expectNext("id: 4", "event: delete", "data: {\"key\":\"a/1\",\"value\":null,\"revision\":4}", "")
                    .thenCancel()
                    .verify(SOON);
        }
    }

    @Test
    void fromIsInclusiveAndTheLastEventIdExclusiveAndStronger() {
        try (HttpFixture http = new HttpFixture().running()) {
            for (int n = 1; n <= 4; n++) {
                http.put("/v1/kv/a", "" + n);
            }
            StepVerifier.create(lines(http, "/v1/watch?from=3").filter(line -> line.startsWith("id")))
                    .expectNext("id: 2", "id: 3", "id: 4")
                    .thenCancel()
                    .verify(SOON);
            StepVerifier.create(lines(http, "/v1/watch?from=1", "Last-Event-ID", "3")
                            .filter(line -> line.startsWith("id")))
                    .expectNext("id: 3", "id: 4")
                    .thenCancel()
                    .verify(SOON);
        }
    }

    @Test
    void aRangeAndTheWatchBehindItMissNothingBetweenThem() {
        try (HttpFixture http = new HttpFixture().running()) {
            http.put("/v1/kv/a", "1");
            long revision = http.get("/v1/kv").json().path("revision").asLong();
            http.put("/v1/kv/a", "2");
            StepVerifier.create(lines(http, "/v1/watch?from=" + (revision + 1)).filter(line -> line.startsWith("id")))
                    .expectNext("id: 1", "id: 2")
                    .thenCancel()
                    .verify(SOON);
        }
    }

    @Test
    void opensAtOnceDuringTheRecoveryAndWaitsForWhatTheClientHasSeenAlready() {
        try (HttpFixture http = new HttpFixture()) {
            http.node.before(Mono.error(new RaftException.NotLeader("nobody leads", null)));
            StepVerifier.create(lines(http, "/v1/watch", "Last-Event-ID", "2"))
                    .expectNext("retry: 1000", "")
                    .then(http::running)
                    .expectNext("id: 2", "")
                    .then(() -> http.node.before(Mono.empty()))
                    .then(() -> http.put("/v1/kv/a", "1"))
                    .then(() -> http.put("/v1/kv/a", "2"))
                    .then(() -> http.put("/v1/kv/a", "3"))
                    .expectNext("id: 3", "event: put")
                    .thenCancel()
                    .verify(SOON);
        }
    }

    @Test
    void opensOnANodeThatIsBehindAndCannotAskALeader() {
        try (HttpFixture http = new HttpFixture().running()) {
            http.node.before(Mono.error(new RaftException.NotLeader("nobody leads", null)));
            StepVerifier.create(lines(http, "/v1/watch?from=2"))
                    .expectNext("retry: 1000", "", "id: 1", "")
                    .then(() -> http.node.before(Mono.empty()))
                    .then(() -> http.put("/v1/kv/a", "1"))
                    .then(() -> http.put("/v1/kv/a", "2"))
                    .expectNext("id: 2")
                    .thenCancel()
                    .verify(SOON);
        }
    }

    @Test
    void endsWhereItTurnsOutThatThereIsNoSuchRevisionSoThatTheClientComesBackAndIsTold() {
        try (HttpFixture http = new HttpFixture()) {
            StepVerifier.create(lines(http, "/v1/watch", "Last-Event-ID", "99"))
                    .expectNext("retry: 1000", "")
                    .then(http::running)
                    .thenConsumeWhile(line -> true)
                    .expectComplete()
                    .verify(SOON);
            http.get("/v1/watch", "Last-Event-ID", "99").isProblem(410, "revision-ahead", "no");
        }
    }

    @Test
    void whatIsForgottenIsGone() {
        try (HttpFixture http = new HttpFixture().running()) {
            http.put("/v1/settings", "{\"history\":1000}", "Content-Type", "application/json");
            Flux.range(0, 1_002)
                    .concatMap(n -> http.exchange("PUT", "/v1/kv/a", "" + n))
                    .blockLast(Duration.ofSeconds(60));
            Response gone = http.get("/v1/watch?from=2");
            assertThat(gone.isProblem(410, "compacted", "no").path("field").asText())
                    .isEqualTo("from");
            http.get("/v1/kv/a?revision=1").isProblem(410, "compacted", "no");
            StepVerifier.create(lines(http, "/v1/watch?from=3").filter(line -> line.startsWith("id")))
                    .expectNext("id: 2", "id: 3")
                    .thenCancel()
                    .verify(SOON);
        }
    }

    /** The connection is the limit: what it does not take is not asked of the store, and costs nobody anything. */
    @Test
    void aClientThatStopsReadingIsCutOffAndToldWhereToResume() {
        try (HttpFixture http = new HttpFixture().running()) {
            String large = "x".repeat(512 << 10);
            StepVerifier.create(lines(http, "/v1/watch"), 4)
                    .expectNext("retry: 1000", "", "id: 0", "")
                    .then(() -> {
                        for (int n = 0; n < 40; n++) {
                            http.put("/v1/kv/large", large);
                        }
                        Flux.range(0, (int) Watches.MAX_LAG + 1)
                                .flatMap(n -> http.node.propose(small()), 64)
                                .blockLast(Duration.ofSeconds(60));
                    })
                    .thenAwait(Watches.MAX_LAG > 0 ? Duration.ofSeconds(4) : Duration.ZERO)
                    .thenRequest(Long.MAX_VALUE)
                    .thenConsumeWhile(line -> !line.equals("event: lagged"))
                    .expectNext("event: lagged")
                    .expectNextMatches(line -> line.matches("data: \\{\"resume\":[0-9]+}"))
                    .expectNext("")
                    .expectComplete()
                    .verify(Duration.ofSeconds(60));
            Flux.interval(Duration.ofMillis(5))
                    .filter(tick -> http.watches.count() == 0)
                    .blockFirst(SOON);
        }
    }

    private static io.reactorraft.server.kv.proto.Command small() {
        return io.reactorraft.server.kv.Commands.put(
                io.reactorraft.server.kv.Key.of("small"),
                com.google.protobuf.ByteString.EMPTY,
                io.reactorraft.server.kv.Commands.always());
    }

    @Test
    void aClientThatLeavesIsForgotten() {
        try (HttpFixture http = new HttpFixture().running()) {
            StepVerifier.create(lines(http, "/v1/watch"))
                    .expectNextCount(4)
                    .then(() -> assertThat(http.watches.count()).isEqualTo(1))
                    .thenCancel()
                    .verify(SOON);
            Flux.interval(Duration.ofMillis(5))
                    .filter(tick -> http.watches.count() == 0)
                    .blockFirst(SOON);
        }
    }

    private static Flux<String> lines(HttpFixture http, String path, String... headers) {
        HttpClient.ResponseReceiver<?> response = http.client()
                .headers(all -> {
                    for (int i = 0; i < headers.length; i += 2) {
                        all.set(headers[i], headers[i + 1]);
                    }
                })
                .get()
                .uri(path);
        StringBuilder rest = new StringBuilder();
        return response.responseContent()
                .asString(StandardCharsets.UTF_8)
                .limitRate(1)
                .concatMapIterable(part -> split(rest.append(part)), 1);
    }

    private static Iterable<String> split(StringBuilder text) {
        java.util.List<String> lines = new java.util.ArrayList<>();
        int end;
        while ((end = text.indexOf("\n")) >= 0) {
            lines.add(text.substring(0, end));
            text.delete(0, end + 1);
        }
        return lines;
    }
}
