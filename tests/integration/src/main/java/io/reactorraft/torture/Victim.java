package io.reactorraft.torture;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A {@link DriveCommand} in a process of its own, and what it has said so far. */
final class Victim implements AutoCloseable {
    private static final Duration LAST_WORDS = Duration.ofSeconds(20);

    private final Process process;
    private final Thread reader;
    private final Listener listener;
    private volatile @Nullable RuntimeException fault;
    private volatile String lastLine = "";

    /** Told of every line, on a thread of the victim's own, one after the other. */
    interface Listener {
        void said(String line);
    }

    private Victim(Process process, Listener listener) {
        this.process = process;
        this.listener = listener;
        this.reader = new Thread(this::listen, "torture-victim-" + process.pid());
        reader.setDaemon(true);
    }

    static Victim start(Path directory, long seed, List<String> more, Listener listener) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                "--add-opens",
                "java.base/java.lang.reflect=ALL-UNNAMED",
                "--add-opens",
                "java.base/sun.nio.ch=ALL-UNNAMED",
                "--add-exports",
                "java.base/jdk.internal.ref=ALL-UNNAMED"));
        if (Runtime.version().feature() >= 22) {
            command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        }
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                TortureMain.class.getName(),
                "drive",
                "--directory",
                directory.toString(),
                "--seed",
                Long.toString(seed)));
        command.addAll(more);
        try {
            Victim victim = new Victim(
                    new ProcessBuilder(command)
                            .redirectError(directory
                                    .resolveSibling(directory.getFileName() + ".err")
                                    .toFile())
                            .start(),
                    listener);
            victim.reader.start();
            return victim;
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    long pid() {
        return process.pid();
    }

    /** The last line so far. */
    String lastLine() {
        return lastLine;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Waits for its end; false where that does not come. */
    boolean awaitEnd(Duration within) throws InterruptedException {
        return process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** SIGKILL, and everything that was said before it is heard. What a listener objected to is thrown here. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        if (!process.waitFor(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new ViolationException("process " + pid() + " outlives SIGKILL: it hangs in the kernel");
        }
        hearOut();
    }

    /** Everything that was said is heard; the process has ended. */
    void hearOut() throws InterruptedException {
        reader.join(LAST_WORDS.toMillis());
        RuntimeException objection = fault;
        if (objection != null) {
            throw objection;
        }
    }

    int exitCode() {
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    private void listen() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            StringBuilder line = new StringBuilder();
            for (int next = lines.read(); next >= 0; next = lines.read()) {
                if (next == '\n') {
                    hear(line.toString());
                    line.setLength(0);
                } else {
                    line.append((char) next);
                }
            }
            // A line without its end was cut by the kill, and was not said.
        } catch (IOException gone) {
            fault = new UncheckedIOException(gone);
        } catch (RuntimeException objection) {
            fault = objection;
            process.destroyForcibly();
        }
    }

    private void hear(String line) {
        lastLine = line;
        listener.said(line);
    }
}
