package io.reactorraft.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.reactorraft.testkit.FreePorts;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Three (or more) {@code serve} processes on loopback, and a client for each. */
final class ServerCluster implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** A server answers within its request timeout of 10 s, unless it is stopped; whoever does not answer in this hangs. */
    private static final Duration HANGS = Duration.ofMinutes(2);

    /** What goes on through elections has this long, however busy the machine is. */
    static final Duration SOON = Duration.ofMinutes(2);

    private static final int AT_A_TIME = 16;

    private final Path directory;
    private final Map<String, Integer> peerPorts = new LinkedHashMap<>();
    private final Map<String, Integer> httpPorts = new LinkedHashMap<>();
    private final Map<String, ServerProcess> processes = new LinkedHashMap<>();
    private final Map<String, Integer> joinedPorts = new LinkedHashMap<>();
    private final Map<String, List<String>> joined = new LinkedHashMap<>();
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(HANGS).build();

    private ServerCluster(Path directory, int nodes) {
        this.directory = directory;
        List<Integer> ports = FreePorts.find(2 * nodes);
        for (int i = 0; i < nodes; i++) {
            peerPorts.put("n" + (i + 1), ports.get(2 * i));
            httpPorts.put("n" + (i + 1), ports.get(2 * i + 1));
        }
    }

    /** A started cluster with a leader. */
    static ServerCluster start(Path directory) {
        ServerCluster cluster = new ServerCluster(directory, 3);
        try {
            cluster.ids().forEach(cluster::startNode);
            cluster.ids().forEach(cluster::awaitServing);
            cluster.awaitLeader(SOON);
            return cluster;
        } catch (Throwable failed) {
            cluster.close();
            throw failed;
        }
    }

    List<String> ids() {
        return List.copyOf(peerPorts.keySet());
    }

    ServerProcess node(String id) {
        return Objects.requireNonNull(processes.get(id));
    }

    Path dataDir(String id) {
        return directory.resolve(id);
    }

    /** The arguments that {@code serve} gets for this node. */
    List<String> arguments(String id) {
        String members = peerPorts.entrySet().stream()
                .map(each -> each.getKey() + "=127.0.0.1:" + each.getValue())
                .collect(Collectors.joining(","));
        return List.of(
                "serve",
                "--id",
                id,
                "--data-dir",
                dataDir(id).toString(),
                "--cluster-id",
                "integration",
                "--peer-listen",
                "127.0.0.1:" + peerPorts.get(id),
                "--http-listen",
                "127.0.0.1:" + httpPorts.get(id),
                "--initial-cluster",
                members);
    }

    void startNode(String id) {
        processes.put(id, ServerProcess.start(directory.resolve("logs"), id, arguments(id)));
    }

    /** A member that is none of those that started the cluster, with an empty directory; it asks {@code seed}. */
    void startJoining(String id, String seed) {
        List<Integer> ports = FreePorts.find(2);
        httpPorts.put(id, ports.get(1));
        joinedPorts.put(id, ports.get(0));
        joined.put(
                id,
                List.of(
                        "serve",
                        "--id",
                        id,
                        "--data-dir",
                        dataDir(id).toString(),
                        "--cluster-id",
                        "integration",
                        "--peer-listen",
                        "127.0.0.1:" + ports.get(0),
                        "--http-listen",
                        "127.0.0.1:" + ports.get(1),
                        "--join",
                        peerAddress(seed)));
        restart(id);
    }

    /** Where its peers reach it. */
    String peerAddress(String id) {
        Integer first = peerPorts.get(id);
        return "127.0.0.1:" + (first == null ? joinedPorts.get(id) : first);
    }

    /** Starts it again as it was started first. */
    void restart(String id) {
        List<String> arguments = joined.getOrDefault(id, List.of());
        processes.put(
                id,
                ServerProcess.start(directory.resolve("logs"), id, arguments.isEmpty() ? arguments(id) : arguments));
    }

    void awaitServing(String id) {
        node(id).awaitOut(line -> line.startsWith("ready id=" + id + " "), Duration.ofMinutes(2));
    }

    /** The node that all who answer name as leader, once it answers itself. */
    String awaitLeader(Duration patience) {
        String[] leader = new String[1];
        await("a leader that says so itself", patience, () -> {
            for (String id : ids()) {
                JsonNode status = status(id);
                if (status != null && "leader".equals(status.path("role").asText())) {
                    leader[0] = id;
                    return true;
                }
            }
            return false;
        });
        return Objects.requireNonNull(leader[0]);
    }

    /** {@code /v1/status}, or null where the node does not answer. */
    @Nullable
    JsonNode status(String id) {
        try {
            Answer answer = get(id, "/v1/status");
            return answer.status() == 200 ? JSON.readTree(answer.body()) : null;
        } catch (IOException unreachable) {
            return null;
        }
    }

    /** An answer of a node. */
    record Answer(int status, String body, Map<String, List<String>> headers) {
        JsonNode json() {
            try {
                return JSON.readTree(body);
            } catch (IOException garbled) {
                throw new AssertionError("not JSON: " + body, garbled);
            }
        }

        String header(String name) {
            return headers.getOrDefault(name.toLowerCase(java.util.Locale.ROOT), List.of(""))
                    .get(0);
        }
    }

    Answer put(String id, String key, String value, String... headers) throws IOException {
        return send(
                id,
                request(id, "/v1/kv/" + encoded(key), headers)
                        .PUT(HttpRequest.BodyPublishers.ofString(value))
                        .build());
    }

    Answer get(String id, String path, String... headers) throws IOException {
        return send(id, request(id, path, headers).GET().build());
    }

    Answer read(String id, String key) throws IOException {
        return get(id, "/v1/kv/" + encoded(key));
    }

    /**
     * A write that must succeed in the end: an election on a busy machine is no failure. "Not applied" may be repeated, and
     * "outcome unknown" too, as the same value is written.
     */
    Answer putSoon(String id, String key, String value) throws IOException {
        return soon(() -> put(id, key, value));
    }

    /** A read that must succeed in the end. */
    Answer readSoon(String id, String key) throws IOException {
        return soon(() -> read(id, key));
    }

    private static Answer soon(Request request) throws IOException {
        long end = System.nanoTime() + SOON.toNanos();
        while (true) {
            try {
                Answer answer = request.send();
                boolean notNow = answer.status() == 503 || answer.status() == 504;
                if (!notNow) {
                    return answer;
                }
                if (System.nanoTime() > end) {
                    throw new TooSlow("for " + SOON + " no other answer than " + answer);
                }
            } catch (IOException broken) { // a connection that was kept, and whose process was started anew
                if (System.nanoTime() > end) {
                    throw broken;
                }
            }
            ServerProcess.pause();
        }
    }

    /** Does it with each of them, several at a time. */
    static void eachOf(Collection<String> keys, Deed deed) {
        try {
            Flux.fromIterable(keys)
                    .flatMap(
                            key -> Mono.fromCallable(() -> {
                                        deed.with(key);
                                        return key;
                                    })
                                    .subscribeOn(Schedulers.boundedElastic()),
                            AT_A_TIME)
                    .blockLast(); // each of them is bounded
        } catch (RuntimeException failed) {
            if (Exceptions.unwrap(failed) instanceof AssertionError wrong) {
                throw wrong;
            }
            throw failed;
        }
    }

    /** What is done with a key. */
    interface Deed {
        void with(String key) throws IOException;
    }

    /**
     * A command as a person gives it, and gives again where it was not done or may not have been (exit codes 5 and 6); its
     * output, once it exits with 0.
     */
    String command(String asked, String... command) {
        List<String> arguments = new ArrayList<>(List.of(command));
        arguments.addAll(List.of("--endpoints", uri(asked, "").toString(), "--timeout", "30s"));
        long end = System.nanoTime() + SOON.toNanos();
        while (true) {
            try (ServerProcess process = ServerProcess.start(directory.resolve("logs"), "command", arguments)) {
                int code = process.awaitExit(SOON);
                if (code != 5 && code != 6) {
                    assertThat(code).as(process.everything()).isZero();
                    return String.join("\n", process.outLines());
                }
                if (System.nanoTime() > end) {
                    throw new TooSlow("for " + SOON + " not done: " + process.everything());
                }
            }
        }
    }

    private interface Request {
        Answer send() throws IOException;
    }

    Answer delete(String id, String key) throws IOException {
        return send(id, request(id, "/v1/kv/" + encoded(key)).DELETE().build());
    }

    URI uri(String id, String path) {
        return URI.create("http://127.0.0.1:" + httpPorts.get(id) + path);
    }

    HttpClient http() {
        return http;
    }

    private HttpRequest.Builder request(String id, String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(id, path)).timeout(HANGS);
        return headers.length == 0 ? request : request.headers(headers);
    }

    private Answer send(String id, HttpRequest request) throws IOException {
        try {
            HttpResponse<String> response = http.send(request, BodyHandlers.ofString(StandardCharsets.UTF_8));
            return new Answer(
                    response.statusCode(), response.body(), response.headers().map());
        } catch (InterruptedException interrupted) {
            throw new AssertionError(id, interrupted);
        }
    }

    static String encoded(String key) {
        return URLEncoder.encode(key, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Looks again until it is so. */
    void await(String what, Duration patience, BooleanSupplier reached) {
        long end = System.nanoTime() + patience.toNanos();
        while (!reached.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new TooSlow("no " + what + " within " + patience + "\n"
                        + processes.values().stream()
                                .map(ServerProcess::everything)
                                .collect(Collectors.joining("\n")));
            }
            ServerProcess.pause();
        }
    }

    static List<String> keys(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + "/" + i).toList();
    }

    @Override
    public void close() {
        processes.values().forEach(ServerProcess::close);
    }
}
