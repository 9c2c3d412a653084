package io.reactorraft.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.reactorraft.RaftException;
import io.reactorraft.server.http.HttpFixture.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything the store's HTTP face refuses: what is asked, and what is said. One line each. */
class RefusalsTest {

    private static final String UUID_4 = "f81d4fae-7dec-41d0-a765-00a0c91e6bf6";
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    /**
     * A refusal.
     *
     * @param field what it names; null: nothing
     * @param said a part of what it says
     */
    record Refusal(
            Asked asked,
            int status,
            String type,
            String applied,
            @Nullable String field,
            String said) {
        @Override
        public String toString() {
            return asked + " -> " + status + " " + type;
        }
    }

    record Asked(String method, String path, String body, List<String> headers) {
        @Override
        public String toString() {
            String target = path.length() > 60 ? path.substring(0, 60) + "..." : path;
            return method + " " + target + " " + headers;
        }
    }

    private static Asked get(String path, String... headers) {
        return new Asked("GET", path, "", List.of(headers));
    }

    private static Asked put(String path, String... headers) {
        return new Asked("PUT", path, "value", List.of(headers));
    }

    private static Asked delete(String path, String... headers) {
        return new Asked("DELETE", path, "", List.of(headers));
    }

    private static Asked member(String body) {
        return new Asked("POST", "/v1/members", body, List.of("Content-Type", "application/json"));
    }

    private static Asked set(String body) {
        return new Asked("PUT", "/v1/settings", body, List.of("Content-Type", "application/json"));
    }

    private static Refusal invalid(Asked asked, String field, String said) {
        return new Refusal(asked, 400, "invalid", "no", field, said);
    }

    static List<Refusal> refusals() {
        List<Refusal> all = new ArrayList<>();
        all.add(invalid(get("/v1/kv/"), "key", "must not be empty"));
        all.add(invalid(get("/v1/kv/a//b"), "key", "segment ''"));
        all.add(invalid(put("/v1/kv/a/%2E%2E/b"), "key", "segment '..'"));
        all.add(invalid(put("/v1/kv/%2e"), "key", "segment '.'"));
        all.add(invalid(delete("/v1/kv/%FF"), "key", "UTF-8"));
        all.add(invalid(put("/v1/kv/a%2"), "key", "two hex digits"));
        all.add(invalid(put("/v1/kv/" + "k".repeat(1025)), "key", "1024 bytes"));
        all.add(invalid(get("/v1/kv/a?consistency=quorum"), "consistency", "linearizable, lease or stale"));
        all.add(invalid(get("/v1/kv/a?revision=-1"), "revision", "whole number"));
        all.add(invalid(get("/v1/kv/a?revison=1"), "revison", "not known"));
        all.add(invalid(put("/v1/kv/a", "If-Match", "1"), "If-Match", "in quotes"));
        all.add(invalid(put("/v1/kv/a", "If-Match", "*", "If-None-Match", "*"), "If-None-Match", "contradicts"));
        all.add(invalid(delete("/v1/kv/a", "If-None-Match", "*"), "If-None-Match", "a PUT may say *"));
        all.add(invalid(put("/v1/kv/a", "Content-Range", "bytes 0-1/2"), "Content-Range", "as a whole"));
        all.add(invalid(put("/v1/kv/a", "Idempotency-Key", "7"), "Idempotency-Key", "a UUID"));
        all.add(invalid(
                put("/v1/kv/a", "Idempotency-Key", UUID_4, "Idempotency-Key", UUID_4), "Idempotency-Key", "one key"));
        all.add(invalid(
                put("/v1/kv/a", "Idempotency-Key", timed(NOW.plusSeconds(601))), "Idempotency-Key", "further ahead"));
        all.add(invalid(get("/v1/kv?limit=0"), "limit", "from 1 on"));
        all.add(invalid(get("/v1/kv?limit=1001"), "limit", "1 to 1000"));
        all.add(invalid(get("/v1/kv?limit=1&limit=2"), "limit", "2 times"));
        all.add(invalid(get("/v1/kv?start=a"), "start", "not known"));
        all.add(invalid(get("/v1/kv?prefix=%FF"), "prefix", "UTF-8"));
        all.add(invalid(get("/v1/watch?from=0"), "from", "from 1 on"));
        all.add(invalid(get("/v1/watch?from=now"), "from", "whole number"));
        all.add(invalid(get("/v1/watch", "Last-Event-ID", "x"), "Last-Event-ID", "whole number"));
        all.add(invalid(set("[]"), "body", "an object"));
        all.add(invalid(set("{}"), "body", "an object"));
        all.add(invalid(set("{\"quota\":1} {}"), "body", "not JSON"));
        all.add(invalid(set("{\"quota\":1,\"quota\":2}"), "body", "not JSON"));
        all.add(invalid(set("{\"qouta\":1}"), "qouta", "version, quota, history"));
        all.add(invalid(set("{\"quota\":1}"), "quota", "1MiB to 1TiB"));
        all.add(invalid(set("{\"quota\":\"1 barrel\"}"), "quota", "not a size"));
        all.add(invalid(set("{\"history\":10}"), "history", "1000 to 10000000"));
        all.add(invalid(set("{\"history\":1.5}"), "history", "whole number"));
        all.add(invalid(set("{\"idempotencyWindow\":\"25h\"}"), "idempotencyWindow", "between 1ms and 24h"));
        all.add(invalid(set("{\"idempotencyWindow\":\"1ms\"}"), "idempotencyWindow", "1s to 24h"));
        all.add(invalid(set("{\"version\":2}"), "version", "only rises"));
        all.add(invalid(set("{\"leaseReads\":true}"), "leaseReads", "no lease reads"));
        all.add(new Refusal(
                new Asked("PUT", "/v1/settings", "quota=1", List.of("Content-Type", "text/plain")),
                415,
                "media-type",
                "no",
                "Content-Type",
                "application/json"));
        all.add(new Refusal(
                new Asked("POST", "/v1/snapshot", "", List.of("Origin", "http://evil.example")),
                403,
                "forbidden",
                "no",
                "Origin",
                "a page of another site"));
        all.add(new Refusal(
                new Asked("POST", "/v1/snapshot", "now", List.of("Content-Type", "text/plain")),
                415,
                "media-type",
                "no",
                "Content-Type",
                "application/json"));
        all.add(invalid(member("{\"id\":\"n4\"}"), "address", "is missing"));
        all.add(invalid(member("{\"id\":\"n 4\",\"address\":\"a:1\"}"), "id", "letters, digits"));
        all.add(invalid(member("{\"id\":\"n4\",\"address\":\"nowhere\"}"), "address", "host:port"));
        all.add(invalid(member("{\"id\":\"n4\",\"address\":\"a:1\",\"learner\":1}"), "learner", "true or false"));
        all.add(invalid(member("[]"), "body", "an object"));
        all.add(invalid(
                new Asked("PUT", "/v1/members", "[]", List.of("Content-Type", "application/json")),
                "body",
                "a list of members"));
        all.add(invalid(
                new Asked("POST", "/v1/leadership/transfer", "{}", List.of("Content-Type", "application/json")),
                "to",
                "is missing"));
        all.add(new Refusal(
                new Asked(
                        "POST",
                        "/v1/leadership/transfer",
                        "{\"to\":\"n9\"}",
                        List.of("Content-Type", "application/json")),
                409,
                "refused",
                "no",
                "to",
                "no member 'n9'"));
        all.add(new Refusal(
                new Asked("POST", "/v1/members", "{}", List.of("Content-Type", "text/plain")),
                415,
                "media-type",
                "no",
                "Content-Type",
                "application/json"));
        all.add(new Refusal(
                new Asked("POST", "/v1/members/n1/demote", "", List.of()),
                404,
                "not-found",
                "no",
                null,
                "no resource"));
        all.add(invalid(delete("/v1/members/%20"), "id", "letters, digits"));
        all.add(invalid(delete("/v1/members/n9?dataId=disk"), "dataId", "is hexadecimal"));
        all.add(invalid(new Asked("POST", "/v1/snapshot?wait=1", "", List.of()), "wait", "not known"));
        all.add(new Refusal(
                put("/v1/kv/a", "Content-Encoding", "br"), 415, "media-type", "no", null, "without the encoding br"));
        all.add(new Refusal(get("/v1/kv/none"), 404, "not-found", "no", null, "'none' has no value"));
        all.add(new Refusal(get("/v1/nothing"), 404, "not-found", "no", null, "no resource /v1/nothing"));
        all.add(new Refusal(put("/v1/kv/there", "If-None-Match", "*"), 412, "precondition", "no", null, "revision 1"));
        all.add(new Refusal(delete("/v1/kv/none", "If-Match", "*"), 412, "precondition", "no", null, "no value"));
        all.add(new Refusal(get("/v1/kv/a?revision=9"), 410, "revision-ahead", "no", "revision", "read anew"));
        all.add(new Refusal(get("/v1/kv?revision=9"), 410, "revision-ahead", "no", "revision", "read anew"));
        all.add(new Refusal(get("/v1/watch?from=99"), 410, "revision-ahead", "no", "from", "read anew"));
        all.add(new Refusal(
                new Asked("PUT", "/v1/kv/a", "x".repeat((1 << 20) + 1), List.of()),
                413,
                "too-large",
                "no",
                null,
                "a value has at most 1048576 bytes"));
        all.add(new Refusal(
                set("{\"x\":\"" + "x".repeat(16 << 10) + "\"}"),
                413,
                "too-large",
                "no",
                null,
                "a settings document has"));
        all.add(new Refusal(get("/v1/kv/a", "Host", "evil.example"), 421, "wrong-host", "no", null, "evil.example"));
        all.add(new Refusal(
                put("/v1/kv/a", "Idempotency-Key", timed(NOW.minusSeconds(601))),
                409,
                "idempotency-key-expired",
                "no",
                "Idempotency-Key",
                "older than the window"));
        all.add(new Refusal(
                put("/v1/kv/a", "Idempotency-Key", UUID_4),
                422,
                "idempotency-key-reused",
                "no",
                "Idempotency-Key",
                "another change"));
        return all;
    }

    private static String timed(Instant made) {
        return new UUID(made.toEpochMilli() << 16 | 7 << 12, 1).toString();
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void isRefused(Refusal expected) {
        try (HttpFixture http = new HttpFixture().running()) {
            http.node.time(NOW);
            http.put("/v1/kv/there", "1", "Idempotency-Key", UUID_4);
            Asked asked = expected.asked();
            Response response = http.send(
                    asked.method(), asked.path(), asked.body(), asked.headers().toArray(new String[0]));
            JsonNode problem = response.isProblem(expected.status(), expected.type(), expected.applied());
            assertThat(problem.path("field").asText(null)).isEqualTo(expected.field());
            assertThat(problem.path("detail").asText()).contains(expected.said());
            assertThat(response.headers().names())
                    .as("nobody's page may read it")
                    .noneMatch(name -> name.toLowerCase(java.util.Locale.ROOT).startsWith("access-control"));
            assertThat(http.store.revision()).as("nothing was done").isEqualTo(1);
        }
    }

    /** What the node says no to, or does not answer, on every way into it. */
    static List<Refusal> withoutTheNode() {
        List<Refusal> all = new ArrayList<>();
        for (Asked read : List.of(get("/v1/kv/a"), get("/v1/kv"), get("/v1/settings"))) {
            all.add(new Refusal(read, 503, "no-leader", "no", null, "nobody leads"));
        }
        for (Asked write : List.of(put("/v1/kv/a"), delete("/v1/kv/a"), set("{\"history\":2000}"))) {
            all.add(new Refusal(write, 503, "no-leader", "no", null, "nobody leads"));
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("withoutTheNode")
    void isRefusedWithoutALeader(Refusal expected) {
        try (HttpFixture http = new HttpFixture().running()) {
            http.node.failing(new RaftException.NotLeader("nobody leads", null));
            Asked asked = expected.asked();
            Response response = http.send(
                    asked.method(), asked.path(), asked.body(), asked.headers().toArray(new String[0]));
            assertThat(response.isProblem(503, "no-leader", "no").path("detail").asText())
                    .contains(expected.said());
            assertThat(response.header("retry-after")).isEqualTo("1");
        }
    }

    @ParameterizedTest
    @MethodSource("withoutTheNode")
    void isAnsweredInTimeByANodeThatIsNot(Refusal asking) {
        try (HttpFixture http = new HttpFixture(Duration.ofMillis(200), HttpSettings.Limits.DEFAULTS).running()) {
            AtomicBoolean reached = new AtomicBoolean();
            http.node.before(HttpFixture.neverTelling(reached));
            Asked asked = asking.asked();
            Response response = HttpFixture.reaching(
                    reached,
                    () -> http.send(
                            asked.method(),
                            asked.path(),
                            asked.body(),
                            asked.headers().toArray(new String[0])));
            boolean read = asked.method().equals("GET");
            response.isProblem(504, read ? "timeout" : "outcome-unknown", read ? "no" : "unknown");
        }
    }

    @ParameterizedTest
    @MethodSource("withoutTheNode")
    void isRefusedBeforeTheLogIsRecovered(Refusal asking) {
        try (HttpFixture http = new HttpFixture()) {
            Asked asked = asking.asked();
            Response response = http.send(
                    asked.method(), asked.path(), asked.body(), asked.headers().toArray(new String[0]));
            response.isProblem(503, "not-ready", "no");
            assertThat(response.header("retry-after")).isEqualTo("1");
        }
    }

    @org.junit.jupiter.api.Test
    void aFullStoreRefusesPutsAndTakesDeletes() {
        try (HttpFixture http = new HttpFixture().running()) {
            http.put("/v1/settings", "{\"quota\":\"1MiB\"}", "Content-Type", "application/json");
            assertThat(http.put("/v1/kv/a", "x".repeat((1 << 20) - 65)).status())
                    .isEqualTo(200);
            JsonNode problem = http.put("/v1/kv/b", "x").isProblem(507, "quota", "no");
            assertThat(problem.path("detail").asText()).contains("delete keys").contains("settings quota=");
            assertThat(http.delete("/v1/kv/a").status()).isEqualTo(200);
            assertThat(http.put("/v1/kv/b", "x").status()).isEqualTo(200);
        }
    }

    @org.junit.jupiter.api.Test
    void aFullTableOfKeysSaysWhenToComeBack() {
        try (HttpFixture http = new HttpFixture().running()) {
            http.put("/v1/settings", "{\"quota\":\"1MiB\"}", "Content-Type", "application/json");
            for (int n = 0; n < 1024; n++) {
                http.put("/v1/kv/a", "x", "Idempotency-Key", new UUID(4 << 12, n).toString());
            }
            Response full = http.put("/v1/kv/a", "x", "Idempotency-Key", new UUID(4 << 12, 1024).toString());
            full.isProblem(503, "overloaded", "no");
            assertThat(full.header("retry-after")).isEqualTo("5");
        }
    }
}
