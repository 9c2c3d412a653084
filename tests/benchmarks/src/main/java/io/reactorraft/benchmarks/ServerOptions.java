package io.reactorraft.benchmarks;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the measurements of real servers have in common on the command line. */
final class ServerOptions {

    /** What a server takes by default. */
    private static final int MAX_SIZE = 1 << 20;

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec spec;

    @Option(
            names = "--server-jar",
            paramLabel = "JAR",
            defaultValue = "server/raft-server/target/raft-server.jar",
            description = "The server to measure (default: ${DEFAULT-VALUE}).")
    private Path jar = Path.of("");

    @Option(
            names = "--size",
            paramLabel = "BYTES",
            defaultValue = "256",
            description = "Bytes of a value (default: ${DEFAULT-VALUE}).")
    private int size;

    @Option(
            names = "--in-flight",
            paramLabel = "N",
            defaultValue = "64",
            description = "Writes in flight, each on a connection of its own (default: ${DEFAULT-VALUE}).")
    private int inFlight;

    @Option(
            names = "--warm",
            paramLabel = "SECONDS",
            defaultValue = "20",
            description = "Load before anything is measured (default: ${DEFAULT-VALUE}).")
    private double warm;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            defaultValue = "${sys:java.io.tmpdir}/reactor-raft-benchmarks",
            description = "Where the servers' data go for the time of the run (default: ${DEFAULT-VALUE}).")
    private Path dir = Path.of("");

    @Option(names = "--jvm", paramLabel = "FLAG", description = "One more JVM flag for the servers; may be repeated.")
    private String[] jvm = {};

    @Mixin
    private Niceness late = new Niceness();

    @Option(names = "--keep", description = "Keep the servers' data and logs.")
    private boolean keep;

    /** Refuses what makes no sense, before anything is started. */
    void validate() {
        require(size >= 1 && size <= MAX_SIZE, "--size must be 1 to " + MAX_SIZE + ", got " + size);
        require(
                inFlight >= 1 && inFlight <= ClusterOptions.MAX_IN_FLIGHT,
                "--in-flight must be 1 to " + ClusterOptions.MAX_IN_FLIGHT + ", got " + inFlight);
        require(late.valid(), late.rule());
        require(warm >= 0 && warm <= 3600, "--warm must be 0 to 3600 seconds, got " + warm);
    }

    void require(boolean valid, String rule) {
        if (!valid) {
            CommandSpec command = spec;
            throw new CommandLine.ParameterException(
                    command == null ? new CommandLine(this) : command.commandLine(), rule);
        }
    }

    int inFlight() {
        return inFlight;
    }

    double warm() {
        return warm;
    }

    int size() {
        return size;
    }

    /** Refuses a server that is not there; behind everything else. */
    void requireServer() {
        require(Files.isReadable(jar), "--server-jar " + jar + " is not there: build it, or name another one");
    }

    /** Nobody runs yet; whoever will is killed, and their folder removed, when the scope ends. */
    Servers servers(RunScope scope, ServerClient client, List<String> flags) {
        Path directory = folder(scope);
        List<String> all = new ArrayList<>(flags);
        all.addAll(List.of(jvm));
        Servers servers = new Servers(new Servers.Plan(jar.toAbsolutePath(), directory, all, late), client);
        scope.atEnd(servers::close);
        return servers;
    }

    /** A new folder, which goes when the scope ends. */
    Path folder(RunScope scope) {
        RunDirectory directory = RunDirectory.create(dir, keep);
        scope.atEnd(directory::end);
        return directory.path();
    }

    /** A client for them, closed when the scope ends. */
    ServerClient client(RunScope scope) {
        ServerClient client = new ServerClient(1, inFlight);
        scope.atEnd(client::close);
        return client;
    }
}
