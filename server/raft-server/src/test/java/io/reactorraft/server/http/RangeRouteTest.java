package io.reactorraft.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.reactorraft.server.http.HttpFixture.Response;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RangeRouteTest {

    private final HttpFixture http = new HttpFixture().running();

    @AfterEach
    void close() {
        http.close();
    }

    @Test
    void showsTheKeysUnderAPrefixInTheirOrder() {
        http.put("/v1/kv/b", "2");
        http.put("/v1/kv/a/2", "x");
        http.put("/v1/kv/a/1", "grüße");
        assertThat(http.get("/v1/kv?prefix=a/").body())
                .isEqualTo("{\"revision\":3,\"entries\":["
                        + "{\"key\":\"a/1\",\"value\":\"Z3LDvMOfZQ==\",\"revision\":3},"
                        + "{\"key\":\"a/2\",\"value\":\"eA==\",\"revision\":2}],\"more\":false}");
        assertThat(keys(http.get("/v1/kv"))).containsExactly("a/1", "a/2", "b");
        assertThat(keys(http.get("/v1/kv?prefix=c"))).isEmpty();
    }

    @Test
    void pagesAreOfOneRevisionWhateverChangesMeanwhile() {
        for (int n = 0; n < 10; n++) {
            http.put("/v1/kv/k" + n, "old");
        }
        JsonNode page = http.get("/v1/kv?prefix=k&limit=4").json();
        long revision = page.path("revision").asLong();
        List<String> keys = new ArrayList<>();
        int changed = 0;
        while (true) {
            page.path("entries").forEach(entry -> {
                keys.add(entry.path("key").asText());
                assertThat(entry.path("value").asText()).isEqualTo("b2xk");
            });
            if (!page.path("more").asBoolean()) {
                break;
            }
            http.put("/v1/kv/k" + (9 - changed++), "new");
            http.delete("/v1/kv/k7");
            String last = keys.get(keys.size() - 1);
            page = http.get("/v1/kv?prefix=k&limit=4&after=" + last + "&revision=" + revision)
                    .json();
            assertThat(page.path("revision").asLong()).isEqualTo(revision);
        }
        assertThat(keys).hasSize(10).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void aPageIsBoundedInBytesToo() {
        for (int n = 0; n < 6; n++) {
            http.put("/v1/kv/k" + n, "x".repeat(1 << 20));
        }
        JsonNode page = http.get("/v1/kv?limit=6").json();
        assertThat(page.path("entries")).hasSize(3);
        assertThat(page.path("more").asBoolean()).isTrue();
    }

    @Test
    void aHundredEntriesUnlessSaid() {
        for (int n = 0; n < 120; n++) {
            http.put("/v1/kv/k" + n, "x");
        }
        assertThat(http.get("/v1/kv").json().path("entries")).hasSize(100);
        assertThat(http.get("/v1/kv?limit=1000").json().path("entries")).hasSize(120);
    }

    private static List<String> keys(Response response) {
        List<String> keys = new ArrayList<>();
        response.json()
                .path("entries")
                .forEach(entry -> keys.add(entry.path("key").asText()));
        return keys;
    }
}
