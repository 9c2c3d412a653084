package io.reactorraft.server.http;

import static io.reactorraft.server.http.HttpFixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.Role;
import io.reactorraft.server.http.HttpFixture.Response;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClientResponse;
import reactor.test.StepVerifier;

class LeadershipRouteTest {

    @Test
    void showsTheCurrentValueAtOnceAndThenEveryChange() {
        try (HttpFixture http = new HttpFixture().running()) {
            StepVerifier.create(lines(http, "/v1/leadership"))
                    .expectNext("retry: 1000", "")
                    .expectNext(data(3, "leader", "\"n1\""), "")
                    .then(() -> http.node.leadership(4, Role.CANDIDATE, null))
                    .expectNext(data(4, "candidate", "null"), "")
                    .then(() -> http.node.leadership(4, Role.FOLLOWER, "n2"))
                    .expectNext(data(4, "follower", "\"n2\""), "")
                    .thenCancel()
                    .verify(SOON);
        }
    }

    @Test
    void answersAsStreamsMust() {
        try (HttpFixture http = new HttpFixture().running()) {
            http.node.leadership(5, Role.CANDIDATE, null);
            HttpClientResponse head = head(http, "text/event-stream");
            assertThat(head.status().code()).as("leader or not").isEqualTo(200);
            assertThat(head.responseHeaders().get("content-type")).isEqualTo("text/event-stream");
            assertThat(head.responseHeaders().get("cache-control")).isEqualTo("no-store");
            assertThat(head.responseHeaders().get("x-accel-buffering")).isEqualTo("no");
            assertThat(head.responseHeaders().get("content-encoding")).isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "application/json, text/event-stream;q=0.5", "application/*"})
    void isTheCurrentValueAloneWhereJsonIsAskedFor(String accept) {
        try (HttpFixture http = new HttpFixture().running()) {
            Response json = http.get("/v1/leadership", "Accept", accept);
            assertThat(json.header("content-type")).isEqualTo("application/json");
            assertThat(json.body())
                    .isEqualTo("{\"group\":\"default\",\"term\":3,\"role\":\"leader\",\"leader\":\"n1\"}");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"*/*", "text/event-stream", "text/html,*/*;q=0.8", "application/json;q=0.5, text/event-stream"})
    void isAStreamForEverybodyElse(String accept) {
        try (HttpFixture http = new HttpFixture().running()) {
            assertThat(head(http, accept).responseHeaders().get("content-type")).isEqualTo("text/event-stream");
        }
    }

    @Test
    void headEndsAtOnce() {
        try (HttpFixture http = new HttpFixture().running()) {
            Response head = http.send("HEAD", "/v1/leadership", "");
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.header("content-type")).isEqualTo("text/event-stream");
        }
    }

    @Test
    void aCommentShowsThatAQuietStreamLives() {
        HttpSettings.Limits lively =
                new HttpSettings.Limits(10, 1 << 20, Duration.ofSeconds(60), Duration.ofMillis(50));
        try (HttpFixture http = new HttpFixture(Duration.ofSeconds(5), lively).running()) {
            StepVerifier.create(lines(http, "/v1/leadership"))
                    .expectNextCount(4)
                    .expectNext(":", "", ":", "", ":", "")
                    .then(() -> http.node.leadership(4, Role.FOLLOWER, "n2"))
                    .thenConsumeWhile(line -> !line.startsWith("data"))
                    .expectNext(data(4, "follower", "\"n2\""), "")
                    .thenCancel()
                    .verify(SOON);
        }
    }

    @Test
    void outlivesTheRequestTimeout() {
        HttpSettings.Limits lively =
                new HttpSettings.Limits(10, 1 << 20, Duration.ofSeconds(60), Duration.ofMillis(50));
        try (HttpFixture http = new HttpFixture(Duration.ofMillis(100), lively).running()) {
            StepVerifier.create(lines(http, "/v1/leadership").filter(":"::equals))
                    .expectNextCount(6) // three times the timeout
                    .thenCancel()
                    .verify(SOON);
        }
    }

    @Test
    void endsWithTheNode() {
        try (HttpFixture http = new HttpFixture().running()) {
            StepVerifier.create(lines(http, "/v1/leadership"))
                    .expectNextCount(4)
                    .then(() -> http.node.stop().block(SOON))
                    .expectComplete()
                    .verify(SOON);
            http.get("/v1/leadership", "Accept", "application/json");
        }
    }

    @Test
    void endsWithTheServerAndNewOnesDoToo() {
        try (HttpFixture http = new HttpFixture().running()) {
            StepVerifier.create(lines(http, "/v1/leadership"))
                    .expectNextCount(4)
                    .then(http.api::endStreams)
                    .expectComplete()
                    .verify(SOON);
            StepVerifier.create(lines(http, "/v1/leadership").then())
                    .expectComplete()
                    .verify(SOON);
        }
    }

    @Test
    void aSlowReaderSeesTheLatestAndCostsNoMemory() {
        try (HttpFixture http = new HttpFixture().running()) {
            int changes = 200_000;
            List<String> seen = new ArrayList<>();
            AtomicReference<String> rest = new AtomicReference<>("");
            Reader reader = new Reader();
            bodies(http, "/v1/leadership").subscribe(reader);
            reader.first.asMono().block(SOON);
            for (int term = 4; term < changes; term++) {
                http.node.leadership(term, Role.FOLLOWER, "n2");
            }
            http.node.leadership(changes, Role.LEADER, "n1");

            reader.requestUnbounded();
            String last = reader.text
                    .asFlux()
                    .map(part -> {
                        collect(rest, part, seen);
                        return seen.isEmpty() ? "" : seen.get(seen.size() - 1);
                    })
                    .filter(data(changes, "leader", "\"n1\"")::equals)
                    .blockFirst(SOON);
            assertThat(last).as("the latest comes in the end").isNotNull();
            assertThat(seen).as("what lay between was skipped").hasSizeLessThan(changes / 2);
            assertThat(seen.stream().map(LeadershipRouteTest::term).toList())
                    .as("in order")
                    .isSorted();
            reader.cancel();
        }
    }

    /** Reads one piece, and the rest when it is told to. */
    private static final class Reader extends BaseSubscriber<String> {
        final reactor.core.publisher.Sinks.Empty<Void> first = reactor.core.publisher.Sinks.empty();
        final reactor.core.publisher.Sinks.Many<String> text =
                reactor.core.publisher.Sinks.many().unicast().onBackpressureBuffer();

        @Override
        protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
            subscription.request(1);
        }

        @Override
        protected void hookOnNext(String part) {
            first.tryEmitEmpty();
            text.emitNext(part, reactor.core.publisher.Sinks.EmitFailureHandler.FAIL_FAST);
        }
    }

    private static void collect(AtomicReference<String> rest, String part, List<String> data) {
        String text = rest.get() + part;
        int from = 0;
        for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
            String line = text.substring(from, end);
            if (line.startsWith("data")) {
                data.add(line);
            }
            from = end + 1;
        }
        rest.set(text.substring(from));
    }

    private static Integer term(String data) {
        int from = data.indexOf("\"term\":") + 7;
        return Integer.valueOf(data.substring(from, data.indexOf(',', from)));
    }

    private static String data(int term, String role, String leader) {
        return "data: {\"group\":\"default\",\"term\":" + term + ",\"role\":\"" + role + "\",\"leader\":" + leader
                + "}";
    }

    private static HttpClientResponse head(HttpFixture http, String accept) {
        HttpClientResponse head = http.client()
                .headers(all -> all.set("Accept", accept))
                .get()
                .uri("/v1/leadership")
                .response((response, content) -> Mono.just(response))
                .blockFirst(SOON);
        assertThat(head).isNotNull();
        return java.util.Objects.requireNonNull(head);
    }

    private static Flux<String> bodies(HttpFixture http, String path) {
        return http.client().get().uri(path).responseContent().asString(StandardCharsets.UTF_8);
    }

    /** Line by line; events come one to a piece, as each is flushed by itself. */
    private static Flux<String> lines(HttpFixture http, String path) {
        return bodies(http, path).concatMapIterable(part -> {
            assertThat(part).endsWith("\n");
            return part.lines().toList();
        });
    }
}
