/**
 * The server's HTTP face on Reactor Netty: {@link io.reactorraft.server.http.HttpApi} opens it, {@code Router} finds the
 * route, routes answer with an {@code Answer} or fail with a {@code Problem}.
 *
 * <p>Everything runs on a few event loops named {@code raft-http} and on the node's signal thread; nothing blocks.
 */
@NullMarked
package io.reactorraft.server.http;

import org.jspecify.annotations.NullMarked;
