package io.reactorraft.benchmarks;

import io.reactorraft.testkit.FreePorts;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the measurements of whole clusters have in common on the command line. */
final class ClusterOptions {

    /** More voters than this nobody runs, and no machine bears. */
    static final int MAX_NODES = 9;

    /** A node takes at most this many proposals at once, and a command of at most so many bytes. */
    static final int MAX_IN_FLIGHT = 16_384;

    static final int MAX_SIZE = 3 << 19;

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec spec;

    @Option(
            names = "--peer",
            split = ",",
            paramLabel = "NAME",
            defaultValue = ClusterRun.PEER,
            description = "Systems to measure, in turn: ${DEFAULT-VALUE}, or others of --yardstick.")
    private String[] peers = {};

    @Option(names = "--yardstick", paramLabel = "DIR", description = "A built copy of the yardstick; see the README.")
    private @Nullable Path yardstick;

    @Option(
            names = "--nodes",
            paramLabel = "N",
            defaultValue = "3",
            description = "Voters (default: ${DEFAULT-VALUE}).")
    private int nodes;

    @Option(
            names = "--size",
            paramLabel = "BYTES",
            defaultValue = "256",
            description = "Bytes of a command (default: ${DEFAULT-VALUE}).")
    private int size;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            defaultValue = "${sys:java.io.tmpdir}/reactor-raft-benchmarks",
            description = "Where the nodes' data go for the time of the run (default: ${DEFAULT-VALUE}). It decides "
                    + "which disk is measured.")
    private Path dir = Path.of("");

    @Option(names = "--jvm", paramLabel = "FLAG", description = "One more JVM flag for the nodes; may be repeated.")
    private String[] jvm = {};

    @Option(names = "--keep", description = "Keep the nodes' data and logs.")
    private boolean keep;

    /** Refuses what makes no sense, before anything is started. */
    void validate() {
        require(nodes >= 1 && nodes <= MAX_NODES, "--nodes must be 1 to " + MAX_NODES + ", got " + nodes);
        require(size >= 1 && size <= MAX_SIZE, "--size must be 1 to " + MAX_SIZE + ", got " + size);
        for (String peer : peers()) {
            if (!peer.equals(ClusterRun.PEER)) {
                require(yardstick != null, "--peer " + peer + " needs --yardstick, a built copy of the yardstick");
                yardstick().require(peer);
            }
        }
    }

    void require(boolean valid, String rule) {
        if (!valid) {
            CommandSpec command = spec;
            throw new CommandLine.ParameterException(
                    command == null ? new CommandLine(this) : command.commandLine(), rule);
        }
    }

    /** In the order named, each once. */
    Set<String> peers() {
        return new LinkedHashSet<>(List.of(peers));
    }

    int nodes() {
        return nodes;
    }

    int size() {
        return size;
    }

    Path dir() {
        return dir;
    }

    Yardstick yardstick() {
        Path directory = yardstick;
        if (directory == null) {
            throw new IllegalStateException("asked for a yardstick that was not given");
        }
        return new Yardstick(directory);
    }

    /** A cluster in a fresh folder, which goes when the scope ends. */
    ClusterPlan plan(RunScope scope) {
        RunDirectory directory = RunDirectory.create(dir, keep);
        scope.atEnd(directory::end);
        return new ClusterPlan(FreePorts.find(nodes), directory.path(), List.of(jvm), size);
    }

    /** The cluster of a plan, running; killed when the scope ends. */
    static BenchmarkCluster start(ClusterPlan plan, RunScope scope) throws InterruptedException {
        BenchmarkCluster cluster = new BenchmarkCluster(plan);
        scope.atEnd(cluster::close);
        cluster.start();
        return cluster;
    }
}
