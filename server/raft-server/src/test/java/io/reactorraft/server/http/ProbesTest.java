package io.reactorraft.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.Role;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProbesTest {

    private final HttpFixture http = new HttpFixture();

    @AfterEach
    void close() {
        http.close();
    }

    @Test
    void beforeTheLogIsRecoveredTheServerLivesAndIsNotReady() {
        assertThat(http.get("/livez").status()).isEqualTo(200);
        assertThat(http.get("/livez").body()).isEqualTo("[+]loop ok\n");
        HttpFixture.Response ready = http.get("/readyz");
        assertThat(ready.status()).isEqualTo(503);
        assertThat(ready.body())
                .isEqualTo("[-]log is being recovered\n[+]open ok\n[-]leader the node is not running\n");
        assertThat(ready.header("content-type")).isEqualTo("text/plain; charset=utf-8");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/kv/a", "/v1/status"})
    void untilThenEveryRequestIsPutOff(String path) {
        HttpFixture.Response early = http.get(path);
        early.isProblem(503, "not-ready", "no");
        assertThat(early.header("retry-after")).isEqualTo("1");
        http.running();
        assertThat(http.send("HEAD", path, "").status()).isIn(200, 404);
        http.gate.close("the server is stopping");
        assertThat(http.get(path)
                        .isProblem(503, "not-ready", "no")
                        .path("detail")
                        .asText())
                .isEqualTo("the server is stopping");
    }

    @Test
    void readyIsWhoeverKnowsALeader() {
        http.running();
        assertThat(http.get("/readyz").status()).isEqualTo(200);
        assertThat(http.get("/readyz").body()).isEqualTo("[+]log ok\n[+]open ok\n[+]leader ok\n");

        http.node.leadership(4, Role.CANDIDATE, null);
        HttpFixture.Response without = http.get("/readyz");
        assertThat(without.status()).isEqualTo(503);
        assertThat(without.body()).isEqualTo("[+]log ok\n[+]open ok\n[-]leader none is known\n");
    }

    @Test
    void aCheckCanBeExcluded() {
        http.running();
        http.node.leadership(4, Role.CANDIDATE, null);
        HttpFixture.Response ready = http.get("/readyz?exclude=leader");
        assertThat(ready.status()).isEqualTo(200);
        assertThat(ready.body()).isEqualTo("[+]log ok\n[+]open ok\n[+]leader excluded\n");
        assertThat(http.get("/readyz?exclude=log&exclude=leader").status()).isEqualTo(200);
        assertThat(http.get("/readyz?exclude=log,leader").status()).isEqualTo(200);
        assertThat(http.get("/readyz?exclude=log").status()).isEqualTo(503);
    }

    @Test
    void excludingWhatIsNoCheckChangesNothing() {
        http.running();
        HttpFixture.Response ready = http.get("/readyz?exclude=quorum");
        assertThat(ready.status()).isEqualTo(200);
        assertThat(ready.body()).endsWith("[?]quorum is no check here, so nothing was excluded\n");
        http.get("/readyz?verbose").isProblem(400, "invalid", "no");
    }

    @Test
    void whoeverStopsIsNotReadyButLives() {
        http.running();
        http.gate.close("the server is stopping");
        http.gate.close("a later reason");
        HttpFixture.Response ready = http.get("/readyz");
        assertThat(ready.status()).isEqualTo(503);
        assertThat(ready.body()).contains("[-]open the server is stopping\n");
        assertThat(http.get("/livez").status()).isEqualTo(200);
    }

    @Test
    void whoseLoopStallsIsToBeRestartedAndWhoIsBusyForAMomentIsNot() {
        http.running();
        http.node.stall(Duration.ofSeconds(8));
        assertThat(http.get("/livez").status()).isEqualTo(200);
        http.node.stall(Duration.ofSeconds(12));
        HttpFixture.Response stalled = http.get("/livez");
        assertThat(stalled.status()).isEqualTo(503);
        assertThat(stalled.body()).isEqualTo("[-]loop has not gone round for 12 s\n");
        http.gate.close("the server is stopping");
        assertThat(http.get("/livez").status()).as("who stops needs no restart").isEqualTo(200);
    }
}
