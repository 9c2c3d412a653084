package io.reactorraft.torture;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A {@link DriveCommand} in a process of its own, and what it has said so far. */
final class Victim implements AutoCloseable {
    private static final Duration LAST_WORDS = Duration.ofMinutes(2);

    private static final long POLL_NANOS = 300_000;

    private final Process process;
    private final Path out;
    private final Thread reader;
    private final Listener listener;
    private volatile @Nullable RuntimeException fault;
    private volatile String lastLine = "";
    private volatile long heard;

    /** Told of every line, on a thread of the victim's own, one after the other. */
    interface Listener {
        void said(String line);
    }

    private Victim(Process process, Path out, Listener listener) {
        this.process = process;
        this.out = out;
        this.listener = listener;
        this.reader = new Thread(this::listen, "torture-victim-" + process.pid());
        reader.setDaemon(true);
    }

    /** Starts one on a directory; what it says goes to files under {@code words}, so that all of it can be waited for. */
    static Victim start(Path directory, Path words, long seed, List<String> more, Listener listener) {
        return start(directory, words, seed, more, Map.of(), listener);
    }

    /** Starts one in an environment of its own. */
    static Victim start(
            Path directory,
            Path words,
            long seed,
            List<String> more,
            Map<String, String> environment,
            Listener listener) {
        List<String> command = Java.withLog();
        command.add("-Xmx128m");
        command.addAll(List.of(
                "-cp",
                Java.classPath(),
                TortureMain.class.getName(),
                "drive",
                "--directory",
                directory.toAbsolutePath().toString(),
                "--seed",
                Long.toString(seed)));
        command.addAll(more);
        try {
            Files.createDirectories(words);
            Path out = words.resolve("out");
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(words.toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(words.resolve("err").toFile());
            builder.environment().putAll(environment);
            Victim victim = new Victim(builder.start(), out, listener);
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
        if (reader.isAlive()) {
            throw new ViolationException("what process " + pid() + " has said cannot be read");
        }
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

    /** Everything that was said by now is heard. */
    void drain() throws InterruptedException {
        long written = out.toFile().length();
        long patience = System.nanoTime() + LAST_WORDS.toNanos();
        while (heard < written && reader.isAlive()) {
            if (System.nanoTime() > patience) {
                throw new ViolationException("what process " + pid() + " says cannot be read");
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    private void listen() {
        try (InputStream lines = Files.newInputStream(out)) {
            byte[] some = new byte[64 << 10];
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            long total = 0;
            while (true) {
                boolean over = !process.isAlive();
                int count = lines.read(some);
                for (int i = 0; i < count; i++) {
                    if (some[i] == '\n') {
                        hear(line.toString(StandardCharsets.UTF_8));
                        line.reset();
                    } else {
                        line.write(some[i]);
                    }
                }
                total += Math.max(0, count);
                heard = total;
                if (count <= 0) {
                    if (over) {
                        return; // a line without its end was cut by the kill, and was not said
                    }
                    LockSupport.parkNanos(POLL_NANOS);
                }
            }
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
