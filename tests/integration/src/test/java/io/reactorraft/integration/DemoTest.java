package io.reactorraft.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.testkit.FreePorts;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoTest {

    private static final Duration SOON = Duration.ofMinutes(2);

    @TempDir
    Path directory;

    @Test
    void theDemoComesUpShowsALeaderTakesWritesAndEndsOnCtrlC() throws Exception {
        int port = threeFreePortsFrom();
        try (ServerProcess demo = ServerProcess.start(
                directory,
                "demo",
                List.of(
                        "demo",
                        "--http-port",
                        Integer.toString(port),
                        "--data-dir",
                        directory.resolve("d").toString()))) {
            String curl = demo.awaitOut(line -> line.contains("curl") && line.contains(":" + port), SOON);
            demo.awaitOut(line -> line.startsWith("leader n"), SOON);
            HttpClient http = HttpClient.newHttpClient();
            URI greeting = URI.create("http://127.0.0.1:" + port + "/v1/kv/greeting");
            HttpResponse<String> put = soon(
                    http,
                    HttpRequest.newBuilder(greeting)
                            .PUT(HttpRequest.BodyPublishers.ofString("hello"))
                            .build());
            assertThat(put.statusCode()).as("after " + curl + ": " + put.body()).isEqualTo(200);
            URI fromAnother = URI.create("http://127.0.0.1:" + (port + 1) + "/v1/kv/greeting");
            assertThat(soon(http, HttpRequest.newBuilder(fromAnother).build()).body())
                    .isEqualTo("hello");
            demo.signal("INT");
            assertThat(demo.awaitExit(SOON)).as(demo.everything()).isZero();
        }
    }

    /** The answer, once it is none of an election that a busy machine has brought about. */
    private static HttpResponse<String> soon(HttpClient http, HttpRequest request)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + SOON.toNanos();
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        while (answer.statusCode() >= 503 && System.nanoTime() < end) {
            ServerProcess.pause();
            answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        }
        return answer;
    }

    /** The demo takes this port and the two behind it. */
    private static int threeFreePortsFrom() {
        for (int port : FreePorts.find(20)) {
            boolean free = true;
            for (int each = port; each < port + 3; each++) {
                try (ServerSocket socket = new ServerSocket(each)) {
                    free &= socket.isBound();
                } catch (IOException taken) {
                    free = false;
                }
            }
            if (free) {
                return port;
            }
        }
        throw new AssertionError("no three free ports in a row");
    }
}
