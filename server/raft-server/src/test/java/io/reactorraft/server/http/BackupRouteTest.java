package io.reactorraft.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.reactorraft.Committed;
import io.reactorraft.server.backup.BackupReader;
import io.reactorraft.server.kv.Commands;
import io.reactorraft.server.kv.Key;
import io.reactorraft.server.kv.KeyValueStore;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BackupRouteTest {

    private static final int VALUES = 40; // of 1 MiB: more than the sockets in between take

    private final HttpClient client = HttpClient.newHttpClient();

    @Test
    void theStreamIsTheStoreAndSoManyAreReadAtATime() throws Exception {
        try (HttpFixture http = new HttpFixture(Duration.ofMinutes(1), HttpSettings.Limits.DEFAULTS).running()) {
            fill(http.store);
            List<InputStream> slow = new ArrayList<>();
            for (int i = 0; i < BackupRoute.MAX_BACKUPS; i++) {
                slow.add(ask(http).body());
            }
            for (InputStream each : slow) {
                assertThat(each.readNBytes(8)).asString().isEqualTo("RRBACKUP");
            }
            HttpResponse<InputStream> refused = ask(http);
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(new String(refused.body().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8))
                    .contains("overloaded", "2 backups are being read");

            for (InputStream each : slow) {
                each.close();
            }
            HttpResponse<InputStream> next = ask(http);
            for (int tries = 0; next.statusCode() == 503 && tries < 500; tries++) {
                next.body().close();
                Thread.onSpinWait();
                next = ask(http);
            }
            KeyValueStore copy = new KeyValueStore();
            try (InputStream body = next.body()) {
                new BackupReader("stream", body).into(copy);
            }
            assertThat(copy.hash()).isEqualTo(http.store.hash());
            assertThat(copy.revision()).isEqualTo(VALUES);
        }
    }

    @Test
    void clientsThatDoNotReadLoseTheirPlaces() throws Exception {
        try (HttpFixture http = new HttpFixture(Duration.ofSeconds(2), HttpSettings.Limits.DEFAULTS).running()) {
            fill(http.store);
            for (int i = 0; i < BackupRoute.MAX_BACKUPS; i++) {
                assertThat(begun(http).statusCode()).isEqualTo(200); // and its body is never read
            }
            long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
            String metrics = "";
            while (!metrics.contains("raft_backup_stalled_total 2.0") && System.nanoTime() < deadline) {
                Thread.onSpinWait();
                metrics = http.get("/metrics").body();
            }
            assertThat(metrics).contains("raft_backup_stalled_total 2.0");
            HttpResponse<InputStream> next = begun(http);
            assertThat(next.statusCode()).isEqualTo(200);
            next.body().close();
        }
    }

    /** A busy machine may not answer in time at first. */
    private HttpResponse<InputStream> begun(HttpFixture http) throws IOException, InterruptedException {
        HttpResponse<InputStream> next = ask(http);
        for (int tries = 0; next.statusCode() != 200 && tries < 500; tries++) {
            next.body().close();
            next = ask(http);
        }
        return next;
    }

    private HttpResponse<InputStream> ask(HttpFixture http) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://" + http.api.address() + "/v1/backup"))
                        .build(),
                BodyHandlers.ofInputStream());
    }

    private static void fill(KeyValueStore store) {
        for (int i = 1; i <= VALUES; i++) {
            store.apply(new Committed<>(
                    1,
                    i,
                    Instant.EPOCH,
                    1,
                    Commands.put(
                            Key.of("key/" + i),
                            ByteString.copyFrom(new byte[Commands.MAX_VALUE_BYTES]),
                            Commands.always())));
        }
    }
}
