package io.reactorraft.examples.leadership;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** One process of the executable jar, its stream of leadership, and a client. */
final class Instance implements AutoCloseable {
    private static final Path JAR = Path.of(System.getProperty("example.jar", "target/webflux-leadership.jar"))
            .toAbsolutePath();
    private static final Duration ANSWER = Duration.ofSeconds(60);
    /** For so long a web server waits for open streams, where somebody lets it. */
    static final Duration HELD_UP = Duration.ofMinutes(5);

    private static final ParameterizedTypeReference<ServerSentEvent<JsonNode>> EVENT =
            new ParameterizedTypeReference<>() {};

    private final String id;
    private final Path log;
    private final Process process;
    private final WebClient http;
    private final List<JsonNode> shown = new CopyOnWriteArrayList<>();
    private final Sinks.Empty<Void> streamCompleted = Sinks.empty();
    private Disposable stream = () -> {};

    private Instance(String id, Path log, Process process, int port) {
        this.id = id;
        this.log = log;
        this.process = process;
        this.http = WebClient.create("http://localhost:" + port);
    }

    static Instance start(String id, Path directory, String members, int port) {
        Path log = directory.resolve(id + ".log");
        try {
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx256m",
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-jar",
                            JAR.toString(),
                            "--server.port=" + port,
                            "--spring.lifecycle.timeout-per-shutdown-phase=" + HELD_UP.toMinutes() + "m",
                            "--raft.id=" + id,
                            "--raft.data-dir=" + directory,
                            "--raft.members=" + members)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            return new Instance(id, log, process, port);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    String id() {
        return id;
    }

    /** Asks for the stream until the application answers; from then on it stays open. */
    void listen() {
        stream = http.get()
                .uri("/leadership")
                .retrieve()
                .bodyToFlux(EVENT)
                .mapNotNull(ServerSentEvent::data)
                .subscribe(shown::add, error -> {}, streamCompleted::tryEmitEmpty);
    }

    boolean answers() {
        if (!process.isAlive()) {
            throw new AssertionError(id + " has ended: " + said());
        }
        return http.get()
                .uri("/job")
                .retrieve()
                .toBodilessEntity()
                .hasElement()
                .onErrorReturn(false)
                .blockOptional(ANSWER)
                .orElse(false);
    }

    /** What its stream of leadership showed, in order. */
    List<JsonNode> shown() {
        return shown;
    }

    /** Whom the last event names as leader; empty: nobody. */
    String leaderShown() {
        return shown.isEmpty()
                ? ""
                : shown.get(shown.size() - 1).path("leaderId").asText("");
    }

    /** Whether the last event shows this instance as the leader. */
    boolean leads() {
        return !shown.isEmpty()
                && shown.get(shown.size() - 1).path("role").asText().equals("LEADER");
    }

    JsonNode get(String path) {
        return answer(http.get().uri(path).retrieve().bodyToMono(JsonNode.class));
    }

    JsonNode add(long amount) {
        return answer(http.post().uri("/counter/{amount}", amount).retrieve().bodyToMono(JsonNode.class));
    }

    private JsonNode answer(Mono<JsonNode> asked) {
        return asked.blockOptional(ANSWER).orElseThrow(() -> new AssertionError(id + " answered with nothing"));
    }

    /** SIGKILL. */
    void kill() {
        process.destroyForcibly();
        awaitEnd(ANSWER);
    }

    /** SIGTERM; answers how long the process took to end. */
    Duration terminate() {
        long begun = System.nanoTime();
        process.destroy();
        awaitEnd(HELD_UP);
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    /** Whether the stream ended in order, and not with the connection. */
    void awaitCompletion() {
        streamCompleted.asMono().block(ANSWER);
    }

    private void awaitEnd(Duration patience) {
        try {
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError(id + " still runs after " + patience + ": " + said());
            }
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    String said() {
        try {
            return Files.readString(log);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    @Override
    public void close() {
        stream.dispose();
        process.destroyForcibly();
        awaitEnd(ANSWER);
    }
}
