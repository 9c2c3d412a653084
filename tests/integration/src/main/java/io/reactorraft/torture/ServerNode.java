package io.reactorraft.torture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One {@code raft-server serve} at its place in the network and on its disk, life after life. Used on one thread. */
final class ServerNode implements AutoCloseable {
    private static final Duration DEATH = Duration.ofMinutes(1);
    private static final Duration START = Duration.ofMinutes(5);
    private static final long STACKS_MILLIS = 5_000;
    private static final long POLL_MILLIS = 50;

    private final String id;
    private final String host;
    private final NodeDisk disk;
    private final Path words;
    private List<String> command;
    private final AtomicInteger lives = new AtomicInteger();
    private @Nullable Process process;

    ServerNode(String id, String host, NodeDisk disk, Path words, List<String> command) {
        this.id = id;
        this.host = host;
        this.disk = disk;
        this.words = words;
        this.command = command;
    }

    String id() {
        return id;
    }

    /** Where clients reach it. */
    String url() {
        return "http://" + host + ":" + ServerCommand.HTTP_PORT;
    }

    NodeDisk disk() {
        return disk;
    }

    /** How often it was started. Any thread. */
    int lives() {
        return lives.get();
    }

    void start() throws IOException {
        Files.createDirectories(words);
        List<String> all = new ArrayList<>(Wires.at(id));
        all.addAll(command);
        int life = lives.incrementAndGet();
        ProcessBuilder builder = new ProcessBuilder(all)
                .directory(words.toFile())
                .redirectOutput(words.resolve(life + ".out").toFile())
                .redirectError(words.resolve(life + ".err").toFile());
        builder.environment().putAll(disk.environment());
        process = builder.start();
    }

    /** Is started like this from now on. */
    void use(List<String> otherCommand) {
        command = otherCommand;
    }

    /** Waits until it has recovered its log and bound its ports, or, where it may, has ended. */
    void awaitReady(boolean mayEnd) throws IOException, InterruptedException {
        long end = System.nanoTime() + START.toNanos();
        Path out = words.resolve(lives.get() + ".out");
        while (!Files.readString(out).contains("ready id=" + id + " ")) {
            if (!isAlive() && mayEnd) {
                return;
            }
            if (!isAlive()) {
                throw new ViolationException(id + " did not start: it ended with "
                        + running().exitValue() + ", see " + words.resolve(lives.get() + ".err"));
            }
            if (System.nanoTime() > end) {
                Sandbox.run("kill", "-QUIT", Long.toString(running().pid())); // its stacks go to its output
                TimeUnit.MILLISECONDS.sleep(STACKS_MILLIS);
                throw new ViolationException(
                        id + " is not ready " + START.toSeconds() + " s after its start, see " + out);
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    boolean isAlive() {
        return process != null && process.isAlive();
    }

    /** A node that was not killed has to run. */
    void mustRun() {
        if (!isAlive()) {
            throw ended();
        }
    }

    /** It should not have. */
    ViolationException ended() {
        return new ViolationException(
                id + " ended by itself with " + exitCode() + ", see " + words.resolve(lives.get() + ".err"));
    }

    /** With which it ended. */
    int exitCode() {
        return running().exitValue();
    }

    /** SIGKILL; returns before it is dead. */
    void strike() {
        running().destroyForcibly();
    }

    /** Waits until it is dead. */
    void awaitDeath() throws InterruptedException {
        if (process != null && !running().waitFor(DEATH.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new ViolationException(id + " outlives SIGKILL: it hangs in the kernel");
        }
    }

    /** Whoever has ended stands still anyway. */
    void pause() throws IOException {
        signal(Libc::stop);
    }

    void resume() throws IOException {
        signal(Libc::resume);
    }

    private void signal(Signal signal) throws IOException {
        try {
            if (isAlive()) {
                signal.send(running().pid());
            }
        } catch (IOException refused) {
            if (isAlive()) {
                throw refused;
            }
        }
    }

    private interface Signal {
        void send(long pid) throws IOException;
    }

    private Process running() {
        Process started = process;
        if (started == null) {
            throw new IllegalStateException(id + " was not started");
        }
        return started;
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroyForcibly();
        }
    }
}
