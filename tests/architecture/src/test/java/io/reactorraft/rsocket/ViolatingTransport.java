package io.reactorraft.rsocket;

import io.reactorraft.core.RaftRole;

/** Breaks the transport's rule on purpose. */
class ViolatingTransport {
    final RaftRole role = RaftRole.FOLLOWER;
}
