package io.reactorraft.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** One process of {@code java -jar raft-server.jar …}: its output, its end, and the signals it is sent. */
final class ServerProcess implements AutoCloseable {

    /** The jar under test, as the build made it. */
    static final Path JAR =
            Path.of(System.getProperty("raft.server.jar", "../../server/raft-server/target/raft-server.jar"));

    private static final Duration POLL = Duration.ofMillis(20);

    /** A process that was killed has to be let go of by the kernel, which on a busy machine takes its time. */
    private static final Duration DEATH = Duration.ofSeconds(60);

    /**
     * A build that runs in the background of a shell ignores Ctrl-C, its children inherit that, and a JVM leaves an ignored
     * signal ignored; a person's shell starts a process that hears it, and so does this.
     */
    private static final List<String> HEARS_CTRL_C = List.of("env", "--default-signal=INT");

    private static final boolean CAN_HEAR_CTRL_C = succeeds(HEARS_CTRL_C, "true");

    private final Process process;
    private final Path out;
    private final Path err;

    private ServerProcess(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /** Starts the jar; output goes to files under {@code logs}, so that no pipe can fill up. */
    static ServerProcess start(Path logs, String name, List<String> arguments) {
        List<String> command = new ArrayList<>(CAN_HEAR_CTRL_C ? HEARS_CTRL_C : List.of());
        command.addAll(QuickStart.jar());
        command.addAll(arguments);
        return run(logs, name, command);
    }

    /** Starts any command. */
    static ServerProcess run(Path logs, String name, List<String> command) {
        return runIn(Path.of(""), logs, name, command);
    }

    /** Starts any command, in this directory. */
    static ServerProcess runIn(Path directory, Path logs, String name, List<String> command) {
        if (!Files.exists(JAR)) {
            throw new AssertionError("no " + JAR.toAbsolutePath() + ": build it with mvn package");
        }
        try {
            Files.createDirectories(logs);
            Path out = Files.createTempFile(logs, name + "-", ".out");
            Path err = Path.of(out.toString().replace(".out", ".err"));
            Process process = new ProcessBuilder(command)
                    .directory(directory.toAbsolutePath().toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start();
            return new ServerProcess(process, out, err);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static boolean succeeds(List<String> prefix, String program) {
        List<String> command = new ArrayList<>(prefix);
        command.add(program);
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException | InterruptedException without) {
            return false;
        }
    }

    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** Waits until a line of standard output fits, and returns it. */
    String awaitOut(Predicate<String> fits, Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        while (System.nanoTime() < end) {
            for (String line : outLines()) {
                if (fits.test(line)) {
                    return line;
                }
            }
            if (!process.isAlive() && outLines().stream().noneMatch(fits)) {
                throw new AssertionError("ended with " + process.exitValue() + " before it said so:\n" + everything());
            }
            pause();
        }
        throw new TooSlow("did not say so within " + patience + ":\n" + everything());
    }

    /** Waits for the end and returns the exit code. */
    int awaitExit(Duration patience) {
        try {
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new TooSlow("still runs after " + patience + ":\n" + everything());
            }
            return process.exitValue();
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    boolean alive() {
        return process.isAlive();
    }

    /** SIGTERM, SIGINT, SIGSTOP, SIGCONT by their short name. */
    void signal(String name) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .start()
                    .waitFor();
        } catch (IOException | InterruptedException failed) {
            throw new AssertionError(failed);
        }
    }

    /** SIGKILL: nothing is flushed, nobody is told. */
    void kill() {
        process.destroyForcibly();
        awaitExit(DEATH);
    }

    List<String> outLines() {
        return lines(out);
    }

    List<String> errLines() {
        return lines(err);
    }

    /** All it said, for a failure's message. */
    String everything() {
        List<String> said = errLines();
        List<String> tail = said.subList(Math.max(0, said.size() - 60), said.size());
        return "--- " + out + "\n" + String.join("\n", outLines()) + "\n--- " + err + "\n" + String.join("\n", tail);
    }

    private static List<String> lines(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
                    .lines()
                    .toList(); // the last may be torn
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /** Waiting for another process can only be done by looking again. */
    static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        awaitExit(DEATH); // so that nothing writes into a folder that is being deleted
    }
}
