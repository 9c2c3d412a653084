package io.reactorraft.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.Consistency;
import io.reactorraft.server.http.HttpFixture.Response;
import io.reactorraft.server.kv.Commands;
import io.reactorraft.server.kv.Key;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyValueRoutesTest {

    private final HttpFixture http = new HttpFixture().running();

    @AfterEach
    void close() {
        http.close();
    }

    @Test
    void whatIsPutIsWhatIsGot() {
        Response put = http.put("/v1/kv/greeting", "grüße");
        assertThat(put.status()).as(put.body()).isEqualTo(200);
        assertThat(put.body()).isEqualTo("{\"revision\":1,\"term\":3,\"index\":1}");
        assertThat(put.header("content-type")).isEqualTo("application/json");
        assertThat(put.header("etag")).isEqualTo("\"1\"");

        Response get = http.get("/v1/kv/greeting");
        assertThat(get.status()).isEqualTo(200);
        assertThat(get.body()).isEqualTo("grüße");
        assertThat(get.header("content-type")).isEqualTo("application/octet-stream");
        assertThat(get.header("x-content-type-options")).isEqualTo("nosniff");
        assertThat(get.header("cache-control")).isEqualTo("no-store");
        assertThat(get.header("etag")).isEqualTo("\"1\"");
    }

    @Test
    void theEmptyValueIsAValue() {
        assertThat(http.put("/v1/kv/empty", "").status()).isEqualTo(200);
        Response get = http.get("/v1/kv/empty");
        assertThat(get.status()).isEqualTo(200);
        assertThat(get.bytes()).isEmpty();
        assertThat(get.header("content-length")).isEqualTo("0");
    }

    @Test
    void headIsGetWithoutTheBody() {
        http.put("/v1/kv/a", "12345");
        Response head = http.send("HEAD", "/v1/kv/a", "");
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.header("content-length")).isEqualTo("5");
        assertThat(head.header("etag")).isEqualTo("\"1\"");
        assertThat(head.bytes()).isEmpty();
        assertThat(http.send("HEAD", "/v1/kv/b", "").status()).isEqualTo(404);
    }

    @Test
    void whatIsNotThereIsNotFound() {
        http.get("/v1/kv/a").isProblem(404, "not-found", "no");
    }

    @Test
    void deleteSaysWhetherAnythingWasThere() {
        http.put("/v1/kv/a", "1");
        assertThat(http.delete("/v1/kv/a").body()).isEqualTo("{\"revision\":2,\"deleted\":1}");
        assertThat(http.delete("/v1/kv/a").body()).isEqualTo("{\"revision\":2,\"deleted\":0}");
        assertThat(http.get("/v1/kv/a").status()).isEqualTo(404);
    }

    @Test
    void ifMatchMakesAChangeDependOnTheLastOne() {
        http.put("/v1/kv/a", "1");
        http.put("/v1/kv/b", "1");
        assertThat(http.put("/v1/kv/a", "2", "If-Match", "\"1\"")
                        .json()
                        .path("revision")
                        .asInt())
                .isEqualTo(3);

        Response stale = http.put("/v1/kv/a", "3", "If-Match", "\"1\"");
        assertThat(stale.isProblem(412, "precondition", "no").path("revision").asLong())
                .isEqualTo(3);
        assertThat(http.delete("/v1/kv/a", "If-Match", "W/\"3\"").status())
                .as("a weak tag never matches for a change")
                .isEqualTo(412);
        assertThat(http.delete("/v1/kv/a", "If-Match", "\"9\", \"3\"").status())
                .as("any of several")
                .isEqualTo(200);
        assertThat(http.put("/v1/kv/a", "1", "If-Match", "*")
                        .isProblem(412, "precondition", "no")
                        .path("revision")
                        .asLong(-1))
                .as("nothing is there")
                .isZero();
    }

    @Test
    void ifNoneMatchCreatesOnceOnly() {
        assertThat(http.put("/v1/kv/a", "1", "If-None-Match", "*").status()).isEqualTo(200);
        http.put("/v1/kv/a", "2", "If-None-Match", "*").isProblem(412, "precondition", "no");
        assertThat(http.get("/v1/kv/a").body()).isEqualTo("1");
    }

    @ParameterizedTest(name = "{0}: {1} -> {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "If-None-Match | \"1\" | 304",
                "If-None-Match | W/\"1\" | 304",
                "If-None-Match | * | 304",
                "If-None-Match | \"7\", \"1\" | 304",
                "If-None-Match | \"2\" | 200",
                "If-None-Match | \"x,1\" | 200",
                "If-Match | \"1\" | 200",
                "If-Match | W/\"1\" | 412",
                "If-Match | \"2\" | 412",
            })
    void conditionalReads(String header, String value, int status) {
        http.put("/v1/kv/a", "1");
        Response response = http.get("/v1/kv/a", header, value);
        assertThat(response.status()).isEqualTo(status);
        if (status == 304) {
            assertThat(response.bytes()).isEmpty();
            assertThat(response.header("etag")).isEqualTo("\"1\"");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "PUT | If-Match | 1",
                "PUT | If-Match | \"1",
                "PUT | If-Match | ,",
                "PUT | If-None-Match | \"1\"",
                "DELETE | If-None-Match | *",
                "PUT | Idempotency-Key | once",
                "DELETE | Idempotency-Key | 1-2-3-4-5",
                "PUT | Content-Range | bytes 0-1/2",
            })
    void aHeaderThatCannotBeHeededIsRefusedByName(String method, String header, String value) {
        Response response = http.send(method, "/v1/kv/a", method.equals("PUT") ? "1" : "", header, value);
        assertThat(response.isProblem(400, "invalid", "no").path("field").asText())
                .isEqualTo(header);
        assertThat(http.get("/v1/kv/a").status()).as("nothing was done").isEqualTo(404);
    }

    @Test
    void ifMatchAndIfNoneMatchTogetherContradictEachOther() {
        http.put("/v1/kv/a", "1", "If-Match", "\"1\"", "If-None-Match", "*").isProblem(400, "invalid", "no");
    }

    @Test
    void moreTagsThanTheLimitAreRefused() {
        String tags = "\"1\",".repeat(EntityTags.MAX_TAGS);
        assertThat(http.put("/v1/kv/a", "1", "If-Match", tags).status()).isEqualTo(412);
        assertThat(http.put("/v1/kv/a", "1", "If-Match", tags + "\"2\"").status())
                .isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource({"linearizable,LINEARIZABLE", "lease,LEASE", "stale,STALE"})
    void readsAreAsFreshAsAskedFor(String asked, Consistency expected) {
        http.put("/v1/kv/a", "1");
        assertThat(http.get("/v1/kv/a?consistency=" + asked).body()).isEqualTo("1");
        assertThat(http.node.lastConsistency()).isEqualTo(expected);
    }

    @Test
    void readsAreLinearizableUnlessSaidOtherwise() {
        http.get("/v1/kv/a");
        assertThat(http.node.lastConsistency()).isEqualTo(Consistency.LINEARIZABLE);
    }

    @ParameterizedTest
    @CsvSource({
        "GET,consistency=eventual,consistency",
        "GET,consistency=stale&consistency=stale,consistency",
        "GET,consistncy=stale,consistncy",
        "GET,revision=latest,revision",
        "PUT,revision=1,revision",
        "GET,%zz=1,query",
        "PUT,ttl=1,ttl",
        "DELETE,force,force",
    })
    void aParameterThatNobodyKnowsIsRefusedByName(String method, String query, String field) {
        Response response = http.send(method, "/v1/kv/a?" + query, "");
        assertThat(response.isProblem(400, "invalid", "no").path("field").asText())
                .isEqualTo(field);
    }

    @ParameterizedTest
    @CsvSource({
        "a%20b,a b",
        "a/b,a/b",
        "a%2Fb,a/b",
        "gr%C3%BC%C3%9Fe,grüße",
        "a%2520b,a%20b",
        "a+b,a+b",
        "a:b@c;d=e,a:b@c;d=e",
    })
    void keysAreDecodedOnce(String path, String key) {
        assertThat(http.put("/v1/kv/" + path, "1").status()).isEqualTo(200);
        assertThat(http.store.view().get(Key.of(key))).isNotNull();
        assertThat(http.get("/v1/kv/" + path).body()).isEqualTo("1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/a", "a/", "a//b", "a%2F%2Fb", "%2E%2E/a", "a/%2e", "%C3", "%C0%AF", "a%4", "%"})
    void keysThatAreNoneAreRefused(String path) {
        Response response = http.get("/v1/kv/" + path);
        assertThat(response.isProblem(400, "invalid", "no").path("field").asText())
                .isEqualTo("key");
    }

    @Test
    void aKeyHasAtMost1024BytesHoweverItIsWritten() {
        String longest = "%C3%A9".repeat(512);
        assertThat(http.put("/v1/kv/" + longest, "1").status()).isEqualTo(200);
        http.put("/v1/kv/" + longest + "x", "1").isProblem(400, "invalid", "no");
    }

    @Test
    void aValueHasAtMostOneMebibyte() {
        String largest = "x".repeat(Commands.MAX_VALUE_BYTES);
        assertThat(http.put("/v1/kv/large", largest).status()).isEqualTo(200);
        assertThat(http.get("/v1/kv/large").body()).isEqualTo(largest);
        assertThat(http.get("/v1/kv/large").bytes()).hasSize(largest.getBytes(StandardCharsets.UTF_8).length);
        http.put("/v1/kv/large", largest + "x").isProblem(413, "too-large", "no");
        assertThat(http.get("/v1/kv/large").header("etag")).isEqualTo("\"1\"");
    }

    @Test
    void anEncodedValueIsRefusedForNobodyCouldReadIt() {
        http.put("/v1/kv/a", "1", "Content-Encoding", "gzip").isProblem(415, "media-type", "no");
        assertThat(http.put("/v1/kv/a", "1", "Content-Encoding", "identity").status())
                .isEqualTo(200);
    }

    @Test
    void anyContentTypeIsTakenAsItIs() {
        http.put("/v1/kv/a", "{}", "Content-Type", "application/json");
        assertThat(http.get("/v1/kv/a").header("content-type")).isEqualTo("application/octet-stream");
    }

    @Test
    void aRetryUnderTheSameKeyIsAnsweredAsTheFirstAttempt() {
        String key = "f81d4fae-7dec-41d0-a765-00a0c91e6bf6";
        Response first = http.put("/v1/kv/a", "1", "If-None-Match", "*", "Idempotency-Key", key);
        http.put("/v1/kv/b", "1");
        Response retry = http.put("/v1/kv/a", "1", "If-None-Match", "*", "Idempotency-Key", '"' + key + '"');
        assertThat(retry.status()).as("ahead of the condition").isEqualTo(200);
        assertThat(retry.body()).isEqualTo(first.body()).isEqualTo("{\"revision\":1,\"term\":3,\"index\":1}");
        assertThat(retry.header("etag")).isEqualTo("\"1\"");
        assertThat(http.store.revision()).isEqualTo(2);
    }

    @Test
    void aValueCanBeReadAsItWas() {
        http.put("/v1/kv/a", "1");
        http.put("/v1/kv/a", "2");
        http.delete("/v1/kv/a");
        assertThat(http.get("/v1/kv/a?revision=2").body()).isEqualTo("2");
        assertThat(http.get("/v1/kv/a?revision=1").body()).isEqualTo("1");
        assertThat(http.get("/v1/kv/a?revision=1").header("etag")).isEqualTo("\"1\"");
        http.get("/v1/kv/a?revision=0").isProblem(404, "not-found", "no");
        http.get("/v1/kv/a?revision=3").isProblem(404, "not-found", "no");
        http.get("/v1/kv/a?revision=4&consistency=stale").isProblem(410, "revision-ahead", "no");
    }
}
