package io.reactorraft.benchmarks;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.reactorraft.testkit.FreePorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Processes of {@code raft-server} on the loopback address, from their start until none is left: {@link #close} kills them.
 *
 * <p><b>Threads.</b> One caller; {@link #close} and {@link #url} from any.
 */
final class Servers implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration POLL = Duration.ofMillis(20);
    private static final Duration UP = Duration.ofSeconds(60);
    private static final Duration DEATH = Duration.ofSeconds(20);
    private static final int TAIL_LINES = 15;

    private final Plan plan;
    private final ServerClient client;
    private final Map<String, Member> members = new LinkedHashMap<>();
    private boolean founded;
    private boolean closed;

    /**
     * What they consist of.
     *
     * @param jar of the server
     * @param directory holds data and logs
     * @param jvmFlags of each process
     * @param late of those that are started once the first lead
     */
    record Plan(Path jar, Path directory, List<String> jvmFlags, Niceness late) {}

    /** One that was started, and how to start it again. */
    private static final class Member {
        private final List<String> command;
        private final Path log;
        private final int peerPort;
        private final int httpPort;
        private Process process;

        Member(List<String> command, Path log, int peerPort, int httpPort, Process process) {
            this.command = command;
            this.log = log;
            this.peerPort = peerPort;
            this.httpPort = httpPort;
            this.process = process;
        }

        private static Process start(List<String> command, Path log) {
            try {
                return new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                        .start();
            } catch (IOException failed) {
                throw new BenchmarkException("cannot start " + command, failed);
            }
        }
    }

    Servers(Plan plan, ServerClient client) {
        this.plan = plan;
        this.client = client;
    }

    /** Starts the first members of a cluster, n1 and so on; returns once one of them leads. */
    void found(int count) throws InterruptedException {
        List<Integer> ports = FreePorts.find(2 * count);
        List<String> initial = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            initial.add("n" + (i + 1) + "=127.0.0.1:" + ports.get(2 * i));
        }
        for (int i = 0; i < count; i++) {
            String id = "n" + (i + 1);
            launch(id, ports.get(2 * i), ports.get(2 * i + 1), "--initial-cluster", String.join(",", initial));
        }
        awaitLeader();
        founded = true;
    }

    /** Starts one more, with an empty directory, that asks {@code seed} to be let in; returns at once. */
    void join(String id, String seed) {
        List<Integer> ports = FreePorts.find(2);
        launch(id, ports.get(0), ports.get(1), "--join", peerAddress(seed));
    }

    private synchronized void launch(String id, int peerPort, int httpPort, String option, String value) {
        refuseWhereClosed();
        try {
            Files.createDirectories(plan.directory());
        } catch (IOException failed) {
            throw new BenchmarkException("cannot make " + plan.directory(), failed);
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(plan.jvmFlags());
        command.addAll(List.of("-jar", plan.jar().toString(), "serve", "--id", id, "--cluster-id", "benchmark"));
        command.addAll(List.of("--data-dir", plan.directory().resolve(id).toString()));
        command.addAll(List.of("--peer-listen", "127.0.0.1:" + peerPort, "--http-listen", "127.0.0.1:" + httpPort));
        command.addAll(List.of(option, value));
        Path log = plan.directory().resolve(id + ".log");
        Process process = Member.start(founded ? plan.late().of(command) : command, log);
        members.put(id, new Member(command, log, peerPort, httpPort, process));
    }

    private void refuseWhereClosed() {
        if (closed) {
            throw new BenchmarkException("the run was ended");
        }
    }

    /** SIGTERM; returns once it has ended. */
    void stop(String id) throws InterruptedException {
        Process process = member(id).process;
        process.toHandle().destroy(); // the process's own destroy would close its streams
        if (!process.waitFor(DEATH.toNanos(), TimeUnit.NANOSECONDS)) {
            throw new BenchmarkException(id + " runs on " + DEATH.toSeconds() + " s after SIGTERM" + logs());
        }
    }

    /** SIGKILL; returns once it is gone. */
    void kill(String id) throws InterruptedException {
        Process process = member(id).process;
        process.destroyForcibly();
        process.waitFor(DEATH.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Starts one that has ended on its old data; returns at once. */
    synchronized void restart(String id) {
        refuseWhereClosed();
        Member member = member(id);
        member.process = Member.start(plan.late().of(member.command), member.log);
    }

    boolean alive(String id) {
        return member(id).process.isAlive();
    }

    long pid(String id) {
        return member(id).process.pid();
    }

    /** Where its HTTP port is. */
    String url(String id) {
        return "http://127.0.0.1:" + member(id).httpPort;
    }

    int httpPort(String id) {
        return member(id).httpPort;
    }

    String peerAddress(String id) {
        return "127.0.0.1:" + member(id).peerPort;
    }

    private synchronized Member member(String id) {
        Member member = members.get(id);
        if (member == null) {
            throw new IllegalArgumentException("no member " + id);
        }
        return member;
    }

    /** All that were started, in that order. */
    synchronized List<String> ids() {
        return List.copyOf(members.keySet());
    }

    /** What {@code /v1/status} of it says; null where it does not answer. */
    @Nullable
    JsonNode status(String id) {
        String body = client.get(url(id) + "/v1/status")
                .onErrorResume(failed -> reactor.core.publisher.Mono.empty())
                .block();
        return body == null ? null : parse(body);
    }

    static JsonNode parse(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException garbled) {
            throw new BenchmarkException("no JSON: " + json, garbled);
        }
    }

    /** A number of its status, -1 where it does not answer. */
    long number(String id, String field) {
        JsonNode status = status(id);
        return status == null ? -1 : status.path(field).asLong(-1);
    }

    /** The one that leads and is caught up, once there is one. */
    String awaitLeader() throws InterruptedException {
        String[] leader = new String[1];
        await("leader", UP, () -> {
            for (String id : ids()) {
                JsonNode status = alive(id) ? status(id) : null;
                if (status != null && status.path("role").asText().equals("leader")) {
                    leader[0] = id;
                    return true;
                }
            }
            return false;
        });
        return leader[0];
    }

    /** The voters, as this one sees them, in order. */
    List<String> voters(String asked) {
        JsonNode status = status(asked);
        List<String> voters = new ArrayList<>();
        if (status != null) {
            status.path("members").forEach(each -> {
                if (each.path("voter").asBoolean()) {
                    voters.add(each.path("id").asText());
                }
            });
        }
        return voters.stream().sorted().toList();
    }

    /**
     * Looks again until it is so.
     *
     * @throws BenchmarkException where it is not in time, with the ends of all logs
     */
    void await(String what, Duration longest, BooleanSupplier reached) throws InterruptedException {
        long end = System.nanoTime() + longest.toNanos();
        while (!reached.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new BenchmarkException("no " + what + " within " + longest.toSeconds() + " s" + logs());
            }
            Pause.REAL.pass(POLL);
        }
    }

    private synchronized String logs() {
        return members.values().stream()
                .map(each -> "\n--- " + each.log + "\n" + String.join("\n", LogTail.lines(each.log, TAIL_LINES)))
                .collect(Collectors.joining());
    }

    /** Kills whatever is alive; nothing is started any more. Idempotent. */
    @Override
    public synchronized void close() {
        closed = true;
        members.values().forEach(each -> each.process.destroyForcibly());
        for (Member each : members.values()) {
            try {
                each.process.waitFor(DEATH.toNanos(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
