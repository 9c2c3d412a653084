package io.reactorraft.server.api;

import io.reactorraft.RaftNode;
import io.reactorraft.server.kv.KeyValueStore;
import io.reactorraft.server.kv.Watches;
import io.reactorraft.server.kv.proto.Command;
import io.reactorraft.server.kv.proto.Result;

/**
 * What the routes work with: a node, and the store that it replicates.
 *
 * @param store whatever does not say that any thread may ask it is asked through {@link RaftNode#read}
 * @param watches of the store
 * @param clusterId of the cluster that the node belongs to
 */
public record Replica(RaftNode<Command, Result> node, KeyValueStore store, Watches watches, String clusterId) {}
