package io.reactorraft.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeadershipStreamTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final Duration SOON = ServerCluster.SOON;

    @TempDir
    Path directory;

    @Test
    void everyNodeShowsTheCurrentValueAtOnceAndEveryChangeInOrder() throws Exception {
        try (ServerCluster cluster = ServerCluster.start(directory)) {
            Map<String, List<JsonNode>> seen = new HashMap<>();
            cluster.ids().forEach(id -> seen.put(id, listen(cluster, id)));
            cluster.await(
                    "the current value on each stream",
                    SOON,
                    () -> seen.values().stream().allMatch(each -> !each.isEmpty()));

            String[] leading = new String[1];
            cluster.await("a leader on its own stream", SOON, () -> {
                seen.forEach((id, events) -> {
                    if (events.get(events.size() - 1).path("role").asText().equals("leader")) {
                        leading[0] = id;
                    }
                });
                return leading[0] != null;
            });
            String first = leading[0];
            cluster.node(first).kill();
            List<String> others =
                    cluster.ids().stream().filter(id -> !id.equals(first)).toList();
            cluster.await(
                    "a new leader on every stream that is left",
                    SOON,
                    () -> others.stream().allMatch(id -> newLeaderShown(Objects.requireNonNull(seen.get(id)), first)));

            seen.forEach((id, events) -> {
                List<Long> terms = events.stream()
                        .map(event -> event.path("term").asLong())
                        .toList();
                assertThat(terms).as("terms on %s never fall", id).isSorted();
            });
            atMostOneLeaderATerm(seen);
            currentValueAsJson(cluster, others.get(0));
        }
    }

    private static boolean newLeaderShown(List<JsonNode> events, String old) {
        String leader = events.get(events.size() - 1).path("leader").asText("");
        return !leader.isEmpty() && !leader.equals("null") && !leader.equals(old);
    }

    private static void atMostOneLeaderATerm(Map<String, List<JsonNode>> seen) {
        Map<Long, Set<String>> leaders = new HashMap<>();
        seen.forEach((id, events) -> events.stream()
                .filter(event -> event.path("role").asText().equals("leader"))
                .forEach(event -> leaders.computeIfAbsent(event.path("term").asLong(), term -> new TreeSet<>())
                        .add(id)));
        leaders.forEach(
                (term, ids) -> assertThat(ids).as("leaders of term %d", term).hasSize(1));
        assertThat(leaders).as("two leaderships were seen").hasSizeGreaterThanOrEqualTo(2);
    }

    private static void currentValueAsJson(ServerCluster cluster, String id) throws IOException {
        long end = System.nanoTime() + SOON.toNanos();
        ServerCluster.Answer answer;
        do { // while nobody leads, there is nobody to name
            answer = cluster.get(id, "/v1/leadership", "Accept", "application/json");
            assertThat(answer.status()).isEqualTo(200);
        } while (answer.json().path("leader").isNull() && System.nanoTime() < end);
        assertThat(answer.json().path("leader").asText()).isIn(cluster.ids());
        assertThat(answer.json().path("group").asText()).isEqualTo("default");
    }

    /** Collects the events of {@code GET /v1/leadership} on a thread of its own. */
    private static List<JsonNode> listen(ServerCluster cluster, String id) {
        List<JsonNode> events = new CopyOnWriteArrayList<>();
        HttpRequest request = HttpRequest.newBuilder(cluster.uri(id, "/v1/leadership"))
                .header("Accept", "text/event-stream")
                .build();
        Thread reader = new Thread(() -> {
            try (Stream<String> lines = cluster.http()
                    .send(request, HttpResponse.BodyHandlers.ofLines())
                    .body()) {
                lines.filter(line -> line.startsWith("data:")).forEach(line -> events.add(parse(line.substring(5))));
            } catch (IOException | java.io.UncheckedIOException killed) {
                // the node was killed: what it had shown by then counts
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        });
        reader.setDaemon(true);
        reader.start();
        return events;
    }

    private static JsonNode parse(String data) {
        try {
            return JSON.readTree(data);
        } catch (IOException garbled) {
            throw new AssertionError(data, garbled);
        }
    }
}
