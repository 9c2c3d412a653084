package io.reactorraft.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A node in a process of its own, seen from outside: commands go to its standard input, answers are the lines of its
 * standard output that begin with {@code @}; its standard error is its log.
 *
 * <p><b>Threads.</b> One caller; {@link #kill} from any.
 */
final class NodeProcess {

    /** Answers that nobody has asked for yet; beyond that the node waits with its next one. */
    private static final int MAX_ANSWERS = 1024;

    private static final Duration DEATH = Duration.ofSeconds(10);

    private final String name;
    private final Path log;
    private final Process process;
    private final Writer commands;
    private final BlockingQueue<String> answers = new ArrayBlockingQueue<>(MAX_ANSWERS);

    private NodeProcess(String name, Path log, Process process) {
        this.name = name;
        this.log = log;
        this.process = process;
        this.commands = process.outputWriter(StandardCharsets.UTF_8);
    }

    /** Starts the command; its log is appended to. */
    static NodeProcess start(String name, List<String> command, Path log) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            NodeProcess node = new NodeProcess(name, log, process);
            Thread reader = new Thread(node::readAnswers, "answers-of-" + name);
            reader.setDaemon(true);
            reader.start();
            return node;
        } catch (IOException failed) {
            throw new BenchmarkException("cannot start " + name, failed);
        }
    }

    String name() {
        return name;
    }

    long pid() {
        return process.pid();
    }

    Path log() {
        return log;
    }

    boolean alive() {
        return process.isAlive();
    }

    void send(String command) {
        try {
            commands.write(command + "\n");
            commands.flush();
        } catch (IOException failed) {
            throw new BenchmarkException("cannot tell " + name + " '" + command + "', has it ended?", failed);
        }
    }

    /**
     * The next answer that begins with this word; other ones are passed over.
     *
     * @return what follows the word
     * @throws BenchmarkException where it does not come in time, or the node reports an error or ends
     */
    String await(String word, Duration longest) throws InterruptedException {
        String rest = poll(word, longest);
        if (rest == null) {
            throw new BenchmarkException(name + " did not say '" + word + "' within " + longest.toMillis() + " ms");
        }
        return rest;
    }

    /** As {@link #await}, but null where it does not come in time. */
    @Nullable
    String poll(String word, Duration longest) throws InterruptedException {
        long end = System.nanoTime() + longest.toNanos();
        while (true) {
            String answer = answers.poll(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
            if (answer == null) {
                return null;
            }
            if (answer.startsWith("error")) {
                throw new BenchmarkException(name + ": " + answer);
            }
            if (answer.equals(word) || answer.startsWith(word + " ")) {
                return answer.substring(word.length()).strip();
            }
        }
    }

    /** SIGKILL; returns at once, the process may take a moment to end. */
    void signalKill() {
        process.destroyForcibly();
    }

    /** SIGTERM; returns at once. */
    void signalEnd() {
        process.toHandle().destroy(); // the process's own destroy would close its streams
    }

    /** Returns when the process has ended by itself. */
    void awaitEnd(Duration longest) throws InterruptedException {
        if (!process.waitFor(longest.toNanos(), TimeUnit.NANOSECONDS)) {
            throw new BenchmarkException(name + " runs on " + longest.toSeconds() + " s after SIGTERM");
        }
    }

    /** SIGKILL; returns when the process is gone. */
    void kill() {
        signalKill();
        try {
            if (!process.waitFor(DEATH.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new BenchmarkException(name + " (pid " + pid() + ") survived SIGKILL for " + DEATH.toSeconds()
                        + " s: is its disk stuck?");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void readAnswers() {
        try {
            try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
                for (String line = output.readLine(); line != null; line = output.readLine()) {
                    if (line.startsWith("@")) {
                        answers.put(line.substring(1));
                    }
                }
            } catch (IOException killed) {
                answers.put("error its output broke off: " + killed.getMessage());
            }
            answers.put("error the process ended");
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
