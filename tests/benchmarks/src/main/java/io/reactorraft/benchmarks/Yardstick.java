package io.reactorraft.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * A built copy of the yardstick: other Raft systems behind one script, measured by the same method and under the same
 * keys.
 */
final class Yardstick {
    private static final long GRACE_SECONDS = 5;

    private final Path directory;

    Yardstick(Path directory) {
        this.directory = directory.toAbsolutePath();
    }

    /** @throws BenchmarkException where the peer cannot be run from there, saying what to do */
    void require(String peer) {
        if (!Files.isRegularFile(directory.resolve("run.sh"))) {
            throw new BenchmarkException("no run.sh in " + directory + ": is that the yardstick's folder?");
        }
        if (!Files.isDirectory(directory.resolve(peer).resolve("target").resolve("classes"))) {
            throw new BenchmarkException(
                    peer + " is not built in " + directory + ": run 'mvn -q package -pl core," + peer + "' there");
        }
    }

    /** One level of a peer, on a fresh cluster of its own. */
    ResultLine level(String peer, int inFlight, LoadShape shape, ClusterPlan plan, RunScope scope)
            throws InterruptedException {
        return run(scope, levelCommand(peer, inFlight, shape, plan));
    }

    List<String> levelCommand(String peer, int inFlight, LoadShape shape, ClusterPlan plan) {
        return List.of(
                directory.resolve("run.sh").toString(),
                peer,
                "proc3",
                Integer.toString(inFlight),
                "op=" + shape.operation().word(),
                "size=" + plan.payloadBytes(),
                "voters=" + plan.size(),
                "warm=" + LoadShape.seconds(shape.warm()),
                "settle=" + LoadShape.seconds(shape.settle()),
                "secs=" + LoadShape.seconds(shape.window()),
                "dir=" + plan.directory());
    }

    /** One SIGKILL of a peer's leader, on a fresh cluster. */
    ResultLine failover(String peer, ClusterPlan plan, RunScope scope) throws InterruptedException {
        return run(
                scope,
                List.of(
                        directory.resolve("run.sh").toString(),
                        peer,
                        "failover",
                        "size=" + plan.payloadBytes(),
                        "voters=" + plan.size(),
                        "dir=" + plan.directory()));
    }

    private ResultLine run(RunScope scope, List<String> command) throws InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("RAFTBENCH_BUILD", directory.toString());
        List<String> said = new ArrayList<>();
        try {
            Process process = builder.start();
            scope.atEnd(() -> end(process));
            try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
                output.lines().forEach(said::add);
            }
            int code = process.waitFor();
            return said.stream()
                    .filter(line -> code == 0 && line.startsWith("peer="))
                    .reduce((earlier, later) -> later)
                    .map(ResultLine::parse)
                    .orElseThrow(() -> new BenchmarkException("exit code " + code + " and no result of: "
                            + String.join(" ", command) + "\n"
                            + String.join("\n", said.subList(Math.max(0, said.size() - 20), said.size()))));
        } catch (IOException failed) {
            throw new BenchmarkException("cannot run " + String.join(" ", command), failed);
        }
    }

    /** The script has children that outlive it: first all are asked, so that they tidy up; what is slow is killed. */
    private static void end(Process process) {
        List<ProcessHandle> all = Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .filter(ProcessHandle::isAlive)
                .toList();
        all.forEach(ProcessHandle::destroy);
        CompletableFuture<?> allEnded =
                CompletableFuture.allOf(all.stream().map(ProcessHandle::onExit).toArray(CompletableFuture<?>[]::new));
        try {
            allEnded.get(GRACE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException stubborn) {
            all.forEach(ProcessHandle::destroyForcibly);
        } catch (InterruptedException hurry) {
            all.forEach(ProcessHandle::destroyForcibly);
            Thread.currentThread().interrupt();
        }
    }
}
