package io.reactorraft.server.cli;

import io.reactorraft.server.HostPort;
import io.reactorraft.server.ServerConfig;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The settings of {@code serve}: the one schema of its command line, its environment and its file. */
final class ServeOptions {

    @Option(names = "--config", paramLabel = "FILE", description = "Settings as YAML: these flags without dashes.")
    @Nullable
    Path config;

    @Option(names = "--id", required = true, paramLabel = "ID", description = "This member's name, n1 for instance.")
    String id = "";

    @Option(
            names = "--data-dir",
            required = true,
            paramLabel = "DIR",
            description = "Where the log lies. Belongs to this member alone, for ever.")
    Path dataDir = Path.of("");

    @Option(
            names = "--cluster-id",
            paramLabel = "NAME",
            defaultValue = "default",
            description = "Keeps clusters apart: members of another one are refused. Default: ${DEFAULT-VALUE}.")
    String clusterId = "";

    @Option(
            names = "--peer-listen",
            paramLabel = "HOST:PORT",
            converter = HostPorts.class,
            description = "Where this member listens for its peers. Default: where --initial-cluster says it is.")
    @Nullable
    HostPort peerListen;

    @Option(
            names = "--peer-advertise",
            paramLabel = "HOST:PORT",
            converter = HostPorts.class,
            description = "Where its peers reach it. Default: where --initial-cluster says it is.")
    @Nullable
    HostPort peerAdvertise;

    @Option(
            names = "--http-listen",
            paramLabel = "HOST:PORT",
            converter = HostPorts.class,
            defaultValue = "127.0.0.1:8001",
            description = "Where it listens for clients; port 0 picks a free one. Default: ${DEFAULT-VALUE}.")
    HostPort httpListen = new HostPort("127.0.0.1", 8001);

    @Option(
            names = "--http-advertise",
            paramLabel = "HOST:PORT",
            converter = HostPorts.class,
            description = "Where clients reach it, told to all members. Default: where it listens.")
    @Nullable
    HostPort httpAdvertise;

    @Option(
            names = "--rsocket-listen",
            paramLabel = "HOST:PORT",
            converter = HostPorts.class,
            description = "Where it listens for RSocket clients. Default: nowhere.")
    @Nullable
    HostPort rsocketListen;

    @Option(
            names = "--metrics-listen",
            paramLabel = "HOST:PORT",
            converter = HostPorts.class,
            description = "A port with probes and metrics only. Default: none; they are at --http-listen too.")
    @Nullable
    HostPort metricsListen;

    @Option(
            names = "--initial-cluster",
            paramLabel = "ID=HOST:PORT,...",
            description =
                    "The members that start the cluster, alike on each. Needed for an empty data directory, and counts for"
                            + " that only.")
    String initialCluster = "";

    @Option(
            names = "--join",
            paramLabel = "HOST:PORT,...",
            description =
                    "Peer addresses of members to ask to be let in, where --id is none of --initial-cluster. Counts for"
                            + " an empty data directory only.")
    String join = "";

    @Option(names = "--learner", description = "Joins without a vote.")
    boolean learner;

    @Option(
            names = "--force-new-cluster",
            paramLabel = "ID@LASTINDEX",
            description =
                    "Last resort, where a majority is lost for good: this member goes on alone with all that its log holds,"
                            + " which ends at LASTINDEX ('raft-server wal inspect' tells). Once; later it only warns.")
    String forceNewCluster = "";

    @Option(
            names = "--heartbeat",
            paramLabel = "TIME",
            converter = DurationOption.class,
            defaultValue = "100ms",
            description = "How often a leader shows that it lives. Default: ${DEFAULT-VALUE}.")
    Duration heartbeat = Duration.ZERO;

    @Option(
            names = "--election-timeout",
            paramLabel = "TIME",
            converter = DurationOption.class,
            defaultValue = "1s",
            description =
                    "How long a follower waits for that before it stands for election. Default: ${DEFAULT-VALUE}.")
    Duration electionTimeout = Duration.ZERO;

    @Option(
            names = "--request-timeout",
            paramLabel = "TIME",
            converter = DurationOption.class,
            defaultValue = "10s",
            description = "Every request is answered by then. Default: ${DEFAULT-VALUE}.")
    Duration requestTimeout = Duration.ZERO;

    @Option(
            names = "--snapshot-bytes",
            paramLabel = "SIZE",
            converter = SizeOption.class,
            defaultValue = "64MiB",
            description =
                    "A snapshot is taken when the log since the last one is larger, and larger than that snapshot. Default:"
                            + " ${DEFAULT-VALUE}.")
    long snapshotBytes = ServerConfig.Snapshots.DEFAULTS.logBytes();

    @Option(
            names = "--snapshot-entries",
            paramLabel = "N",
            defaultValue = "0",
            description = "And when so many entries were applied since. Default: ${DEFAULT-VALUE}, by size alone.")
    long snapshotEntries;

    @Option(
            names = "--insecure",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "peer,http,tokens",
            description =
                    "Allows addresses beyond loopback, without TLS and tokens: the network itself must be trusted."
                            + " With a list, only for peers (peer) or for clients (http,tokens).")
    String insecure = "";

    @Option(
            names = "--log-format",
            paramLabel = "text|json",
            defaultValue = "text",
            description = "How logs are written, on standard error. Default: ${DEFAULT-VALUE}.")
    Logging.Format logFormat = Logging.Format.TEXT;
}
