package io.reactorraft.torture;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** A disk that fails when it is told to: a library that is loaded before the C library. */
final class FailingDisk {
    private static final long COMPILE_SECONDS = 30;

    private final Path directory;
    private final Path library;

    private FailingDisk(Path directory, Path library) {
        this.directory = directory;
        this.library = library;
    }

    /** Why none can be made here; empty: it can. */
    static String whyNot() throws InterruptedException {
        try {
            run("gcc", "--version");
            return "";
        } catch (IOException missing) {
            return "a failing disk needs gcc on the PATH";
        }
    }

    static FailingDisk make(Path directory) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        Path source = directory.resolve("failing-disk.c");
        try (InputStream resource = Objects.requireNonNull(FailingDisk.class.getResourceAsStream("failing-disk.c"))) {
            Files.copy(resource, source);
        }
        Path library = directory.resolve("failing-disk.so");
        run("gcc", "-shared", "-fPIC", "-o", library.toString(), source.toString(), "-ldl");
        return new FailingDisk(directory, library);
    }

    /** What a process needs to have this disk under paths that contain {@code part}. */
    Map<String, String> environment(String part) {
        return Map.of(
                "LD_PRELOAD", library.toString(),
                "FAILING_DISK", directory.toString(),
                "FAILING_PATH", part);
    }

    /** From now on. */
    void begin(String failure) throws IOException {
        Files.createFile(directory.resolve(failure));
    }

    /** No more. */
    void end(String failure) throws IOException {
        Files.delete(directory.resolve(failure));
    }

    /** How many calls failed so far. */
    long failed() throws IOException {
        Path failed = directory.resolve("failed");
        return Files.exists(failed) ? Files.size(failed) : 0;
    }

    static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(COMPILE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IOException(String.join(" ", command) + ": " + said);
        }
    }
}
