package io.reactorraft.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.Member;
import io.reactorraft.server.HostPort;
import io.reactorraft.server.Server;
import io.reactorraft.server.ServerConfig;
import io.reactorraft.testkit.FreePorts;
import io.reactorraft.testkit.NothingBlocks;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Three whole servers in the JVM that BlockHound watches: no request of theirs blocks a thread that must not block. */
@ExtendWith(FirstFailureStands.class)
class ServersInOneJvmTest {
    private static final Duration SOON = Duration.ofMinutes(2);

    private final HttpClient http = HttpClient.newHttpClient();

    @TempDir
    Path directory;

    @Test
    void whateverIsAskedNothingBlocks() throws Exception {
        List<Integer> ports = FreePorts.find(3);
        List<Member> members = IntStream.range(0, 3)
                .mapToObj(i -> Member.voter("n" + (i + 1), "127.0.0.1:" + ports.get(i)))
                .toList();
        List<Server> servers =
                members.stream().map(member -> server(member, members)).toList();
        List<String> urls = Objects.requireNonNull(Flux.fromIterable(servers)
                .flatMapSequential(Server::start)
                .map(ready -> "http://" + ready.http())
                .collectList()
                .block(SOON));
        servers.forEach(server -> assertThat(server.leadership()
                        .any(shown -> shown.leaderId() != null)
                        .block(SOON))
                .isTrue());
        for (int i = 0; i < 120; i++) { // with a snapshot every 50 entries
            String url = urls.get(i % 3);
            assertThat(soon("PUT", url + "/v1/kv/k" + i % 10, "v" + i)).isEqualTo(200);
        }
        for (String url : urls) {
            assertThat(soon("GET", url + "/v1/kv/k0", "")).isEqualTo(200);
            assertThat(soon("GET", url + "/v1/kv?prefix=k", "")).isEqualTo(200);
            assertThat(soon("GET", url + "/v1/status", "")).isEqualTo(200);
            assertThat(soon("GET", url + "/metrics", "")).isEqualTo(200);
            assertThat(soon("GET", url + "/readyz", "")).isEqualTo(200);
            assertThat(soon("DELETE", url + "/v1/kv/k1", "")).isEqualTo(200);
        }
        Mono.when(servers.stream().map(Server::stop).toList()).block(SOON);
        assertThat(NothingBlocks.seen()).isEmpty();
    }

    private Server server(Member self, List<Member> members) {
        return new Server(
                new ServerConfig(
                        self.id(),
                        directory.resolve(self.id()),
                        "in-one-jvm",
                        HostPort.parse(self.address()),
                        null,
                        new HostPort("127.0.0.1", 0),
                        null,
                        members,
                        new ServerConfig.Timing(Duration.ofMillis(50), Duration.ofSeconds(1), Duration.ofSeconds(10)),
                        ServerConfig.Ports.NONE,
                        new ServerConfig.Snapshots(64L << 20, 50),
                        ServerConfig.Join.NONE,
                        null),
                "test");
    }

    /** The answer's status, once it is no "not now": an election on a busy machine is no failure. */
    private int soon(String method, String url, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .timeout(SOON)
                .build();
        long end = System.nanoTime() + SOON.toNanos();
        int status;
        do {
            status = http.send(request, BodyHandlers.ofString()).statusCode();
        } while ((status == 503 || status == 504) && System.nanoTime() < end);
        return status;
    }
}
