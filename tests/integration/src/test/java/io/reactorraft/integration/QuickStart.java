package io.reactorraft.integration;

import io.reactorraft.testkit.FreePorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * How the jar is started by tests. Most of their time went into starts of JVMs, a hundred of them: with the first compiler
 * alone, and what a server loads mapped from an archive, a start costs a third of the work.
 */
final class QuickStart {
    private static final List<String> FLAGS = List.of(
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            // without an archive, or with one that does not fit, a start is slower, and says nothing of it
            "-Xshare:auto",
            "-Xlog:cds=off",
            "-Xlog:cds+dynamic=off");

    private static final List<String> COMMAND = command();

    private QuickStart() {}

    /** {@code java … -jar raft-server.jar}, to which arguments are added. */
    static List<String> jar() {
        return COMMAND;
    }

    private static List<String> command() {
        List<String> command = new ArrayList<>();
        command.add(ServerProcess.java());
        command.addAll(FLAGS);
        try {
            Path folder = Files.createTempDirectory("quick-start-");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
            Path archive = folder.resolve("server.jsa");
            record(archive, folder);
            if (Files.exists(archive)) {
                command.add("-XX:SharedArchiveFile=" + archive);
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
        command.addAll(List.of("-jar", ServerProcess.JAR.toAbsolutePath().toString()));
        return List.copyOf(command);
    }

    /** Of a server that comes up, leads, and ends. Where this does not come about, starts take longer, and no harm is done. */
    private static void record(Path archive, Path folder) throws IOException {
        List<Integer> ports = FreePorts.find(2);
        List<String> command = new ArrayList<>(List.of(ServerProcess.java()));
        command.addAll(FLAGS);
        command.addAll(List.of(
                "-XX:ArchiveClassesAtExit=" + archive,
                "-jar",
                ServerProcess.JAR.toAbsolutePath().toString(),
                "serve",
                "--id",
                "n1",
                "--data-dir",
                folder.resolve("data").toString(),
                "--cluster-id",
                "quick-start",
                "--peer-listen",
                "127.0.0.1:" + ports.get(0),
                "--http-listen",
                "127.0.0.1:" + ports.get(1),
                "--initial-cluster",
                "n1=127.0.0.1:" + ports.get(0)));
        Path said = folder.resolve("said");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (process.isAlive()
                && System.nanoTime() < end
                && !Files.readString(said, StandardCharsets.ISO_8859_1).contains("is leader")) {
            ServerProcess.pause();
        }
        process.destroy();
        try {
            if (!process.waitFor(2, TimeUnit.MINUTES) || process.exitValue() != 0) {
                process.destroyForcibly();
                Files.deleteIfExists(archive);
            }
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    private static void delete(Path folder) {
        try {
            Folders.delete(folder);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
