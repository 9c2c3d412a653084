package io.reactorraft.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.server.http.HttpFixture.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SettingsRouteTest {

    private static final String AT_FIRST =
            "{\"version\":1,\"quota\":268435456,\"history\":50000,\"idempotencyWindow\":\"10m\",\"leaseReads\":false}";

    private final HttpFixture http = new HttpFixture().running();

    @AfterEach
    void close() {
        http.close();
    }

    @Test
    void whatIsNotNamedStaysAsItIs() {
        assertThat(http.get("/v1/settings").body()).isEqualTo(AT_FIRST);
        Response put = put("{\"quota\":\"64MiB\",\"idempotencyWindow\":\"90s\"}");
        assertThat(put.body())
                .isEqualTo("{\"version\":1,\"quota\":67108864,\"history\":50000,"
                        + "\"idempotencyWindow\":\"90s\",\"leaseReads\":false}");
        assertThat(http.get("/v1/settings").body()).isEqualTo(put.body());
    }

    @Test
    void whatIsAnsweredCanBePut() {
        assertThat(put(AT_FIRST).body()).isEqualTo(AT_FIRST);
    }

    private Response put(String body) {
        return http.put("/v1/settings", body, "Content-Type", "application/json; charset=utf-8");
    }
}
