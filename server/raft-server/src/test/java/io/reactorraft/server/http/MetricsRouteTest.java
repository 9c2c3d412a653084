package io.reactorraft.server.http;

import static io.reactorraft.server.http.HttpFixture.SOON;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.Role;
import io.reactorraft.server.HostPort;
import io.reactorraft.server.http.HttpFixture.Response;
import io.reactorraft.spi.Metric;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MetricsRouteTest {

    @Test
    void everythingIsCalledWhatOperatorsRelyOn() {
        try (HttpFixture http = new HttpFixture().running()) {
            for (Metric metric : Metric.values()) {
                boolean ofAPeer = metric.name().startsWith("PEER_");
                http.metrics.node().record(metric, "default", ofAPeer ? "n2" : null, 3);
            }
            http.put("/v1/kv/a", "1");
            http.get("/v1/kv/none");
            Response metrics = http.get("/metrics");
            assertThat(metrics.header("content-type")).isEqualTo("text/plain; version=0.0.4; charset=utf-8");
            assertThat(metrics.body().lines())
                    .contains(
                            "raft_info{group=\"default\",version=\"1.2.3\"} 1.0",
                            "raft_role{group=\"default\",role=\"leader\"} 1.0",
                            "raft_role{group=\"default\",role=\"follower\"} 0.0",
                            "raft_term{group=\"default\"} 3.0",
                            "raft_has_leader{group=\"default\"} 3.0",
                            "raft_leader_changes_total{group=\"default\"} 3.0",
                            "raft_commit_index{group=\"default\"} 3.0",
                            "raft_applied_index{group=\"default\"} 3.0",
                            "raft_failure_tolerance{group=\"default\"} 0.0",
                            "raft_alarm{group=\"default\",kind=\"divergence\"} 0.0",
                            "raft_alarm{group=\"default\",kind=\"subscriber-blocks\"} 0.0",
                            "raft_alarm{group=\"default\",kind=\"two-groups\"} 0.0",
                            "raft_backup_stalled_total 0.0",
                            "raft_proposals_total{group=\"default\",outcome=\"applied\"} 3.0",
                            "raft_proposals_total{group=\"default\",outcome=\"refused\"} 3.0",
                            "raft_proposals_total{group=\"default\",outcome=\"unknown\"} 3.0",
                            "raft_proposals_pending{group=\"default\"} 3.0",
                            "raft_proposal_duration_seconds_count{group=\"default\"} 1",
                            "raft_read_duration_seconds_count{group=\"default\"} 1",
                            "raft_apply_duration_seconds_count{group=\"default\"} 1",
                            "raft_log_sync_duration_seconds_count{group=\"default\"} 1",
                            "raft_log_bytes{group=\"default\"} 3.0",
                            "raft_watchers{group=\"default\"} 0.0",
                            "raft_kv_bytes{group=\"default\"} 66.0",
                            "raft_kv_quota_bytes{group=\"default\"} 2.68435456E8",
                            "raft_kv_compacted_revision{group=\"default\"} 0.0",
                            "raft_http_request_duration_seconds_count{group=\"default\",route=\"/v1/kv/{key}\",status=\"200\"} 1",
                            "raft_http_request_duration_seconds_count{group=\"default\",route=\"/v1/kv/{key}\",status=\"404\"} 1",
                            "raft_peer_up{group=\"default\",peer=\"n2\"} 3.0",
                            "raft_peer_lag_entries{group=\"default\",peer=\"n2\"} 5.0",
                            "raft_peer_dropped_total{group=\"default\",lane=\"appends\",peer=\"n2\"} 3.0",
                            "raft_peer_dropped_total{group=\"default\",lane=\"control\",peer=\"n2\"} 3.0",
                            "raft_peer_round_trip_seconds_count{group=\"default\",peer=\"n2\"} 1",
                            "raft_alarm{group=\"default\",kind=\"disk-stalled\"} 3.0");
            assertThat(metrics.body()).contains("jvm_memory_used_bytes{").contains("process_uptime_seconds ");
        }
    }

    @Test
    void whoDoesNotLeadDoesNotGuess() {
        try (HttpFixture http = new HttpFixture().running()) {
            assertThat(http.get("/metrics").body()).contains("raft_peer_lag_entries{");
            http.node.leadership(4, Role.FOLLOWER, "n2");
            assertThat(http.get("/metrics").body())
                    .doesNotContain("raft_peer_lag_entries{")
                    .doesNotContain("raft_failure_tolerance{");
        }
    }

    @Test
    void aPortOfTheirOwnHasProbesAndMetricsOnlyForWhoeverAsks() {
        try (HttpFixture http = new HttpFixture()) {
            HttpSettings settings = new HttpSettings(new HostPort("127.0.0.1", 0), Set.of(), Duration.ofSeconds(5));
            HttpApi own = requireNonNull(
                    HttpApi.openMetrics(settings, http.gate, http.metrics).block(SOON));
            try {
                assertThat(status(own, "/metrics"))
                        .as("before the log is recovered")
                        .isEqualTo(200);
                assertThat(status(own, "/livez")).isEqualTo(200);
                assertThat(status(own, "/readyz")).isEqualTo(503);
                assertThat(status(own, "/v1/status")).isEqualTo(404);
            } finally {
                own.close().block(SOON);
            }
        }
    }

    private static int status(HttpApi api, String path) {
        return requireNonNull(reactor.netty.http.client.HttpClient.newConnection()
                .baseUrl("http://" + api.address())
                .headers(all -> all.set("Host", "node-7.monitoring.example"))
                .get()
                .uri(path)
                .response()
                .map(head -> head.status().code())
                .block(SOON));
    }
}
