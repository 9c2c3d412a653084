package io.reactorraft.wal;

import io.reactorraft.RaftConfig;

/** Breaks the log's rule on purpose. */
class ViolatingLog {
    final RaftConfig config = RaftConfig.defaults();
}
