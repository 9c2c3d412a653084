package io.reactorraft.server.http;

import static io.reactorraft.server.http.HttpFixture.SOON;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.Role;
import io.reactorraft.server.http.HttpFixture.Response;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
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
    void opensAtOnceDuringTheRecoveryAndGoesOnAfterIt() {
        try (HttpFixture http = new HttpFixture()) {
            StepVerifier.create(lines(http, "/v1/leadership"))
                    .expectNext("retry: 1000", "")
                    .then(http::running)
                    .expectNext(data(3, "leader", "\"n1\""), "")
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
        try (HttpFixture http = new HttpFixture(SOON, lively).running()) {
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
    void aSlowReaderSeesTheLatestAndCostsNoMemory() throws IOException {
        try (HttpFixture http = new HttpFixture().running();
                Socket socket = new Socket()) {
            socket.setReceiveBufferSize(4096);
            socket.setSoTimeout((int) SOON.toMillis());
            socket.connect(new InetSocketAddress(
                    InetAddress.getLoopbackAddress(), http.api.address().port()));
            socket.getOutputStream()
                    .write("GET /v1/leadership HTTP/1.1\r\nHost: localhost\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            BufferedReader lines =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            assertThat(nextData(lines)).isEqualTo(data(3, "leader", "\"n1\""));

            int term = 4;
            long taken;
            do { // until the system holds no more for a reader who does not read
                taken = http.node.taken();
                http.node.leadership(term++, Role.FOLLOWER, "n2");
            } while (isTaken(http, taken));
            int last = term + 10_000;
            while (term < last) {
                http.node.leadership(term++, Role.FOLLOWER, "n2");
            }
            http.node.leadership(last, Role.LEADER, "n1");
            assertThat(http.node.taken())
                    .as("next to nothing more is taken, nor held")
                    .isLessThan(taken + 1_000);

            List<Integer> terms = new ArrayList<>();
            while (terms.isEmpty() || terms.get(terms.size() - 1) < last) {
                terms.add(term(nextData(lines)));
            }
            assertThat(terms).as("in order").isSorted();
            assertThat(terms.size()).as("what lay between was skipped").isLessThan((int) taken + 1_000);
        }
    }

    private static boolean isTaken(HttpFixture http, long before) {
        long end = System.nanoTime() + Duration.ofSeconds(4).toNanos();
        while (http.node.taken() == before && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        return http.node.taken() > before;
    }

    private static String nextData(BufferedReader lines) throws IOException {
        String line = requireNonNull(lines.readLine());
        while (!line.startsWith("data")) {
            line = requireNonNull(lines.readLine());
        }
        return line;
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
        return requireNonNull(head);
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
