package io.reactorraft.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.Role;
import org.junit.jupiter.api.Test;

class StatusRouteTest {

    @Test
    void theLeaderKnowsHowFarItsPeersAre() {
        try (HttpFixture http = new HttpFixture().running()) {
            HttpFixture.Response status = http.get("/v1/status");
            assertThat(status.status()).isEqualTo(200);
            assertThat(status.header("content-type")).isEqualTo("application/json");
            assertThat(status.body())
                    .isEqualTo(
                            "{\"id\":\"n1\",\"clusterId\":\"test\",\"version\":\"1.2.3\",\"term\":3,"
                                    + "\"role\":\"leader\",\"leader\":\"n1\",\"commitIndex\":8,\"appliedIndex\":7,"
                                    + "\"lastIndex\":9,\"firstIndex\":1,\"revision\":0,\"compactedRevision\":0,"
                                    + "\"electionInMillis\":1500,\"heartbeatInMillis\":100,\"alarms\":[],\"members\":["
                                    + "{\"id\":\"n1\",\"address\":\"127.0.0.1:7001\",\"http\":\"http://127.0.0.1:8001\","
                                    + "\"voter\":true,\"match\":9,\"state\":\"replicate\",\"active\":true,\"silentMillis\":null},"
                                    + "{\"id\":\"n2\",\"address\":\"127.0.0.1:7002\",\"http\":null,"
                                    + "\"voter\":false,\"match\":4,\"state\":\"probe\",\"active\":false,\"silentMillis\":null}]}");
        }
    }

    @Test
    void othersDoNotGuess() {
        try (HttpFixture http = new HttpFixture().running()) {
            http.node.leadership(4, Role.FOLLOWER, null);
            HttpFixture.Response status = http.get("/v1/status");
            assertThat(status.json().path("leader").isNull()).isTrue();
            assertThat(status.json().get("heartbeatInMillis").isNull()).isTrue();
            assertThat(status.json().path("role").asText()).isEqualTo("follower");
            status.json().path("members").forEach(member -> {
                assertThat(member.get("match").isNull()).isTrue();
                assertThat(member.get("state").isNull()).isTrue();
                assertThat(member.get("active").isNull()).isTrue();
            });
        }
    }

    @Test
    void takesNoParameters() {
        try (HttpFixture http = new HttpFixture().running()) {
            assertThat(http.get("/v1/status?verbose=1")
                            .isProblem(400, "invalid", "no")
                            .path("field")
                            .asText())
                    .isEqualTo("verbose");
        }
    }
}
