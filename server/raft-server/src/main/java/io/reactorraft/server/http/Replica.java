package io.reactorraft.server.http;

import io.reactorraft.RaftNode;
import io.reactorraft.server.kv.KeyValueStore;
import io.reactorraft.server.kv.proto.Command;
import io.reactorraft.server.kv.proto.Result;

/**
 * What the routes work with: a node, and the store that it replicates.
 *
 * @param store to be looked at through {@link RaftNode#read} alone
 * @param clusterId of the cluster that the node belongs to
 */
public record Replica(RaftNode<Command, Result> node, KeyValueStore store, String clusterId) {}
