/** The standalone server: a replicated key-value store, over HTTP, on Reactor Netty. */
@NullMarked
package io.reactorraft.server;

import org.jspecify.annotations.NullMarked;
