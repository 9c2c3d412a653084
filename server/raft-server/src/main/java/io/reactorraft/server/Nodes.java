package io.reactorraft.server;

import io.reactorraft.RaftConfig;
import io.reactorraft.RaftNode;
import io.reactorraft.RaftNodeBuilder;
import io.reactorraft.server.kv.KeyValueStore;
import io.reactorraft.server.kv.proto.Command;
import io.reactorraft.server.kv.proto.Result;
import io.reactorraft.spi.RaftMetrics;
import org.jspecify.annotations.Nullable;

/** Makes the node of a member; a seam, so that the server can be tested around one that does as it is told. */
@FunctionalInterface
interface Nodes {

    /**
     * A node that is not yet started.
     *
     * @param httpUrl what other members should tell clients of this one; null: nothing
     * @param metrics what it records into
     * @throws IllegalArgumentException where the configuration contradicts itself
     */
    RaftNode<Command, Result> create(
            ServerConfig config, @Nullable String httpUrl, KeyValueStore store, RaftMetrics metrics);

    /** With the transport and the log on the class path. */
    static Nodes real() {
        return (config, httpUrl, store, metrics) -> {
            RaftNodeBuilder<Command, Result> builder = RaftNode.builder(config.id(), store)
                    .dataDir(config.dataDir())
                    .clusterId(config.clusterId())
                    .members(config.initialCluster())
                    .listen(config.peerListen().toString())
                    .metrics(metrics)
                    .config(raftConfig(config.timing(), config.snapshots()));
            HostPort advertise = config.peerAdvertise();
            boolean starts = config.initialCluster().stream()
                    .anyMatch(member -> member.id().equals(config.id()));
            if (!starts) {
                String[] seeds = config.join().seeds().toArray(String[]::new);
                builder.address(config.peerListen().toString());
                if (config.join().learner()) {
                    builder.joinAsLearner(seeds);
                } else {
                    builder.join(seeds);
                }
            }
            if (advertise != null) {
                builder.address(advertise.toString());
            }
            ServerConfig.Force force = config.force();
            if (force != null) {
                builder.forceNewCluster(force.nodeId(), force.lastIndex(), force.report());
            }
            if (httpUrl != null) {
                builder.tag("http", httpUrl);
            }
            return builder.build();
        };
    }

    /** The node gives up a little before the request does: its reason is the better answer. */
    private static RaftConfig raftConfig(ServerConfig.Timing timing, ServerConfig.Snapshots snapshots) {
        return RaftConfig.defaults()
                .withTimeouts(timing.heartbeat(), timing.electionTimeout())
                .withSnapshotLogBytes(snapshots.logBytes())
                .withSnapshotEntries(snapshots.entries())
                .withRequestTimeout(timing.requestTimeout().multipliedBy(19).dividedBy(20));
    }
}
