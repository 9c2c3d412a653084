package io.reactorraft.server;

import io.reactorraft.Member;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One member, as its operator set it up; checked, so that what is here may be tried.
 *
 * @param id this member's
 * @param dataDir where its log lies
 * @param clusterId which cluster it belongs to
 * @param peerListen where it listens for peers
 * @param peerAdvertise where peers reach it; null: where the initial cluster says
 * @param httpListen where it listens for clients; port 0 picks a free one
 * @param httpAdvertise where clients reach it; null: where it listens
 * @param initialCluster the members that start the cluster; counts for an empty data directory only
 * @param timing how fast it is
 * @param ports further ones
 * @param snapshots when they are taken
 * @param join whom a member asks that is none of the initial cluster
 * @param force to go on alone; null: never
 */
public record ServerConfig(
        String id,
        Path dataDir,
        String clusterId,
        HostPort peerListen,
        @Nullable HostPort peerAdvertise,
        HostPort httpListen,
        @Nullable HostPort httpAdvertise,
        List<Member> initialCluster,
        Timing timing,
        Ports ports,
        Snapshots snapshots,
        Join join,
        @Nullable Force force) {

    public ServerConfig {
        initialCluster = List.copyOf(initialCluster);
    }

    /**
     * How fast a member is.
     *
     * @param heartbeat how often a leader shows that it lives
     * @param electionTimeout how long a follower waits for that
     * @param requestTimeout every request is answered by then
     */
    public record Timing(Duration heartbeat, Duration electionTimeout, Duration requestTimeout) {

        /** What suits a cluster in one data centre. */
        public static final Timing DEFAULTS =
                new Timing(Duration.ofMillis(100), Duration.ofSeconds(1), Duration.ofSeconds(10));
    }

    /**
     * Whom a member asks to be let in, whose directory is empty and who is none of the initial cluster.
     *
     * @param seeds where members listen for peers; empty: nobody
     * @param learner whether it wants no vote
     */
    public record Join(List<String> seeds, boolean learner) {

        /** Asks nobody. */
        public static final Join NONE = new Join(List.of(), false);

        public Join {
            seeds = List.copyOf(seeds);
        }
    }

    /**
     * A survivor that is to go on alone, once.
     *
     * @param nodeId which member
     * @param lastIndex where its log ends
     * @param report is told what was done, in lines for people
     */
    public record Force(String nodeId, long lastIndex, Consumer<String> report) {}

    /**
     * When snapshots are taken.
     *
     * @param logBytes when the log behind the last one is larger than this, and than that snapshot itself
     * @param entries when so many were applied since the last one; 0: by bytes alone
     */
    public record Snapshots(long logBytes, long entries) {

        /** By bytes alone. */
        public static final Snapshots DEFAULTS = new Snapshots(64L << 20, 0);
    }

    /**
     * Ports that are open only where they are asked for.
     *
     * @param rsocket where it listens for RSocket clients; null: nowhere
     * @param metrics where it shows probes and metrics alone; null: nowhere
     */
    public record Ports(
            @Nullable HostPort rsocket, @Nullable HostPort metrics) {

        /** No further port. */
        public static final Ports NONE = new Ports(null, null);
    }
}
